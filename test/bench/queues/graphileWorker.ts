/** graphile-worker on PostgreSQL, from test/bench/package.json. */
import { sampleJob } from '../sample.ts';
import { connectionString, counter } from './postgres.ts';
import type { Opening, QueueSystem } from './system.ts';

interface Job {
	readonly id: string;
}
interface WorkerUtils {
	migrate(): Promise<void>;
	addJob(identifier: string, payload: unknown): Promise<Job>;
	addJobs(jobs: { identifier: string; payload: unknown }[]): Promise<readonly Job[]>;
}
/** The part of its interface that is used; it is not installed with the project's own packages. */
interface GraphileWorker {
	Logger: new (factory: () => () => void) => object;
	makeWorkerUtils(options: object): Promise<WorkerUtils>;
	run(options: object): Promise<{ stop(): Promise<void> }>;
}

/** Those of the figures that its documentation publishes, except for the number of jobs at once. */
const TUNED = {
	localQueue: { size: 500 },
	completeJobBatchDelay: 0,
	failJobBatchDelay: 0,
};
const TUNED_POOL = 25;

export async function openGraphileWorker({ endpoint, tuned }: Opening): Promise<QueueSystem> {
	const name = 'graphile-worker';
	const { Logger, makeWorkerUtils, run } = (await import(name)) as GraphileWorker;
	const common = {
		connectionString: connectionString(endpoint),
		// It writes two lines for each job else.
		logger: new Logger(() => () => {}),
	};
	const utils = await makeWorkerUtils({ ...common, ...(tuned ? { maxPoolSize: TUNED_POOL } : {}) });
	await utils.migrate();
	return {
		enqueue: async (n) => (await utils.addJob('bench', sampleJob(n))).id,
		async enqueueMany(n, count) {
			const jobs = Array.from({ length: count }, (_, i) => ({
				identifier: 'bench',
				payload: sampleJob(n + i),
			}));
			return (await utils.addJobs(jobs)).map(({ id }) => id);
		},
		async work(atOnce, began) {
			return run({
				...common,
				concurrency: atOnce,
				noHandleSignals: true,
				taskList: { bench: (_: unknown, { job }: { job: Job }) => began(job.id) },
				parsedCronItems: [],
				...(tuned
					? { maxPoolSize: Math.max(TUNED_POOL, atOnce + 1), preset: { worker: TUNED } }
					: {}),
			});
		},
		// What is completed is deleted.
		unfinished: await counter(endpoint, 'SELECT count(*) FROM graphile_worker._private_jobs'),
	};
}
