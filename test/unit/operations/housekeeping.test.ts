import { expect, it } from 'vitest';
import { createHousekeeping } from '../../../daemon/operations/housekeeping.ts';
import { createFeed } from '../../../daemon/queue/views/feed.ts';
import { FakeClock } from '../../support/queue.ts';

it('maintains once at a time, also after a failure', async () => {
	let holders = 0;
	const held: number[] = [];
	let failing = true;
	const housekeeping = createHousekeeping({
		upkeep: {
			finished: () => 0,
			hurry() {},
			shrinkable: () => true,
			sweep: async () => 0,
			async shrink() {
				if (!failing) return 0;
				failing = false;
				throw new Error('the disk is full');
			},
			async whileSuspended(work) {
				held.push(++holders);
				try {
					return await work(new AbortController().signal);
				} finally {
					holders--;
				}
			},
		},
		clock: new FakeClock(),
		feed: createFeed(),
		maintenance: async () => ({ kind: 'done' }),
		databaseFile: import.meta.filename,
		retention: () => ({ maxAgeMs: 0, maxFinished: 0 }),
		removeLog: async () => {},
		log: () => {},
		damaged: () => {},
	});
	const all = [1, 2, 3].map(() => housekeeping.maintain({ vacuum: true }));
	const outcomes = await Promise.allSettled(all);
	expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
	expect(held).toEqual([1, 1]);
});
