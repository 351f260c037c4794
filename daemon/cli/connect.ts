/** Connections to the daemon: to the one that runs, or to one started for the purpose. */
import { setTimeout as delay } from 'node:timers/promises';
import { type BuildInfo, isNewer } from '../../shared/build.ts';
import {
	type ClientIdentity,
	ConnectionClosed,
	connectOver,
	type DaemonConnection,
} from '../../shared/client/connection.ts';
import {
	askToMakeWay,
	findSuccessor,
	speaksOtherwise,
	takesOver,
} from '../../shared/client/handover.ts';
import { ensureDaemon, findDaemon } from '../../shared/client/launch.ts';
import { reachDaemon } from '../../shared/client/reach.ts';
import { errorCode, SemanticaError } from '../../shared/errors.ts';
import { outdatedError } from '../../shared/outdated.ts';
import type { DataPaths } from '../../shared/paths.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';
import { CliError, EXIT } from './errors.ts';
import { plural } from './render/format.ts';

/** All that is needed to find or start the daemon. */
export interface DaemonAccess {
	readonly paths: DataPaths;
	readonly distFolder: string;
	readonly build: BuildInfo;
	readonly execPath: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Set when a job calls: it speaks as itself, with its run's token, and what it enqueues are its children. */
	readonly caller?: { readonly jobId: string; readonly token: string } | undefined;
	/** The server of an AI tool, which may do little; else it is the command line. */
	readonly tool?: Pick<ClientIdentity, 'client' | 'root' | 'folders'>;
	/** Tells a person what happens beside what was asked for. */
	readonly notice: (sentence: string) => void;
}

/**
 * @param anyProtocol for what every daemon understands: `system/status` and `system/drain`.
 * @throws CliError with exit code 3 when none runs.
 */
export async function connectToRunning(
	access: DaemonAccess,
	{ anyProtocol = false } = {},
): Promise<DaemonConnection> {
	const state = await findDaemon(access.paths);
	const connection = state === undefined ? undefined : await connectTo(state, access);
	if (connection === undefined) throw noDaemon(access.paths);
	if (!anyProtocol) refuseOtherProtocol(connection, access);
	return connection;
}

/** One leaves, the next is asked to make way: that ends soon, or something is wrong. */
const MAX_TRIES = 5;

/** Connects, starts a daemon first when none runs, and has an older one make way for the newest build. */
export async function connectOrStart(access: DaemonAccess): Promise<DaemonConnection> {
	for (let tries = 1; tries <= MAX_TRIES; tries++) {
		const connection = await connectTo(await ensureDaemon(access), access);
		// It left between the two steps, and is followed by a new one.
		if (connection === undefined) continue;
		if (await madeWay(connection, access)) continue;
		refuseOtherProtocol(connection, access);
		return connection;
	}
	throw noDaemon(access.paths);
}

/** Beyond this a daemon in which nothing runs is not leaving, but stuck. */
const LEAVE_MS = 15_000;

/** Whether the daemon has left for its successor. Where jobs run in it they finish first, and it serves meanwhile. */
async function madeWay(connection: DaemonConnection, access: DaemonAccess): Promise<boolean> {
	// A job may not: its own daemon waits for it.
	if (access.caller !== undefined) return false;
	const { server } = connection;
	const successor = await findSuccessor(access, server).catch((error: unknown) => {
		if (!(error instanceof SemanticaError)) throw error;
		// It works as it is.
		access.notice(`The daemon stays at version ${server.version}. ${error.message}`);
		return undefined;
	});
	if (successor === undefined && server.stale === null) return false;
	const reason = successor === undefined ? 'its Node is gone' : takesOver(successor);
	const running = await askToMakeWay(
		(params) => connection.request('system/drain', params),
		reason,
	).catch((error: unknown) => {
		// It may leave before its answer does.
		if (error instanceof ConnectionClosed) return 0;
		throw error;
	});
	if (running > 0) {
		const jobs = plural(running, 'running job');
		access.notice(
			`${successor === undefined ? 'The daemon starts anew' : takesOver(successor)} once ${jobs} of the daemon ${server.version} ${running === 1 ? 'has' : 'have'} ended; ` +
				'what is enqueued meanwhile waits for it. To interrupt what runs: semantica daemon restart',
		);
		return false;
	}
	await Promise.race([connection.closed, delay(LEAVE_MS, undefined, { ref: false })]);
	connection.dispose();
	return true;
}

function refuseOtherProtocol(connection: DaemonConnection, { build }: DaemonAccess): void {
	const { server } = connection;
	if (!speaksOtherwise(server)) return;
	connection.dispose();
	if (isNewer(server, build)) throw outdatedError(build, server);
	throw new CliError(
		`The Semantica daemon is version ${server.version} and speaks an older protocol than this version ${build.version}. ` +
			'It makes way when what runs in it has ended. To interrupt that: semantica daemon restart',
	);
}

async function connectTo(
	state: StateFile,
	{ paths, build, execPath, caller, tool }: DaemonAccess,
): Promise<DaemonConnection | undefined> {
	try {
		const reached = await reachDaemon(paths, state);
		const token = caller?.token ?? reached.token;
		const { version } = build;
		return await connectOver(reached.socket, {
			token,
			version,
			execPath,
			...(tool === undefined ? { client: 'cli' } : { ...tool, role: 'tool' }),
		});
	} catch (error) {
		if (error instanceof ConnectionClosed) return undefined;
		if (errorCode(error) === 'ECONNREFUSED' || errorCode(error) === 'ENOENT') return undefined;
		throw error;
	}
}

export function noDaemon(paths: DataPaths): CliError {
	return new CliError(
		`No Semantica daemon is running for ${paths.home}. Start it with: semantica daemon start`,
		EXIT.noDaemon,
	);
}

/** Runs `work` over a connection and closes it, whatever happens. */
export async function using<T>(
	opening: Promise<DaemonConnection>,
	work: (connection: DaemonConnection) => Promise<T>,
): Promise<T> {
	const connection = await opening;
	try {
		return await work(connection);
	} finally {
		connection.dispose();
	}
}
