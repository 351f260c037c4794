/** The workers room put together: who does functions, and the runs that are with them. */
import { SemanticaError } from '../../shared/errors.ts';
import { isFunctionType } from '../../shared/functionTypes.ts';
import { LIMITS } from '../../shared/jobTerms.ts';
import { depthWithin } from '../../shared/jobValues.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Dispatch } from '../queue/dispatch.ts';
import type { Executor } from '../queue/execution.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { JobHandler, JobHandlers, LaunchPlan } from '../queue/ports/handlers.ts';
import type { Workers } from '../queue/ports/workers.ts';
import type { JobRow } from '../queue/store/rows.ts';
import type { Writer } from '../queue/store/writer.ts';
import type { Sqlite } from '../sqlite/open.ts';
import { createIndexers } from './indexers.ts';
import type { FunctionLogs } from './log.ts';
import { type Connection, createRegistry, type Worker } from './registry.ts';
import { createFunctionRuns, type RunTokens } from './runs.ts';
import { createHosts, type Hosts, type HostsOptions } from './started/hosts.ts';
import { createPool } from './started/pool.ts';
import type { Launch, WorkerTokens } from './started/standing.ts';
import { createStandings } from './started/standings.ts';
import { createFunctionTypes } from './types.ts';

/** A worker that holds runs is asked this often whether it is there, and has so long to answer. */
const PING_MS = 15_000;
const SILENT_MS = 45_000;
/** So long an indexer without work is kept: people save again soon, or not at all. */
const INDEXER_IDLE_MS = 30_000;

export interface WorkersOptions {
	readonly db: Sqlite;
	readonly clock: Clock;
	readonly logs: FunctionLogs;
	/** With which what runs speaks as its job. */
	readonly tokens: RunTokens & WorkerTokens;
	readonly maxFunctions: () => number;
	/** The setting: after so many deaths of its worker's process a job has that to itself. */
	readonly aloneAfterDeaths: number;
	/** Index jobs, each of which has a process to itself. */
	readonly indexing: {
		readonly types: readonly string[];
		readonly plan: () => LaunchPlan;
		/** The last look before a run begins. @throws SemanticaError with the reason why it must not */
		readonly assertMayStart: (row: JobRow) => Promise<void>;
	};
	/** How those are started that config.json names. */
	readonly started: Pick<HostsOptions, 'entries' | 'logFolder' | 'planOf' | 'warn'> & {
		readonly launch: Launch;
	};
	/** Put together later than this room. */
	readonly queue: () => { readonly dispatch: Dispatch; readonly writer: Pick<Writer, 'submit'> };
	/** Workers came or went: what waits for them may start, or has another reason. */
	readonly changed: () => void;
}

/** What the room offers to clients; `Connection` names who asks. */
export interface WorkerRequests {
	register(
		params: Params<'worker/register'>,
		connection: Connection,
	): Promise<Result<'worker/register'>>;
	started(
		params: Params<'worker/started'>,
		connection: Connection,
	): Promise<Result<'worker/started'>>;
	finish(params: Params<'worker/finish'>, connection: Connection): Promise<Result<'worker/finish'>>;
	progress(params: Params<'worker/progress'>, connection: Connection): Result<'worker/progress'>;
	checkpoint(
		params: Params<'worker/checkpoint'>,
		connection: Connection,
	): Promise<Result<'worker/checkpoint'>>;
	log(params: Params<'worker/log'>, connection: Connection): Promise<Result<'worker/log'>>;
	alive(connection: Connection): Result<'worker/alive'>;
	list: Hosts['list'];
	add: Hosts['add'];
	remove: Hosts['remove'];
	restart: Hosts['restart'];
}

export interface WorkersService {
	readonly requests: WorkerRequests;
	/** As the queue asks. */
	readonly port: Workers;
	/** What the daemon does itself, and functions of any name. */
	handlers(own: ReadonlyMap<string, JobHandler>): JobHandlers;
	/** The daemon is going to leave: what has not begun goes back to the queue, and no process is started. */
	drain(): void;
	/** Resolves when nothing is left of the processes that it started. */
	close(): Promise<void>;
	check: Hosts['check'];
	/** Functions go to workers, everything else to `others`. */
	executor(others: Executor): Executor;
}

