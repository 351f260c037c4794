import { describe, expect, it } from 'vitest';
import { createHousekeeping } from '../../../daemon/operations/housekeeping.ts';
import { createUpkeep } from '../../../daemon/queue/upkeep.ts';
import { openQueue, task } from '../../support/queue.ts';

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
