/** Semantica's engine without socket and processes: claims and completes, as the daemon's own loop does. */

import { openEngine } from '../engine.ts';
import { sampleJobs } from '../sample.ts';
import type { Opening, QueueSystem } from './system.ts';

export async function openEngineAlone({ endpoint }: Opening): Promise<QueueSystem> {
	const engine = openEngine(endpoint, 'full', 1);
	return {
		enqueue: async (n) => (await engine.enqueue(sampleJobs(n, 1)))[0] ?? '',
		enqueueMany: (n, count) => engine.enqueue(sampleJobs(n, count)),
		async work(atOnce, began) {
			await engine.allow(atOnce);
			const drained = engine.drain(began);
			return { stop: () => drained };
		},
		async unfinished() {
			return engine.dispatch.unfinishedCount();
		},
	};
}
