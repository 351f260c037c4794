/**
 * Whatever happens to power, processors, editors, events, pauses and the clock: no job starts or goes on while
 * one of its constraints is unmet and not waived, each starts within one tick of all being met, and steps aside
 * within one of their loss.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseSeed } from '../../support/random.ts';
import { historyArbitrary, SECOND } from './property/actions.ts';
import { World } from './property/world.ts';

/** How long random histories are tried; longer by SEMANTICA_MODEL_SECONDS. */
const SECONDS = Number(process.env['SEMANTICA_MODEL_SECONDS'] ?? 25);

describe('constraints', () => {
	it('are never passed over, and never kept waiting for', {
		timeout: (SECONDS + 90) * SECOND,
	}, async () => {
		let histories = 0;
		let starts = 0;
		let asides = 0;
		const property = fc.asyncProperty(historyArbitrary, async (actions) => {
			const world = new World();
			await world.scheduler.queue.jobs.updateQueue({ name: '*', concurrency: 1000 });
			await world.scheduler.queue.jobs.updateQueue({ name: 'default', concurrency: 1000 });
			for (const action of actions) await world.act(action);
			// At last everything is well: whatever still waits must start.
			for (const n of world.jobs.keys()) await world.change('resume', n);
			await world.act({ kind: 'emit', event: 'a' });
			await world.act({ kind: 'emit', event: 'b' });
			await world.act({ kind: 'load', load: 0 });
			await world.act({ kind: 'power', source: 'ac', percent: 100 });
			await world.act({ kind: 'advance', ms: 300 * SECOND });
			histories++;
			starts += world.starts;
			asides += world.asides;
			world.scheduler.close();
		});
		const seed = chooseSeed(process.env);
		console.log(`constraints: SEMANTICA_SEED=${seed}, ${SECONDS} s`);
		await fc.assert(property, {
			seed,
			numRuns: 1_000_000,
			interruptAfterTimeLimit: SECONDS * SECOND,
			endOnFailure: false,
		});
		console.log(`constraints: ${histories} histories, ${starts} starts, ${asides} asides`);
		expect(histories).toBeGreaterThan(0);
	});
});
