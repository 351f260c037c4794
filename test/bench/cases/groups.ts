/** Groups of jobs in the engine alone: what stands in a full one, and many of them. */
import type { BenchContext } from '../daemon.ts';
import { type Engine, fillWithCopies, openEngine } from '../engine.ts';
import { type Figure, percentile } from '../figures.ts';
import { sampleJobs } from '../sample.ts';
import { timeClaims } from './engine.ts';

const REPEATS = 5;
const BLOCKED = 100_000;
const FREE = 5000;

/** One job of a group of one runs; so many of it wait, all of them older than the free ones. */
async function besideBlocked(context: BenchContext, blocked: number): Promise<Engine> {
	const engine = openEngine(context.folder(), 'normal', 2);
	engine.db.pragma('synchronous = OFF');
	const [holder, waiting] = sampleJobs(0, 2).map((job) => ({ ...job, group: 'one' }));
	if (holder !== undefined) await engine.enqueue([holder]);
	await engine.claim();
	if (blocked > 0 && waiting !== undefined) {
		await engine.enqueue([waiting]);
		fillWithCopies(engine.db, blocked);
		engine.parts.claims.reload();
	}
	for (let n = 0; n < FREE; n += 1000) await engine.enqueue(sampleJobs(n, 1000));
	await timeClaims(engine);
	return engine;
}

export async function claimBesideBlocked(context: BenchContext): Promise<Figure[]> {
	const crowded = await besideBlocked(context, BLOCKED);
	const alone = await besideBlocked(context, 0);
	return compared(crowded, alone, {
		name: 'claim-blocked',
		what: `claim beside ${BLOCKED} jobs of one full group, synchronous off`,
		label: 'the same without them',
	});
}

const MANY = 5000;
const FEW = 5;
const JOBS = 10_000;

async function inGroups(context: BenchContext, many: number): Promise<Engine> {
	const engine = openEngine(context.folder(), 'normal', 1);
	engine.db.pragma('synchronous = OFF');
	for (let n = 0; n < JOBS; n += 1000) {
		const jobs = sampleJobs(n, 1000).map((job, i) => ({
			...job,
			queue: `q${(n + i) % many}`,
			// Each group in several queues.
			group: `g${(7 * (n + i) + Math.floor((n + i) / many)) % many}`,
		}));
		await engine.enqueue(jobs);
	}
	await timeClaims(engine);
	return engine;
}

export async function claimGroups(context: BenchContext): Promise<Figure[]> {
	const many = await inGroups(context, MANY);
	const few = await inGroups(context, FEW);
	return compared(many, few, {
		name: 'claim-groups',
		what: `claim with jobs of ${MANY} groups in ${MANY} queues, synchronous off`,
		label: `as many jobs of ${FEW} groups in ${FEW} queues`,
	});
}

async function compared(
	ours: Engine,
	other: Engine,
	{ name, what, label }: { name: string; what: string; label: string },
): Promise<Figure[]> {
	const rounds = { ours: [] as number[][], other: [] as number[][] };
	for (let repeat = 0; repeat < REPEATS; repeat++) {
		rounds.ours.push(await timeClaims(ours));
		rounds.other.push(await timeClaims(other));
	}
	await ours.close();
	await other.close();
	return (
		[
			['p50', 0.5, 1.5],
			['p99', 0.99, 3],
		] as const
	).map(([percent, share, atMost]) => ({
		name: `${name}-${percent}`,
		what: `${what}, ${percent}`,
		unit: 'ms',
		better: 'lower',
		ours: rounds.ours.map((times) => percentile(times, share)),
		others: [{ label, values: rounds.other.map((times) => percentile(times, share)) }],
		budget: { of: 'ratio', atMost },
	}));
}
