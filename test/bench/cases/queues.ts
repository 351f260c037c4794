/** Semantica beside other queues, each with its own server and client: throughput, latency, idle cost. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchContext } from '../daemon.ts';
import type { Figure } from '../figures.ts';
import { missing } from '../install.ts';
import { treeCpuMs, treeResidentMiB, treeSwitches } from '../machine.ts';
import { type Board, type Column, createBoard } from '../queues/board.ts';
import {
	ALTERNATIVES,
	type Contender,
	ENGINE,
	FUNCTIONS,
	type Running,
	SEMANTICA,
	withContender,
} from '../queues/roster.ts';
import type { Task } from '../queues/system.ts';
import { reason } from '../reason.ts';

const REPEATS = 3;
const AT_ONCE = [1, 8, 64];
const PIPELINED = 512;
const ROSTER: readonly Contender[] = [SEMANTICA, ENGINE, ...FUNCTIONS, ...ALTERNATIVES];

const TABLES = {
	enqueue: 'Enqueue',
	alone: 'One enqueue at a time: how long each takes',
	drain: 'Claim and complete jobs that do nothing',
	start: 'From enqueue to start, idle worker',
	idle: 'Idle for 60 s with a worker attached',
	memory: 'Memory',
};

const column = (table: keyof typeof TABLES, name: string, what: string, unit: string): Column => ({
	name,
	what,
	unit,
	better: unit === 'jobs/s' ? 'higher' : 'lower',
	table: TABLES[table],
});

/** A task, and the columns that its values go to. */
interface Measurement {
	readonly task: Task;
	readonly columns: Readonly<Record<string, Column>>;
}

function percentiles(table: keyof typeof TABLES, name: string) {
	return Object.fromEntries(
		['p50', 'p95', 'p99'].map((p) => [p, column(table, `${name}-${p}`, p, 'ms')]),
	);
}

/** In this order a system only ever gets fuller. */
function measurements(contender: Contender, quick: boolean): Measurement[] {
	const { paced, system, only } = contender;
	const drained = (atOnce: number) => {
		if (paced !== undefined) return 4 * atOnce;
		if (system === 'semantica') return quick ? 240 : 400;
		if (quick) return 400;
		return atOnce === 1 ? 2000 : 4000;
	};
	const drains = AT_ONCE.map(
		(atOnce): Measurement => ({
			task: { do: 'drain', jobs: drained(atOnce), atOnce },
			columns: {
				perSecond: column('drain', `queues-drain-${atOnce}`, `${atOnce} at once`, 'jobs/s'),
			},
		}),
	);
	if (only === 'drain') return drains;
	const size = (jobs: number) => (quick ? Math.ceil(jobs / 50) : jobs);
	const enqueue = (name: string, what: string) => ({
		perSecond: column('enqueue', `queues-${name}`, what, 'jobs/s'),
	});
	const worked: Measurement[] = [
		{
			task: {
				do: 'start',
				jobs: paced === undefined ? size(200) : size(15),
				spacingMs: paced?.everyMs ?? 20,
			},
			columns: percentiles('start', 'queues-start'),
		},
		...drains,
	];
	if (only === 'work') return worked;
	return [
		...worked,
		{
			task: { do: 'alone', jobs: size(600) },
			columns: { ...enqueue('alone', 'one at a time'), ...percentiles('alone', 'queues-alone') },
		},
		{
			task: { do: 'pipelined', jobs: size(6000), width: PIPELINED },
			columns: enqueue('pipelined', `one by one, ${PIPELINED} in flight`),
		},
		...[1, 10, 100].map(
			(thousands): Measurement => ({
				task: { do: 'bulk', jobs: size(thousands * 1000) },
				columns: enqueue(`bulk-${thousands}k`, `bulk, ${thousands},000 jobs`),
			}),
		),
	];
}

const LOADED = column('memory', 'queues-rss-loaded', 'server, the enqueued jobs waiting', 'MiB');

export async function besideQueues(context: BenchContext): Promise<Figure[]> {
	const board = openBoard();
	const repeats = context.quick ? 1 : REPEATS;
	for (let repeat = 1; repeat <= repeats; repeat++) {
		for (const contender of ROSTER) {
			if (board.gaveUp(contender.label)) continue;
			context.say(`repeat ${repeat} of ${repeats}: ${contender.label}`);
			await withContender(context, contender, (running) =>
				measure(contender, running, board, context.quick),
			).catch((error: unknown) => giveUp(context, board, contender, error));
		}
	}
	return figuresOf(board);
}

