/** pg-boss on PostgreSQL, from test/bench/package.json. */
import { sampleJob } from '../sample.ts';
import { connectionString, counter } from './postgres.ts';
import type { Opening, QueueSystem } from './system.ts';

interface Job {
	readonly id: string;
}
interface Boss {
	on(event: 'error', listener: (error: Error) => void): void;
	start(): Promise<unknown>;
	createQueue(name: string, options: object): Promise<void>;
	send(name: string, data: unknown): Promise<string | null>;
	insert(name: string, jobs: { data: unknown }[], options: object): Promise<string[] | null>;
	work(name: string, options: object, handler: (jobs: Job[]) => Promise<void>): Promise<string>;
	offWork(name: string): Promise<void>;
}
/** The part of its interface that is used; it is not installed with the project's own packages. */
interface PgBossModule {
	PgBoss: new (options: object) => Boss;
}

const QUEUE = 'bench';
/** Connections, and workers for the larger numbers at once: each takes a batch at a time. */
const TUNED_POOL = 25;
const TUNED_WORKERS = 8;
const TUNED_BATCH = 100;

export async function openPgBoss({ endpoint, tuned }: Opening): Promise<QueueSystem> {
	const name = 'pg-boss';
	const { PgBoss } = (await import(name)) as PgBossModule;
	const boss = new PgBoss({
		connectionString: connectionString(endpoint),
		...(tuned ? { useListenNotify: true, max: TUNED_POOL } : {}),
	});
	boss.on('error', (error) => console.error(error.message));
	await boss.start();
	await boss.createQueue(QUEUE, tuned ? { notify: true } : {});
	return {
		enqueue: async (n) => (await boss.send(QUEUE, sampleJob(n))) ?? '',
		async enqueueMany(n, count) {
			const jobs = Array.from({ length: count }, (_, i) => ({ data: sampleJob(n + i) }));
			return (await boss.insert(QUEUE, jobs, { returnId: true })) ?? [];
		},
		async work(atOnce, began) {
			const options = tuned
				? {
						localConcurrency: Math.min(atOnce, TUNED_WORKERS),
						batchSize: TUNED_BATCH,
						burstWhenBatchFull: true,
					}
				: { localConcurrency: atOnce };
			await boss.work(QUEUE, options, async (jobs) => {
				for (const { id } of jobs) began(id);
			});
			return { stop: () => boss.offWork(QUEUE) };
		},
		unfinished: await counter(
			endpoint,
			`SELECT count(*) FROM pgboss.job WHERE name = '${QUEUE}' AND state < 'completed'`,
		),
	};
}