export function createWorkers(options: WorkersOptions): WorkersService {
	const { clock, queue, changed } = options;
	const types = createFunctionTypes(options.db);
	const ping: { timer?: Timer } = {};
	const registry = createRegistry(
		options.maxFunctions,
		() => clock.now(),
		() => hosts,
	);
	const processes = createStandings({
		launch: options.started.launch,
		tokens: options.tokens,
		clock,
	});
	const hosts = createHosts({
		...options.started,
		clock,
		changed,
		start: processes.start,
		retire,
	});

	const pool = createPool({
		clock,
		idleMs: INDEXER_IDLE_MS,
		retire,
		start: (onRegistered) =>
			processes.start({
				name: 'index',
				types: options.indexing.types,
				plan: options.indexing.plan(),
				logFile: undefined,
				isBuiltIn: true,
				onRegistered,
			}),
	});
	const runs = createFunctionRuns({
		registry,
		dispatch: () => queue().dispatch,
		logs: options.logs,
		tokens: options.tokens,
		clock,
		aloneAfterDeaths: options.aloneAfterDeaths,
		holding(worker) {
			// Nobody asked whether it was there while it held nothing.
			if (worker.held === 1) worker.heardAt = clock.monotonic();
			watch();
		},
	});

	const indexers = createIndexers({
		pool,
		registry,
		runs,
		assertMayStart: options.indexing.assertMayStart,
	});

	function retire(worker: Worker): void {
		worker.leaving = true;
		registry.retire(worker, clock.now());
	}

	// One timer, and none while nobody holds anything.
	function watch(): void {
		ping.timer ??= clock.after(PING_MS, () => {
			delete ping.timer;
			const now = clock.monotonic();
			for (const worker of [...registry.all()]) {
				if (worker.held === 0 || worker.patient) {
					worker.heardAt = now;
					continue;
				}
				watch();
				if (now - worker.heardAt > SILENT_MS) {
					worker.connection.drop(`Worker ${worker.name} does not answer.`);
				} else worker.connection.notify('worker/ping', {});
			}
		});
	}

	function workerOf(connection: Connection): Worker {
		const worker = registry.of(connection);
		if (worker === undefined) {
			throw new SemanticaError(
				'CONFLICT',
				'This connection is no worker. Register its types first (worker/register).',
			);
		}
		worker.heardAt = clock.monotonic();
		return worker;
	}

	return {
		port: registry.port,
		drain() {
			hosts.drain();
			runs.drain();
		},
		async close() {
			await Promise.all([hosts.close(), pool.close()]);
		},
		check: hosts.check,
		handlers: (own) => ({
			get: (type) => own.get(type) ?? types.handlerOf(type),
			keys: () => own.keys(),
		}),
		executor: (others) => ({
			execute(claimed, payload, told) {
				const { type } = claimed.row;
				const isIndex = options.indexing.types.includes(type);
				const own = types.handlerOf(type) === undefined ? others : runs.executor;
				return (isIndex ? indexers : own).execute(claimed, payload, told);
			},
			settled: (id, run) =>
				runs.isOurs(id, run) ? runs.executor.settled(id, run) : others.settled(id, run),
		}),
		requests: {
			list: hosts.list,
			add: hosts.add,
			remove: hosts.remove,
			restart: hosts.restart,
			async register(params, connection) {
				const standing = processes.of(connection.worker);
				standing?.assertMayRegister(params.types.map(({ type }) => type));
				const isBuiltIn = standing?.isBuiltIn === true;
				if (!isBuiltIn) {
					assertFunctions(params.types);
					await queue().writer.submit((tx) => types.put(params.types, tx.now));
					types.changed();
				}
				const worker = registry.add(connection, params, clock.monotonic(), isBuiltIn);
				standing?.registered(worker);
				connection.onClose(() => {
					registry.remove(worker, clock.now());
					standing?.disconnected();
					runs.lost(worker, standing?.ended);
					changed();
				});
				changed();
				return { prefetch: worker.prefetch };
			},
			async started({ runs: names }, connection) {
				return { runs: await runs.begin(workerOf(connection), names) };
			},
			async finish({ results }, connection) {
				const worker = workerOf(connection);
				for (const [i, end] of results.entries()) assertSmall(end, `results[${i}].result`);
				return { taken: await Promise.all(results.map((end) => runs.finish(worker, end))) };
			},
			progress({ progress, ...name }, connection) {
				const held = runs.of(workerOf(connection), name);
				if (held !== undefined) queue().dispatch.reportProgress(name.id, progress);
				return {};
			},
			async checkpoint({ checkpoint, ...name }, connection) {
				const json = JSON.stringify(checkpoint);
				assertCheckpoint(checkpoint, json);
				const held = runs.of(workerOf(connection), name);
				if (held !== undefined) await queue().dispatch.reportCheckpoint(name.id, name.run, json);
				return {};
			},
			async log({ text, ...name }, connection) {
				await runs.of(workerOf(connection), name)?.log.write(text);
				return {};
			},
			alive(connection) {
				workerOf(connection);
				return {};
			},
		},
	};
}

function assertFunctions(types: readonly { readonly type: string }[]): void {
	for (const [i, { type }] of types.entries()) {
		if (isFunctionType(type)) continue;
		throw new SemanticaError(
			'VALIDATION',
			`${type} cannot be registered: a type must have a dot, as in acme.embed, and not begin with "index.".`,
			{ path: `types[${i}].type` },
		);
	}
}

function assertCheckpoint(value: unknown, json: string): void {
	const bytes = Buffer.byteLength(json);
	if (bytes > LIMITS.checkpointBytes) {
		throw new SemanticaError(
			'TOO_LARGE',
			`The checkpoint has ${bytes} bytes; at most ${LIMITS.checkpointBytes} are kept. Write it to a file and name that.`,
			{ path: 'checkpoint' },
		);
	}
	if (depthWithin(value, LIMITS.payloadDepth)) return;
	throw new SemanticaError(
		'VALIDATION',
		`checkpoint does not fit: it may be nested ${LIMITS.payloadDepth} deep at most.`,
		{ path: 'checkpoint' },
	);
}

function assertSmall(end: object, path: string): void {
	const result = 'result' in end && end.result !== undefined ? JSON.stringify(end.result) : '';
	const bytes = Buffer.byteLength(result);
	if (bytes <= LIMITS.resultBytes) return;
	throw new SemanticaError(
		'TOO_LARGE',
		`The result has ${bytes} bytes; at most ${LIMITS.resultBytes} are kept. Write it to a file and name that.`,
		{ path },
	);
}
