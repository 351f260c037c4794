/** The queue that several machines share: beside others on PostgreSQL, and what a claim costs with others' jobs in front. */
import type { BenchContext } from '../daemon.ts';
import { type Figure, percentile } from '../figures.ts';
import { missing } from '../install.ts';
import { type Column, createBoard } from '../queues/board.ts';
import { ON_POSTGRES, withContender, withPostgres } from '../queues/roster.ts';
import {
	connectionIn,
	finishAll,
	makeSchema,
	openMachine,
	type SharedMachine,
	sharedJob,
} from '../queues/sharedQueue.ts';
import { reason } from '../reason.ts';

const REPEATS = 3;
const OURS = 'Semantica, shared queue';

export async function sharedQueue(context: BenchContext): Promise<Figure[]> {
	return [
		...(await besideOthers(context)),
		...(await besideForeign(context)),
		...(await withSnapshot(context)),
	];
}

async function besideOthers(context: BenchContext): Promise<Figure[]> {
	const board = createBoard();
	const repeats = context.quick ? 1 : REPEATS;
	const jobs = context.quick ? 400 : 4000;
	for (let repeat = 1; repeat <= repeats; repeat++) {
		for (const contender of ON_POSTGRES) {
			if (board.gaveUp(contender.label)) continue;
			context.say(`repeat ${repeat} of ${repeats}: ${contender.label}`);
			const absent = missing(contender.system);
			if (absent !== undefined) {
				board.giveUp(contender.label, absent);
				continue;
			}
			await withContender(context, contender, async ({ remote }) => {
				for (const atOnce of [1, 64]) {
					const some = atOnce === 1 ? Math.ceil(jobs / 8) : jobs;
					const { values, cpu, wrong } = await remote.ask({ do: 'drain', jobs: some, atOnce });
					const shown = { value: values['perSecond'] ?? Number.NaN, cpu, wrong };
					board.add(drained(atOnce), contender.label, shown);
				}
			}).catch((error: unknown) => board.giveUp(contender.label, reason(error)));
		}
	}
	const labels = ON_POSTGRES.map(({ label }) => label);
	return board.figures(() => OURS, labels);
}

const drained = (atOnce: number): Column => ({
	name: `fleet-drain-${atOnce}`,
	what: `${atOnce} at once`,
	unit: 'jobs/s',
	better: 'higher',
	table: 'A queue on PostgreSQL: claim and complete jobs that do nothing',
});

/** Claims of 8 until nothing of the pool waits; ms each. */
async function timeClaims(machine: SharedMachine, pool: string): Promise<number[]> {
	const need = (await machine.needs()).get(pool) ?? 0;
	const times: number[] = [];
	for (;;) {
		const began = performance.now();
		const { leases } = await machine.queue.claim(machine.epoch, [need], 8, need);
		if (leases.length === 0) return times;
		times.push(performance.now() - began);
		await finishAll(machine, leases);
	}
}

async function enqueueInto(machine: SharedMachine, pool: string, count: number): Promise<void> {
	for (let n = 0; n < count; n += 500) {
		const some = Math.min(500, count - n);
		await machine.queue.enqueue(Array.from({ length: some }, (_, i) => sharedJob(n + i, pool)));
	}
}

async function besideForeign(context: BenchContext): Promise<Figure[]> {
	const foreign = context.quick ? 2000 : 100_000;
	const own = context.quick ? 400 : 4000;
	return withPostgres(context, async (folder) => {
		const owner = await makeSchema(folder);
		const machine = await openMachine(folder, 'machine');
		try {
			await enqueueInto(machine, 'own', own);
			const alone = await timeClaims(machine, 'own');
			context.say(`${foreign} jobs of others in front`);
			await enqueueInto(machine, 'foreign', foreign);
			await enqueueInto(machine, 'own', own);
			const crowded = await timeClaims(machine, 'own');
			return ([0.5, 0.99] as const).map((share) => ({
				name: `fleet-claim-foreign-p${share * 100}`,
				what: `claim of 8, ${foreign} jobs for others in front, p${share * 100}`,
				unit: 'ms',
				better: 'lower' as const,
				ours: [percentile(crowded, share)],
				label: `${foreign} in front`,
				others: [{ label: 'none in front', values: [percentile(alone, share)] }],
			}));
		} finally {
			await machine.queue.close();
			await owner.close();
		}
	});
}

const ROUNDS = 5;

/** Jobs pass while somebody keeps a transaction open in the same database. */
async function withSnapshot(context: BenchContext): Promise<Figure[]> {
	const jobs = context.quick ? 200 : 3000;
	return withPostgres(context, async (folder) => {
		const owner = await makeSchema(folder);
		const machine = await openMachine(folder, 'machine');
		const other = connectionIn(folder);
		async function rounds(): Promise<number[]> {
			const medians: number[] = [];
			for (let round = 0; round < ROUNDS; round++) {
				await enqueueInto(machine, 'own', jobs);
				medians.push(percentile(await timeClaims(machine, 'own'), 0.5));
			}
			return medians;
		}
		try {
			const free = await rounds();
			await other.run('BEGIN ISOLATION LEVEL REPEATABLE READ');
			await other.run('SELECT count(*) FROM fleet.job');
			context.say('a snapshot is held');
			const held = await rounds();
			await other.run('COMMIT');
			return [
				{
					name: 'fleet-claim-snapshot',
					what: `claim of 8 in the last of ${ROUNDS} rounds of ${jobs} jobs, a snapshot held, p50`,
					unit: 'ms',
					better: 'lower',
					ours: [held.at(-1) ?? Number.NaN],
					label: 'a snapshot held meanwhile',
					others: [{ label: 'none held', values: [free.at(-1) ?? Number.NaN] }],
				},
			];
		} finally {
			await Promise.all([machine.queue.close(), owner.close(), other.close()]);
		}
	});
}
