/** Collection against enqueues of the very content that is being collected. */
import { describe, expect, test } from 'vitest';
import { createPayloadMaintenance } from '../../../daemon/payloads/maintenance.ts';
import { readVerified } from '../../../daemon/payloads/verified.ts';
import { openQueue, task } from '../../support/queue.ts';
import { createRandom } from '../../support/random.ts';

const ROUNDS = 400;

describe('collection', () => {
	test('never takes what an enqueue has just found, and takes everything else', async () => {
		const queue = openQueue();
		const { room, parts, jobs } = queue;
		const maintenance = createPayloadMaintenance(room, {
			writer: parts.writer,
			feed: parts.feed,
			shrink: () => Promise.resolve(),
		});
		maintenance.start();
		const random = createRandom(7);
		const contents = ['a', 'b'].map((letter) => letter.repeat(12_000));
		let standing: string[] = [];
		for (let round = 0; round < ROUNDS; round++) {
			const leaving = standing;
			const removal = (async () => {
				await jobs.cancel({ ids: leaving });
				await jobs.remove({ ids: leaving });
			})();
			// Now before, now while, now after the collection that the removal causes.
			for (let turns = random.int(0, 12); turns > 0; turns--) {
				await new Promise(setImmediate);
			}
			const payload = random.pick(contents as [string, string]);
			const added = await queue.enqueue(task({ payload }));
			standing = added.map(({ id }) => id);
			if (leaving.length > 0) await removal;
			const { generation } = jobs.get(standing[0] ?? '').job;
			const place = room.table.locate(generation);
			if (place.kind !== 'file') throw new Error(`The payload is ${place.kind}.`);
			expect((await readVerified(room.folder, place)).toString(), `round ${round}`).toBe(payload);
		}
		await jobs.cancel({ all: true });
		await jobs.remove({ all: true });
		await maintenance.settled();
		for await (const hash of room.folder.scan())
			throw new Error(`${hash.toString('hex')} is left.`);
		expect(maintenance.storedBytes()).toBe(0);
		await maintenance.stop();
	});
});
