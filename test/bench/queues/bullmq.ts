/** BullMQ on Redis, from test/bench/package.json. */
import { sampleJob } from '../sample.ts';
import { connectionString } from './postgres.ts';
import type { Opening, QueueSystem } from './system.ts';

interface Job {
	readonly id?: string;
}
interface Queue {
	add(name: string, data: unknown): Promise<Job>;
	addBulk(jobs: { name: string; data: unknown }[]): Promise<Job[]>;
	getJobCounts(...states: string[]): Promise<Record<string, number>>;
	waitUntilReady(): Promise<unknown>;
}
interface Worker {
	on(event: 'error', listener: (error: Error) => void): void;
	waitUntilReady(): Promise<unknown>;
	run(): Promise<void>;
	close(): Promise<void>;
}
/** The part of its interface that is used; it is not installed with the project's own packages. */
interface Bullmq {
	Queue: new (name: string, options: object, backend?: unknown) => Queue;
	Worker: new (
		name: string,
		handler: (job: Job) => Promise<void>,
		options: object,
		backend?: unknown,
	) => Worker;
	createPostgresBackend: unknown;
}

export async function openBullmq({ endpoint, tuned }: Opening): Promise<QueueSystem> {
	// Its documentation asks workers for this setting.
	return open(await load(), { path: endpoint, maxRetriesPerRequest: null }, tuned);
}

export async function openBullmqOnPostgres({ endpoint, tuned }: Opening): Promise<QueueSystem> {
	const bullmq = await load();
	const connection = { connectionString: connectionString(endpoint), migrate: true };
	return open(bullmq, connection, tuned, bullmq.createPostgresBackend);
}

async function load(): Promise<Bullmq> {
	const name = 'bullmq';
	return (await import(name)) as Bullmq;
}

async function open(
	{ Queue, Worker }: Bullmq,
	connection: unknown,
	tuned: boolean,
	...backend: unknown[]
): Promise<QueueSystem> {
	const queue = new Queue('bench', { connection }, ...backend);
	await queue.waitUntilReady();
	return {
		enqueue: async (n) => (await queue.add('bench', sampleJob(n))).id ?? '',
		async enqueueMany(n, count) {
			const jobs = Array.from({ length: count }, (_, i) => ({
				name: 'bench',
				data: sampleJob(n + i),
			}));
			return (await queue.addBulk(jobs)).map(({ id }) => id ?? '');
		},
		async work(atOnce, began) {
			const options = {
				connection,
				concurrency: atOnce,
				autorun: false,
				// Else it keeps everything that it ever did.
				...(tuned ? { removeOnComplete: { count: 0 } } : {}),
			};
			const handler = async (job: Job) => began(job.id ?? '');
			const worker = new Worker('bench', handler, options, ...backend);
			worker.on('error', (error) => console.error(error.message));
			await worker.waitUntilReady();
			void worker.run();
			return { stop: () => worker.close() };
		},
		async unfinished() {
			const counts = await queue.getJobCounts('waiting', 'active');
			return Object.values(counts).reduce((sum, n) => sum + n, 0);
		},
	};
}
