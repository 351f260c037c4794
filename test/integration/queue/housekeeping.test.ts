import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createHousekeeping } from '../../../daemon/operations/housekeeping.ts';
import { LOG_BYTES } from '../../../daemon/queue/checkpoint.ts';
import { createUpkeep } from '../../../daemon/queue/upkeep.ts';
import { openSqlite } from '../../../daemon/sqlite/open.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

const DAY = 24 * 3_600_000;

function kept(limits: { maxAgeMs?: number; maxFinished?: number } = {}) {
	const queue = openQueue();
	const policy = { maxAgeMs: 14 * DAY, maxFinished: 20_000, ...limits };
	const housekeeping = createHousekeeping({
		upkeep: createUpkeep(queue.parts),
		clock: queue.clock,
		feed: queue.parts.feed,
		maintenance: async () => ({ kind: 'done' }),
		databaseFile: queue.db.name,
		retention: () => policy,
		removeLog: async () => {},
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
	return { ...queue, queue, policy, housekeeping, left, runOne };
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
