import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createHousekeeping } from '../../../daemon/operations/housekeeping.ts';
import { LOG_BYTES } from '../../../daemon/queue/store/checkpoint.ts';
import { createUpkeep } from '../../../daemon/queue/upkeep.ts';
import { openSqlite } from '../../../daemon/sqlite/open.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

const DAY = 24 * 3_600_000;

function kept(limits: { maxAgeMs?: number; maxFinished?: number } = {}) {
	const queue = openQueue();
	const policy = { maxAgeMs: 14 * DAY, maxFinished: 20_000, ...limits };
	const logs = { atOnce: 0, most: 0, removed: 0 };
	const housekeeping = createHousekeeping({
		upkeep: createUpkeep(queue.parts),
		clock: queue.clock,
		feed: queue.parts.feed,
		maintenance: async () => ({ kind: 'done' }),
		databaseFile: queue.db.name,
		retention: () => policy,
		removeLog: async () => {
			logs.most = Math.max(logs.most, ++logs.atOnce);
			await new Promise((resolve) => setImmediate(resolve));
			logs.atOnce--;
			logs.removed++;
		},
		log: (sentence) => {
			throw new Error(sentence);
		},
		damaged: () => {},
	});
	/** Resolves when so many finished jobs are left. */
	const left = (count: number) =>
		new Promise<void>((resolve) => {
			const look = () => {
				if (queue.jobs.counts().succeeded !== count) return;
				stop();
				resolve();
			};
			const stop = queue.parts.feed.onEffects(look);
			look();
		});
	const runOne = async () => {
		const [job] = await queue.enqueue(task());
		await queue.claim();
		await queue.exit(job?.id ?? '', 0);
	};
	return { ...queue, queue, policy, housekeeping, logs, left, runOne };
}

describe('retention', () => {
	it('removes what is too many soon after it ended', async () => {
		const { clock, left, runOne } = kept({ maxFinished: 1 });
		for (let i = 0; i < 3; i++) await runOne();
		clock.advance(1000);
		await left(1);
		await runOne();
		clock.advance(1000);
		await left(1);
	});

	it('removes what is too old, also what ended while others were waited for', async () => {
		const { queue, clock, left, runOne } = kept({ maxAgeMs: 1000 });
		await runOne();
		clock.advance(1500);
		await runOne();
		clock.advance(500);
		await left(1);
		// It has looked for more, and found none.
		await queue.parts.writer.submit(() => {});
		clock.advance(1500);
		await left(0);
	});

	it('follows the settings at once', async () => {
		const { housekeeping, policy, left, runOne } = kept();
		for (let i = 0; i < 3; i++) await runOne();
		policy.maxFinished = 2;
		housekeeping.settingsChanged();
		await left(2);
	});

	it('passes over the children of an open parent, also where there are many, and takes them when it has ended', async () => {
		const { queue } = kept();
		const { sweep } = createUpkeep(queue.parts);
		const policy = { maxAgeMs: 14 * DAY, maxFinished: 10 };
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const parentId = parent?.id ?? '';
		const children = await queue.enqueue(...Array.from({ length: 600 }, () => task({ parentId })));
		await queue.jobs.cancel({ ids: children.map(({ id }) => id) });
		queue.clock.advance(1);
		const others = await queue.enqueue(...Array.from({ length: 600 }, () => task()));
		await queue.jobs.cancel({ ids: others.map(({ id }) => id) });
		queue.clock.advance(1);
		expect(await sweep(policy)).toBe(600);
		expect(queue.jobs.get(parentId).job.children).toEqual({ cancelled: 600 });
		expect(await sweep(policy)).toBe(0);
		await queue.exit(parentId, 0);
		expect(await sweep(policy)).toBe(591);
		// What ended last is what is kept.
		expect(queue.jobs.get(parentId).job.state).toBe('failed');
	});

	it('keeps keys of today, takes those of yesterday, and all else', async () => {
		const { queue } = kept();
		const { sweep } = createUpkeep(queue.parts);
		const policy = { maxAgeMs: 1000, maxFinished: 20_000 };
		const endThree = async (name: string) => {
			const keyed = [1, 2, 3].map((n) => task({ key: `${name}${n}` }));
			const jobs = await queue.enqueue(...keyed, task());
			await queue.jobs.cancel({ ids: jobs.map(({ id }) => id) });
			queue.clock.advance(2000);
		};
		await endThree('a');
		expect(await sweep(policy)).toBe(1);
		queue.clock.advance(DAY);
		await endThree('b');
		expect(await sweep(policy)).toBe(4);
		expect(queue.jobs.counts().cancelled).toBe(3);
	});

	it('finds also what ended while the clock was behind', async () => {
		const { queue, clock, runOne } = kept();
		const { sweep } = createUpkeep(queue.parts);
		const policy = { maxAgeMs: 1000, maxFinished: 20_000 };
		await runOne();
		clock.advance(2000);
		expect(await sweep(policy)).toBe(1);
		clock.suspend(-DAY);
		await runOne();
		clock.advance(2000);
		expect(await sweep(policy)).toBe(1);
	});

	it('deletes logs a few at a time', async () => {
		const { queue, logs } = kept();
		await queue.enqueue(...Array.from({ length: 50 }, () => task()));
		await queue.jobs.cancel({ all: true });
		await queue.jobs.remove({ all: true });
		await expect.poll(() => logs.removed, { timeout: 20_000 }).toBe(50);
		expect(logs.most).toBe(2);
	});

	it('wakes nobody when nothing ends', async () => {
		const { queue, clock, runOne } = kept();
		await runOne();
		const before = clock.pending;
		await queue.enqueue(task());
		expect(clock.pending).toEqual(before);
		clock.advance(DAY);
		await queue.parts.writer.submit(() => {});
		clock.advance(DAY);
		expect(clock.pending).toEqual([]);
	});
});

