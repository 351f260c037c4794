/** plainjob 0.0.14, from this folder's own package.json: as documented, but with our durability. */
import Database from 'better-sqlite3';
import { rateOf } from './rate.ts';

interface Queue {
	addMany(type: string, data: unknown[]): { ids: number[] };
	close(): void;
}
interface Worker {
	start(): Promise<void>;
	stop(): Promise<void>;
}
/** The part of its interface that is used; it is not installed with the project's own packages. */
interface Plainjob {
	better(db: Database.Database): unknown;
	defineQueue(options: object): Queue;
	defineWorker(type: string, processor: (job: { id: number }) => void, options: object): Worker;
}

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

export async function drainPlainjob(file: string, count: number) {
	const name = 'plainjob';
	const { better, defineQueue, defineWorker } = (await import(name)) as Plainjob;
	const db = new Database(file);
	const queue = defineQueue({ connection: better(db), logger: silent });
	// defineQueue has set NORMAL.
	db.pragma('synchronous = FULL');
	queue.addMany(
		'bench',
		Array.from({ length: count }, (_, n) => ({ input: `file-${n}.txt` })),
	);
	const seen: number[] = [];
	let worker: Worker | undefined;
	let stopping: Promise<void> | undefined;
	worker = defineWorker('bench', (job) => void seen.push(job.id), {
		queue,
		logger: silent,
		onCompleted: () => {
			if (seen.length === count) stopping = worker?.stop();
		},
	});
	const rate = await rateOf(count, [], () => worker?.start());
	await stopping;
	queue.close();
	const distinct = new Set(seen).size;
	return {
		rate,
		wrong:
			distinct === count && seen.length === count
				? undefined
				: `plainjob ran ${seen.length} jobs, ${distinct} different, of ${count}`,
	};
}
