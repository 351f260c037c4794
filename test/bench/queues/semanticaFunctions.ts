/** Semantica's functions: a worker of the SDK in the client's process, as other queues have theirs. */

import { takeWork } from '../../../sdk/work.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { connectTo } from '../daemon.ts';
import { sampleJob } from '../sample.ts';
import type { Opening, QueueSystem } from './system.ts';

const TYPE = 'bench.nothing';
/** Tuned: as many lie ready as in the local queue of graphile-worker; four times the places is the most. */
const PREFETCH = 500;
const PLACES = PREFETCH / 4;

export async function openSemanticaFunctions({ endpoint, tuned }: Opening): Promise<QueueSystem> {
	const connection = await connectTo(endpoint);
	const jobs = (n: number, count: number): JobSpecInput[] =>
		Array.from({ length: count }, (_, i) => ({
			type: TYPE,
			payload: sampleJob(n + i) as never,
			tag: 'bench',
		}));
	const enqueueMany = async (n: number, count: number) => {
		const answer = await connection.request('job/enqueue', { jobs: jobs(n, count) });
		return answer.jobs.map(({ id }) => id);
	};
	return {
		enqueue: async (n) => (await enqueueMany(n, 1))[0] ?? '',
		enqueueMany,
		async work(atOnce, began) {
			const own = await connectTo(endpoint);
			// Its places say what may lie ready; how many handlers do something at once is the program's own to bound.
			const inTurn = bounded(tuned ? atOnce : Number.POSITIVE_INFINITY);
			const concurrency = tuned ? Math.max(PLACES, atOnce) : atOnce;
			const handler = (_: unknown, { id }: { id: string }) => inTurn(() => began(id));
			const work = takeWork(own, {
				types: new Map([[TYPE, { handler, concurrency }]]),
				connect: () => Promise.reject(new Error('No handler speaks for its run here.')),
				failed: (error) => console.error(error),
			});
			await own.request('worker/register', {
				name: 'bench',
				types: [{ type: TYPE, concurrency }],
				...(tuned ? { prefetch: PREFETCH } : {}),
			});
			return {
				async stop() {
					await work.drain();
					own.dispose();
				},
			};
		},
		async unfinished() {
			const { counts } = await connection.request('system/status', {});
			return (counts['queued'] ?? 0) + (counts['running'] ?? 0);
		},
	};
}

/** At most so many at a time; the others wait in their order. */
function bounded(most: number) {
	const waiting: (() => void)[] = [];
	let busy = 0;
	return async (work: () => void): Promise<void> => {
		if (busy >= most) await new Promise<void>((resolve) => waiting.push(resolve));
		else busy++;
		try {
			work();
			// As the others' handlers, it is over in a later turn of the promises.
			await undefined;
		} finally {
			const next = waiting.shift();
			if (next === undefined) busy--;
			else next();
		}
	};
}
