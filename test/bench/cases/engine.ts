/** The queue alone: draining beside plainjob, and claims over very long queues. */
import { join } from 'node:path';
import type { BenchContext } from '../daemon.ts';
import { type Engine, fillWithCopies, openEngine } from '../engine.ts';
import { type Figure, percentile } from '../figures.ts';
import { drainPlainjob } from '../plainjob.ts';
import { costs, type Rate, rateOf, speeds } from '../rate.ts';
import { reason } from '../reason.ts';
import { sampleJobs, wrongIds } from '../sample.ts';

const JOBS = 1000;
const REPEATS = 5;

async function drainOurs(folder: string, concurrency: number) {
	const engine = openEngine(folder, 'full', concurrency);
	try {
		for (let n = 0; n < JOBS; n += 1000) await engine.enqueue(sampleJobs(n, 1000));
		const ids: string[] = [];
		const rate = await rateOf(JOBS, [], () => engine.drain((id) => ids.push(id)));
		return { rate, wrong: wrongIds(ids, JOBS) };
	} finally {
		await engine.close();
	}
}

const AT_ONCE = [1, 8, 64];

/** The daemon's defaults on two cores let 8 run at once; 64 shows where the group commit leads. */
export async function claimAndComplete(context: BenchContext): Promise<Figure[]> {
	const ours = AT_ONCE.map((): Rate[] => []);
	const theirs: Rate[] = [];
	let wrong: string | undefined;
	let theirWrong: string | undefined;
	let absent: string | undefined;
	for (let repeat = 0; repeat < REPEATS; repeat++) {
		// It runs one job at a time, whatever we do.
		await drainPlainjob(join(context.folder(), 'plainjob.db'), JOBS).then(
			(drained) => {
				theirs.push(drained.rate);
				theirWrong ??= drained.wrong;
			},
			(error: unknown) => {
				absent = reason(error);
			},
		);
		for (const [i, atOnce] of AT_ONCE.entries()) {
			const mine = await drainOurs(context.folder(), atOnce);
			ours[i]?.push(mine.rate);
			wrong ??= mine.wrong;
		}
	}
	const other = {
		label: 'plainjob 0.0.14, synchronous=FULL',
		values: speeds(theirs),
		cpu: costs(theirs),
		...(absent === undefined ? {} : { absent }),
		...(theirWrong === undefined ? {} : { void: theirWrong }),
	};
	return AT_ONCE.map((atOnce, i) => ({
		name: `drain-${atOnce}`,
		what: `claim and complete, engine only, durable, ${atOnce} running at once`,
		unit: 'jobs/s',
		better: 'higher',
		ours: speeds(ours[i] ?? []),
		cpu: costs(ours[i] ?? []),
		others: [other],
		...(atOnce === 8 ? { budget: { of: 'ratio', atLeast: 2 } as const } : {}),
		...(wrong === undefined ? {} : { void: wrong }),
	}));
}

const CLAIMS = 400;

/** Times single claims, each followed by its completion, without the disk: what the index costs. */
export async function timeClaims(engine: Engine): Promise<number[]> {
	const times: number[] = [];
	for (let n = 0; n < CLAIMS; n++) {
		const began = performance.now();
		const [run] = await engine.claim();
		times.push(performance.now() - began);
		if (run === undefined) throw new Error('There was nothing left to claim.');
		await engine.succeed(run);
	}
	return times;
}

const SHALLOW = 1000;

export async function claimDepth(context: BenchContext): Promise<Figure[]> {
	const open = async (depth: number) => {
		const engine = openEngine(context.folder(), 'normal', 1);
		engine.db.pragma('synchronous = OFF');
		await engine.enqueue(sampleJobs(0, 1));
		fillWithCopies(engine.db, depth);
		engine.parts.claims.reload();
		await timeClaims(engine);
		return engine;
	};
	const round = async (engine: Engine, depth: number) => {
		// What was taken is put back, in pages that the measurement then finds as warm as they ever are.
		fillWithCopies(engine.db, depth);
		return timeClaims(engine);
	};
	const figures: Figure[] = [];
	const shallow = await open(SHALLOW);
	for (const [label, depth] of [
		['100k', 100_000],
		['1m', 1_000_000],
	] as const) {
		const deep = await open(depth);
		const rounds = { deep: [] as number[][], shallow: [] as number[][] };
		for (let repeat = 0; repeat < REPEATS; repeat++) {
			rounds.deep.push(await round(deep, depth));
			rounds.shallow.push(await round(shallow, SHALLOW));
		}
		await deep.close();
		for (const [name, share, atMost] of [
			['p50', 0.5, 1.5],
			['p99', 0.99, 3],
		] as const) {
			figures.push({
				name: `claim-${label}-${name}`,
				what: `claim at ${depth} queued, synchronous off, ${name}`,
				unit: 'ms',
				better: 'lower',
				ours: rounds.deep.map((times) => percentile(times, share)),
				others: [
					{
						label: `the same at ${SHALLOW}`,
						values: rounds.shallow.map((times) => percentile(times, share)),
					},
				],
				budget: { of: 'ratio', atMost },
			});
		}
	}
	await shallow.close();
	return figures;
}

const FEW_QUEUES = 5;
const MANY_QUEUES = 5000;

export async function claimQueues(context: BenchContext): Promise<Figure[]> {
	const open = async (queues: number) => {
		const engine = openEngine(context.folder(), 'normal', 1);
		engine.db.pragma('synchronous = OFF');
		for (let n = 0; n < MANY_QUEUES; n += 1000) {
			const jobs = sampleJobs(n, 1000);
			await engine.enqueue(jobs.map((job, i) => ({ ...job, queue: `q${(n + i) % queues}` })));
		}
		await timeClaims(engine);
		return engine;
	};
	const many = await open(MANY_QUEUES);
	const few = await open(FEW_QUEUES);
	const rounds = { many: [] as number[][], few: [] as number[][] };
	for (let repeat = 0; repeat < REPEATS; repeat++) {
		rounds.many.push(await timeClaims(many));
		rounds.few.push(await timeClaims(few));
	}
	await many.close();
	await few.close();
	return (
		[
			['p50', 0.5, 1.5],
			['p99', 0.99, 3],
		] as const
	).map(([name, share, atMost]) => ({
		name: `claim-queues-${name}`,
		what: `claim with a job in each of ${MANY_QUEUES} queues, synchronous off, ${name}`,
		unit: 'ms',
		better: 'lower',
		ours: rounds.many.map((times) => percentile(times, share)),
		others: [
			{
				label: `as many jobs in ${FEW_QUEUES} queues`,
				values: rounds.few.map((times) => percentile(times, share)),
			},
		],
		budget: { of: 'ratio', atMost },
	}));
}
