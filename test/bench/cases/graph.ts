/** Graphs of jobs in the engine alone: what a job that waits for two others costs, in a small graph and in a large one. */
import type { JobSpecInput } from '../../../shared/job.ts';
import type { BenchContext } from '../daemon.ts';
import { type Engine, openEngine } from '../engine.ts';
import { type Figure, percentile } from '../figures.ts';
import { sampleJobs } from '../sample.ts';

const REPEATS = 5;
const LARGE = 10_000;
const SMALL = 1000;
const REQUEST = 1000;
/** Each waits for those so far before it: some three may run at a time. */
const DISTANCES = [3, 10];

interface Costs {
	/** Of each job, ms. */
	enqueue: number;
	claims: number[];
	/** Claim, end, and telling those that wait for it. */
	whole: number;
}

function conditionsOf(at: number, first: number, ids: readonly string[]): JobSpecInput['after'] {
	return DISTANCES.flatMap((distance) => {
		const target = at - distance;
		if (target < 0) return [];
		const id = ids[target];
		return id === undefined ? { index: target - first } : { id };
	});
}

async function enqueueGraph(engine: Engine, jobs: number): Promise<number> {
	const ids: string[] = [];
	let took = 0;
	for (let first = 0; first < jobs; first += REQUEST) {
		const some = sampleJobs(first, REQUEST).map((job, n) => ({
			...job,
			after: conditionsOf(first + n, first, ids),
		}));
		const began = performance.now();
		const enqueued = await engine.enqueue(some);
		took += performance.now() - began;
		ids.push(...enqueued);
	}
	return took / jobs;
}

async function costsOf(context: BenchContext, jobs: number): Promise<Costs> {
	const engine = openEngine(context.folder(), 'normal', 1);
	engine.db.pragma('synchronous = OFF');
	try {
		const enqueue = await enqueueGraph(engine, jobs);
		const claims: number[] = [];
		const began = performance.now();
		for (let n = 0; n < jobs; n++) {
			const before = performance.now();
			const [run] = await engine.claim();
			claims.push(performance.now() - before);
			if (run === undefined) throw new Error(`Nothing could start after ${n} of ${jobs} jobs.`);
			await engine.succeed(run);
			while (await engine.dispatch.sweep());
		}
		return { enqueue, claims, whole: (performance.now() - began) / jobs };
	} finally {
		await engine.close();
	}
}

export async function largeGraphs(context: BenchContext): Promise<Figure[]> {
	const large: Costs[] = [];
	const small: Costs[] = [];
	// What is compiled on the way must not count for one of them alone.
	await costsOf(context, SMALL);
	for (let repeat = 0; repeat < REPEATS; repeat++) {
		large.push(await costsOf(context, LARGE));
		small.push(await costsOf(context, SMALL));
	}
	const figure = (
		name: string,
		what: string,
		of: (costs: Costs) => number,
		atMost: number,
	): Figure => ({
		name: `graph-${name}`,
		what: `graph of ${LARGE} jobs that wait for two others each, synchronous off: ${what}`,
		unit: 'ms',
		better: 'lower',
		ours: large.map(of),
		others: [{ label: `a graph of ${SMALL}`, values: small.map(of) }],
		budget: { of: 'ratio', atMost },
	});
	return [
		figure('enqueue', 'enqueue, per job', ({ enqueue }) => enqueue, 1.5),
		figure('claim-p50', 'claim, p50', ({ claims }) => percentile(claims, 0.5), 1.5),
		figure('claim-p99', 'claim, p99', ({ claims }) => percentile(claims, 0.99), 3),
		figure('whole', 'claim, end and telling who waits, per job', ({ whole }) => whole, 1.5),
	];
}
