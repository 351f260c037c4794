/** Work on many rows goes in groups that others come between, chosen by the time they take. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Tx } from '../../../daemon/queue/store/tx.ts';
import { FakeClock, openQueue, task } from '../../support/queue.ts';

/** Each look at it takes a millisecond. */
class SlowClock extends FakeClock {
	override monotonic(): number {
		this.advance(1);
		return super.monotonic();
	}
}

/** Longer than a group may work on, however fast the machine is. */
function keepBusy(): void {
	const until = performance.now() + 15;
	while (performance.now() < until);
}

it('leaves to the next group what a long operation came before, in order, and answers all', async () => {
	const { parts } = openQueue();
	const order: number[] = [];
	const groups = await Promise.all(
		[0, 1, 2].map((n) =>
			parts.writer.submit((tx): Tx => {
				order.push(n);
				keepBusy();
				return tx;
			}),
		),
	);
	expect(new Set(groups).size).toBe(3);
	expect(order).toEqual([0, 1, 2]);
});

it('keeps short operations in one group', async () => {
	const { parts } = openQueue();
	const groups = await Promise.all([0, 1, 2].map(() => parts.writer.submit((tx) => tx)));
	expect(new Set(groups).size).toBe(1);
});

it('fails with a group what was in it, and nothing that was left to the next', async () => {
	const { db, parts } = openQueue();
	const broken = parts.writer.submit(() => {
		db.exec('ROLLBACK');
		keepBusy();
	});
	const next = parts.writer.submit(() => 'done');
	await expect(broken).rejects.toMatchObject({ kind: 'STORE' });
	expect(await next).toBe('done');
});

it('undoes of those that share a savepoint only what throws, and tells of the others once', async () => {
	const { db, parts } = openQueue();
	// However slow the machine is, there is time for all of them.
	vi.spyOn(performance, 'now').mockReturnValue(0);
	onTestFinished(() => void vi.restoreAllMocks());
	const put = db.prepare('INSERT INTO job_groups (name, places) VALUES (?, 1)');
	const shared = (name: string, fails = false) =>
		parts.writer.submit(
			(tx): Tx => {
				put.run(name);
				tx.changed(name);
				if (fails) throw new Error(`${name} cannot be`);
				return tx;
			},
			1,
			'shared',
		);
	const asked = [shared('a'), shared('b', true), shared('c')];
	const [a, b, c] = await Promise.allSettled(asked);
	expect(b).toMatchObject({ status: 'rejected', reason: { message: 'b cannot be' } });
	expect(a).toMatchObject({ status: 'fulfilled' });
	expect(c).toEqual(a);
	const kept = db.prepare('SELECT name FROM job_groups ORDER BY name').pluck().all();
	expect(kept).toEqual(['a', 'c']);
	expect((a as PromiseFulfilledResult<Tx>).value.effects.changed).toEqual(['a', 'c']);
});

describe('a request of many jobs', () => {
	const many = (subject: string) =>
		Array.from({ length: 1000 }, (_, n) => task({ subject: n === 0 ? subject : `s${n}` }));

	/** Counts the turns that others have until it is over. */
	async function turnsDuring(work: Promise<unknown>): Promise<number> {
		let [turns, over] = [0, false];
		const end = () => {
			over = true;
		};
		work.then(end, end);
		for (; !over; turns++) await new Promise(setImmediate);
		return turns;
	}

	it('lets others have turns, is kept whole, and what is asked meanwhile comes after it', async () => {
		const queue = openQueue();
		const asked = queue.enqueue(...many('a'));
		while (queue.jobs.settled() === undefined) await new Promise(setImmediate);
		const later = queue.enqueue(task({ title: 'later' }));
		let settled = false;
		void queue.jobs.settled()?.then(() => {
			settled = true;
		});
		expect(await turnsDuring(asked)).toBeGreaterThan(1);
		expect(settled).toBe(true);
		const [last] = (await asked).slice(-1);
		const [after] = await later;
		expect(after?.generation).toBe((last?.generation ?? 0) + 1);
		expect(queue.jobs.counts().queued).toBe(1001);
	});

	it('that is refused at its end has changed nothing, also for who looked meanwhile', async () => {
		const queue = openQueue();
		await queue.enqueue(task({ key: 'taken', title: 'other' }));
		const [kept] = await queue.enqueue(task({ subject: 'a' }));
		await queue.parts.writer.submit((tx) => queue.parts.limits.update(tx, '*', { paused: true }));
		const refused = queue.enqueue(...many('a'), task({ key: 'taken', title: 'another' }));
		while (queue.jobs.settled() === undefined) await new Promise(setImmediate);
		// As the scheduling loop does, which keeps what it finds.
		const looked = queue.dispatch.claim(() => 0);
		const needed = queue.dispatch.needs();
		await expect(refused).rejects.toMatchObject({ kind: 'CONFLICT' });
		expect([await looked, needed]).toEqual([[], []]);
		expect(queue.jobs.counts().queued).toBe(2);
		await queue.parts.writer.submit((tx) => queue.parts.limits.update(tx, '*', { paused: false }));
		const claimed = await queue.dispatch.claim(() => 0);
		expect(claimed.map(({ row }) => row.id)).toContain(kept?.id);
	});

	it('waits for whoever has the database for himself, and he for it', async () => {
		const { db, parts, enqueue, jobs } = openQueue();
		const asked = enqueue(...many('a'));
		while (jobs.settled() === undefined) await new Promise(setImmediate);
		let after: Promise<unknown> | undefined;
		await parts.writer.whileSuspended(async () => {
			expect([db.inTransaction, jobs.counts().queued]).toEqual([false, 1000]);
			after = enqueue(...many('b'));
			for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
			expect([db.inTransaction, jobs.settled()]).toEqual([false, undefined]);
		});
		await Promise.all([asked, after]);
		expect(jobs.counts().superseded).toBe(999);
	});
});

it.each([
	['expire', { ttlMs: 1000 }, { state: ['expired' as const] }],
	['come due', { runAt: 0 }, { state: ['queued' as const] }],
])('moves a few at a time of those that %s, and all in the end', async (_, spec, filter) => {
	const queue = openQueue({ clock: new SlowClock() });
	const runAt = queue.clock.now() + 60_000;
	const late = 'runAt' in spec ? { runAt } : spec;
	await queue.enqueue(...Array.from({ length: 100 }, () => task(late)));
	queue.clock.advance(120_000);
	let groups = 0;
	while (await queue.parts.writer.submit((tx) => queue.parts.due.advance(tx))) groups++;
	expect(groups).toBeGreaterThan(5);
	const { total } = queue.jobs.list({ filter, sort: 'createdAt', limit: 1 });
	expect(total.value).toBe(100);
	expect(queue.parts.due.nextTime()).toBeUndefined();
});
