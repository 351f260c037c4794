/** Connections to the daemon: to the one that runs, or to one started for the purpose. */
import type { BuildInfo } from '../../shared/build.ts';
import { connectOver, type DaemonConnection } from '../../shared/client/connection.ts';
import { openSocket, readToken } from '../../shared/client/endpoint.ts';
import { ensureDaemon, findDaemon } from '../../shared/client/launch.ts';
import { errorCode } from '../../shared/errors.ts';
import type { DataPaths } from '../../shared/paths.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';
import { CliError, EXIT } from './errors.ts';

/** All that is needed to find or start the daemon. */
export interface DaemonAccess {
	readonly paths: DataPaths;
	readonly distFolder: string;
	readonly build: BuildInfo;
	readonly execPath: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws CliError with exit code 3 when none runs. */
export async function connectToRunning(access: DaemonAccess): Promise<DaemonConnection> {
	const state = await findDaemon(access.paths);
	const connection = state === undefined ? undefined : await connectTo(state, access);
	if (connection === undefined) throw noDaemon(access.paths);
	return connection;
}

/** Connects, and starts a daemon first when none runs. */
export async function connectOrStart(access: DaemonAccess): Promise<DaemonConnection> {
	const first = await connectTo(await ensureDaemon(access), access);
	// A daemon that left between the two steps is followed by a new one; a second miss is a real problem.
	const connection = first ?? (await connectTo(await ensureDaemon(access), access));
	if (connection === undefined) throw noDaemon(access.paths);
	return connection;
}

async function connectTo(
	state: StateFile,
	{ paths, build }: DaemonAccess,
): Promise<DaemonConnection | undefined> {
	try {
		const token = await readToken(paths);
		const socket = await openSocket(state.endpoint);
		return await connectOver(socket, { token, client: 'cli', version: build.version });
	} catch (error) {
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