describe('the database file', () => {
	const size = (file: string) => statSync(file).size;
	const freePages = (queue: TestQueue) =>
		Number(queue.db.pragma('freelist_count', { simple: true }));
	const large = () => task({ command: { command: 'true', args: ['a'.repeat(20_000)] } });

	it('gives the pages of removed jobs back, whoever removed them', async () => {
		const { queue, clock } = kept();
		for (let i = 0; i < 3; i++) {
			await queue.enqueue(...Array.from({ length: 100 }, large));
		}
		await queue.jobs.cancel({ all: true });
		await queue.jobs.remove({ all: true });
		expect(freePages(queue)).toBeGreaterThan(1000);
		clock.advance(1000);
		await expect.poll(() => freePages(queue), { timeout: 20_000 }).toBe(0);
		await expect.poll(() => size(`${queue.db.name}-wal`), { timeout: 20_000 }).toBe(0);
		expect(size(queue.db.name)).toBeLessThan(1024 * 1024);
	});

	it('shrinks when a request of many jobs is whole, not while it goes on', async () => {
		const { queue } = kept();
		const asked = queue.enqueue(...Array.from({ length: 1000 }, () => task()));
		while (queue.jobs.settled() === undefined) await new Promise(setImmediate);
		await createUpkeep(queue.parts).shrink();
		expect(size(`${queue.db.name}-wal`)).toBe(0);
		expect(await asked).toHaveLength(1000);
	});

	it('has a log that shrinks again when a reader who held it up has gone', async () => {
		const { queue } = kept();
		const log = `${queue.db.name}-wal`;
		const reader = openSqlite(queue.db.name, { nativeFolder: undefined, busyTimeoutMs: 0 });
		reader.exec('BEGIN');
		reader.prepare('SELECT count(*) FROM jobs').get();
		for (let i = 0; i < 10; i++) {
			await queue.enqueue(...Array.from({ length: 100 }, large));
		}
		expect(size(log)).toBeGreaterThan(20_000_000);
		reader.close();
		await queue.enqueue(task());
		// After the turn in which the log is carried over it begins anew.
		await new Promise((resolve) => setImmediate(resolve));
		await queue.enqueue(task());
		expect(size(log)).toBeLessThanOrEqual(LOG_BYTES);
		await createUpkeep(queue.parts).shrink();
		expect(size(log)).toBe(0);
	});
});