async function measure(
	contender: Contender,
	{ remote, serverPid }: Running,
	board: Board,
	quick: boolean,
): Promise<void> {
	for (const { task, columns } of measurements(contender, quick)) {
		const outcome = await remote.ask(task);
		for (const [name, column] of Object.entries(columns)) {
			board.add(column, labelIn(column, contender), {
				value: outcome.values[name] ?? Number.NaN,
				// Once is enough: not with each percentile.
				cpu: name === 'perSecond' ? outcome.cpu : undefined,
				wrong: outcome.wrong,
			});
		}
	}
	if (serverPid !== undefined && contender.only === undefined) {
		board.add(LOADED, contender.label, { value: treeResidentMiB(serverPid) });
	}
}

const IDLE_MS = 60_000;
/** Start-up work, and the collectors' idle tasks, are over by then. */
const SETTLE_MS = 10_000;

/** All at the same time: each does nothing, and what it does all the same is its own. */
export async function idleQueues(context: BenchContext): Promise<Figure[]> {
	const board = openBoard();
	const contenders = ROSTER.filter(({ label, only }) => only === undefined && !board.gaveUp(label));
	const attached = contenders.map(() => Promise.withResolvers<void>());
	const watchMs = context.quick ? 3000 : IDLE_MS;
	context.say(`${contenders.length} systems idle for ${(SETTLE_MS + watchMs) / 1000} s`);
	await Promise.all(
		contenders.map(async (contender, i) => {
			const watch = async ({ remote, serverPid }: Running) => {
				await remote.ask({ do: 'attach' });
				attached[i]?.resolve();
				await Promise.all(attached.map(({ promise }) => promise));
				await delay(SETTLE_MS);
				const pids = [remote.pid, ...(serverPid === undefined ? [] : [serverPid])];
				const cpu = total(pids, treeCpuMs);
				const switches = total(pids, treeSwitches);
				await delay(watchMs);
				const scale = IDLE_MS / watchMs;
				const showings = {
					cpu: (total(pids, treeCpuMs) - cpu) * scale,
					switches: (total(pids, treeSwitches) - switches) * scale,
					client: treeResidentMiB(remote.pid),
					server: serverPid === undefined ? Number.NaN : treeResidentMiB(serverPid),
				};
				for (const [name, value] of Object.entries(showings)) {
					const column = IDLE_COLUMNS[name];
					if (column !== undefined) board.add(column, contender.label, { value });
				}
			};
			await withContender(context, contender, watch)
				.catch((error: unknown) => giveUp(context, board, contender, error))
				.finally(() => attached[i]?.resolve());
		}),
	);
	return figuresOf(board);
}

const IDLE_COLUMNS: Readonly<Record<string, Column>> = {
	cpu: column('idle', 'queues-idle-cpu', 'CPU of server and client', 'ms'),
	switches: column('idle', 'queues-idle-switches', 'voluntary context switches', ''),
	server: column('memory', 'queues-rss-server', 'idle server', 'MiB'),
	client: column('memory', 'queues-rss-client', 'idle client', 'MiB'),
};

function total(pids: readonly number[], of: (pid: number) => number): number {
	return pids.reduce((sum, pid) => sum + of(pid), 0);
}

const PROCESSES = 'Semantica, a process per job';

/** Others run jobs as functions in the worker; ours are processes, so that the engine stands beside it. */
function labelIn({ table }: Column, { label }: Contender): string {
	return table === TABLES.drain && label === SEMANTICA.label ? PROCESSES : label;
}

function openBoard(): Board {
	const board = createBoard();
	for (const { label, system } of ROSTER) {
		const why = missing(system);
		if (why !== undefined) board.giveUp(label, why);
	}
	return board;
}

function giveUp(context: BenchContext, board: Board, { label }: Contender, error: unknown): void {
	const why = reason(error);
	context.say(`${label} failed: ${why}`);
	board.giveUp(label, `failed: ${why}`);
}

function figuresOf(board: Board): Figure[] {
	const order = Object.values(TABLES);
	return board
		.figures(
			({ table }) => (table === TABLES.drain ? ENGINE.label : SEMANTICA.label),
			[PROCESSES, ...ROSTER.map(({ label }) => label)],
		)
		.sort((a, b) => order.indexOf(a.table ?? '') - order.indexOf(b.table ?? ''));
}
