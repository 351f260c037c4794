/** How things were, in rows that are written with commits that happen anyway: from the real queue with time in hand. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startDaemon, temporaryFolder } from '../../support/daemon.ts';
import { FakeClock, task } from '../../support/queue.ts';
import { type MeasuredQueue, measuredQueue } from './measured.ts';

const FIVE_MINUTES = 300_000;
const HOUR = 12 * FIVE_MINUTES;

const begin = () => {
	const clock = new FakeClock();
	// Where a slot begins.
	clock.advance(FIVE_MINUTES - (clock.now() % FIVE_MINUTES));
	const file = join(temporaryFolder(), 'jobs.db');
	return { clock, file, life: measuredQueue({ file, clock }), at: clock.now() };
};

/** Waits one second, then runs for `ms`. */
async function ran({ queue }: MeasuredQueue, ms: number, exitCode = 0): Promise<void> {
	await queue.enqueue(task());
	queue.clock.advance(1000);
	const [id = ''] = await queue.claim();
	queue.clock.advance(ms);
	await queue.exit(id, exitCode);
}

it('has a row for each five minutes in which something happened, of what ended until then', async () => {
	const { life, clock, at } = begin();
	await ran(life, 2000);
	await ran(life, 8000, 1);
	clock.advance(FIVE_MINUTES);
	await life.queue.enqueue(task({ runAt: clock.now() + HOUR }));
	clock.advance(2 * HOUR);
	await ran(life, 1);
	const rows = life.rows();
	// At the first commit of a slot, which is not among them yet.
	expect(rows.map((row) => [row.from - at, row.at - at])).toEqual([
		[0, 0],
		[0, 312_000],
		[312_000, 312_000 + 2 * HOUR],
	]);
	expect(rows[1]).toMatchObject({
		ended: { succeeded: 1, failed: 1 },
		running: 0,
		onMains: true,
		battery: null,
		payloadBytes: 5,
		indexBytes: null,
	});
	expect(rows[2]).toMatchObject({ ended: {}, queues: {}, waitMs: null, waiting: { delayed: 1 } });
	const { default: ofQueue } = rows[1]?.queues ?? {};
	expect(ofQueue).toMatchObject({ ended: { succeeded: 1, failed: 1 } });
	for (const flow of [rows[1], ofQueue]) {
		expect(flow?.waitMs?.p50).toBeCloseTo(1000, -2);
		expect((flow?.runMs?.p50 ?? 0) / 2000).toBeCloseTo(1, 1);
		expect((flow?.runMs?.p95 ?? 0) / 8000).toBeCloseTo(1, 1);
	}
	expect(rows[1]?.databaseBytes).toBeGreaterThan(0);
	expect(rows[1]?.rssBytes).toBeGreaterThan(1e6);
	expect(rows[1]?.cpuMs).toBeGreaterThanOrEqual(0);
});

it('is never longer than a day', async () => {
	const { life, clock } = begin();
	for (let i = 0; i < 400; i++) {
		await life.queue.enqueue(task());
		clock.advance(FIVE_MINUTES);
	}
	const rows = life.rows();
	expect(rows).toHaveLength(287);
	expect(rows.at(-1)?.at).toBe(clock.now() - FIVE_MINUTES);
	const kept = life.queue.db.prepare<[], { n: number }>('SELECT count(*) AS n FROM ring').get();
	expect(kept?.n).toBe(288);
});

it('is there after a restart, and goes on with the next five minutes', async () => {
	const { life, clock, file } = begin();
	await ran(life, 1000);
	clock.advance(FIVE_MINUTES);
	await ran(life, 1000);
	const before = life.rows();
	await life.queue.parts.close();
	life.queue.db.close();
	const next = measuredQueue({ file, clock, idsUsed: 2 });
	await next.queue.enqueue(task());
	expect(next.rows()).toEqual(before);
	clock.advance(FIVE_MINUTES);
	await next.queue.enqueue(task());
	const after = next.rows();
	expect(after.slice(0, -1)).toEqual(before);
	expect(after).toHaveLength(before.length + 1);
});

it('tells nothing of times to come, whatever the clock does', async () => {
	const { life, clock } = begin();
	const write = async () => {
		await ran(life, 1);
		clock.advance(FIVE_MINUTES);
	};
	for (let i = 0; i < 6; i++) await write();
	clock.suspend(-HOUR);
	for (let i = 0; i < 3; i++) await write();
	let rows = life.rows();
	expect(rows).toHaveLength(3);
	for (const { from, at } of rows) {
		expect(from).toBeLessThanOrEqual(at);
		expect(at).toBeLessThanOrEqual(clock.now());
	}
	// What was then counted is counted once, though its row was written in a time that is undone.
	expect(rows.map(({ ended }) => ended.succeeded ?? 0)).toEqual([1, 1, 1]);
	clock.suspend(30 * 24 * HOUR);
	await write();
	rows = life.rows();
	expect(rows).toHaveLength(1);
	expect(rows[0]?.from).toBeLessThan(clock.now() - 29 * 24 * HOUR);
});

it('undoes nobody’s change when it cannot be measured, and loses no count when a group is undone', async () => {
	const { life, clock } = begin();
	const { writer } = life.queue.parts;
	await ran(life, 1000);
	clock.advance(FIVE_MINUTES);
	life.broken = true;
	await ran(life, 1000);
	expect(life.rows()).toHaveLength(1);
	life.broken = false;
	clock.advance(FIVE_MINUTES);
	const undone = writer.submit(
		() => {
			life.queue.db.exec("UPDATE jobs SET title = 'changed'");
			throw new Error('the whole group');
		},
		1,
		'without',
	);
	await expect(undone).rejects.toThrow('the whole group');
	clock.advance(FIVE_MINUTES);
	await life.queue.enqueue(task());
	const rows = life.rows();
	expect(rows.at(-1)?.ended).toEqual({ succeeded: 2 });
});

it('is written by a real daemon, and kept', async () => {
	const daemon = await startDaemon();
	const asked = { bucketMs: 3_600_000, from: Date.now() } as const;
	const client = await daemon.connect();
	await client.request('queue/update', { name: 'any', concurrency: 1 });
	const { ring } = await client.request('stats/history', asked);
	// One, or two where five minutes were just over.
	expect(ring.length).toBeGreaterThan(0);
	expect(ring[0]).toMatchObject({ running: 0, waiting: {} });
	expect(ring[0]?.rssBytes).toBeGreaterThan(1e6);
	await daemon.kill();
	await daemon.restart();
	const again = await (await daemon.connect()).request('stats/history', asked);
	expect(again.ring.slice(0, ring.length)).toEqual(ring);
});
