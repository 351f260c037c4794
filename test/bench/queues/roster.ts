/** Who is measured beside whom, with which server and settings. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext } from '../daemon.ts';
import type { Server } from './bound.ts';
import { startPostgres } from './postgresServer.ts';
import { type AppendFsync, startRedis } from './redisServer.ts';
import { type Remote, startRemote } from './remote.ts';
import type { SystemName } from './system.ts';

export interface Contender {
	readonly label: string;
	readonly system: SystemName;
	readonly tuned: boolean;
	/** Starts one job per worker and polling interval only: there is less to be measured in the same time. */
	readonly paced?: { readonly everyMs: number };
	/** Only these tasks; all when absent. */
	readonly only?: 'drain' | 'work';
	/** Resolves with nothing where the system has no server. */
	start(context: BenchContext): Promise<Server | undefined>;
}

const daemon =
	(settings: object) =>
	async (context: BenchContext): Promise<Server> => {
		const { process, paths, kill } = await context.startDaemon([], settings);
		return { pid: process.pid, endpoint: paths.home, stop: kill };
	};

const redis = (fsync: AppendFsync) => (context: BenchContext) =>
	startRedis(context.folder(), fsync);

async function postgres(context: BenchContext): Promise<Server> {
	const outer = context.folder();
	// Its server runs as somebody else.
	chmodSync(outer, 0o755);
	const folder = join(outer, 'pg');
	mkdirSync(folder);
	return startPostgres(folder);
}

export const SEMANTICA: Contender = {
	label: 'Semantica',
	system: 'semantica',
	tuned: true,
	start: daemon({}),
};

export const ENGINE: Contender = {
	label: 'Semantica, engine only',
	system: 'engine',
	tuned: true,
	only: 'drain',
	start: async () => undefined,
};

/** A worker in the client's process, as the others have theirs. */
export const FUNCTIONS: readonly Contender[] = [
	{
		label: 'Semantica, functions',
		system: 'semantica-functions',
		tuned: false,
		only: 'work',
		start: daemon({}),
	},
	{
		label: 'Semantica, functions, tuned',
		system: 'semantica-functions',
		tuned: true,
		only: 'work',
		start: daemon({ maxFunctions: 1000 }),
	},
];

export const ALTERNATIVES: readonly Contender[] = [
	{ label: 'BullMQ, defaults', system: 'bullmq', tuned: false, start: redis('always') },
	{ label: 'BullMQ, tuned', system: 'bullmq', tuned: true, start: redis('always') },
	{
		label: 'BullMQ, tuned, fsync each second',
		system: 'bullmq',
		tuned: true,
		start: redis('everysec'),
	},
	{
		label: 'graphile-worker, defaults',
		system: 'graphile-worker',
		tuned: false,
		start: postgres,
	},
	{ label: 'graphile-worker, tuned', system: 'graphile-worker', tuned: true, start: postgres },
	{
		label: 'pg-boss, defaults',
		system: 'pg-boss',
		tuned: false,
		paced: { everyMs: 2000 },
		start: postgres,
	},
	{ label: 'pg-boss, tuned', system: 'pg-boss', tuned: true, start: postgres },
];

/** The queue that several machines share, beside those that are on a PostgreSQL of the same kind. */
export const ON_POSTGRES: readonly Contender[] = [
	{ label: 'Semantica, shared queue', system: 'shared-queue', tuned: true, start: postgres },
	{ label: 'graphile-worker, tuned', system: 'graphile-worker', tuned: true, start: postgres },
	{ label: 'pg-boss, tuned', system: 'pg-boss', tuned: true, start: postgres },
	{ label: 'BullMQ on PostgreSQL, tuned', system: 'bullmq-postgres', tuned: true, start: postgres },
];

/** A contender with a server and a client of its own. */
export interface Running {
	readonly remote: Remote;
	readonly serverPid: number | undefined;
}

/** A PostgreSQL alone, by the folder of its socket. */
export async function withPostgres<T>(
	context: BenchContext,
	use: (folder: string) => Promise<T>,
): Promise<T> {
	const server = await postgres(context);
	try {
		return await use(server.endpoint);
	} finally {
		await server.stop();
	}
}

/** Both are ended when `use` has. */
export async function withContender<T>(
	context: BenchContext,
	{ system, tuned, start }: Contender,
	use: (running: Running) => Promise<T>,
): Promise<T> {
	const server = await start(context);
	try {
		const endpoint = server?.endpoint ?? context.folder();
		const remote = await startRemote({ system, tuned, endpoint, serverPid: server?.pid });
		try {
			const used = use({ remote, serverPid: server?.pid });
			return await (server?.lost === undefined ? used : Promise.race([used, server.lost]));
		} finally {
			await remote.end();
		}
	} finally {
		await server?.stop();
	}
}
