/** The way from a program to the daemon of its data folder, which is started where none runs. */
import { isNewer, readBuildInfo } from '../shared/build.ts';
import {
	ConnectionClosed,
	connectOver,
	type DaemonConnection,
} from '../shared/client/connection.ts';
import { speaksOtherwise } from '../shared/client/handover.ts';
import { ensureDaemon } from '../shared/client/launch.ts';
import { reachDaemon } from '../shared/client/reach.ts';
import { errorCode, SemanticaError } from '../shared/errors.ts';
import { outdatedError } from '../shared/outdated.ts';
import { dataFolder, dataPaths } from '../shared/paths.ts';
import { wasStoppedByPerson } from '../shared/stopped.ts';

const START_WITHIN_MS = 30_000;

export interface Reach {
	readonly client: string;
	readonly home: string | undefined;
	/** Where the bundles of this build stand. */
	readonly distFolder: string;
	/** Of a run, to speak as that; else the data folder's, and inside of a command's run its own. */
	readonly token?: string;
}

/** What a daemon that died between being found and answering shows as. */
const GONE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE']);

/** Whether none runs because a person stopped it: no program starts another one unasked. */
export const isStopped = ({ home }: Reach): boolean =>
	wasStoppedByPerson(dataPaths(home ?? dataFolder(process.env)));

/** @throws SemanticaError SYSTEM where none can be reached or started, or it speaks another protocol. */
export async function openConnection(reach: Reach): Promise<DaemonConnection> {
	try {
		return await open(reach);
	} catch (error) {
		const gone = error instanceof ConnectionClosed || GONE.has(errorCode(error) ?? '');
		if (!gone) throw error;
		return open(reach);
	}
}

async function open({ client, home, distFolder, token: given }: Reach): Promise<DaemonConnection> {
	const { env, execPath } = process;
	const paths = dataPaths(home ?? dataFolder(env));
	const build = readBuildInfo(distFolder);
	const launch = { paths, distFolder, build, execPath, env, timeoutMs: START_WITHIN_MS };
	const state = await ensureDaemon(launch);
	const { socket, token } = await reachDaemon(paths, state);
	// A job speaks as itself: what it enqueues are its children.
	const { SEMANTICA_JOB_ID: job, SEMANTICA_TOKEN: own, SEMANTICA_WORKER_TOKEN: worker } = env;
	const identity = { client, version: build.version, execPath };
	// A worker that the daemon started speaks as that.
	const asOwn = job && own ? own : worker || undefined;
	const connection = await connectOver(socket, { ...identity, token: given ?? asOwn ?? token });
	if (speaksOtherwise(connection.server)) {
		connection.dispose();
		if (isNewer(connection.server, build)) throw outdatedError(build, connection.server);
		throw new SemanticaError(
			'SYSTEM',
			`The Semantica daemon that runs (${connection.server.version}) is older than this client (${build.version}) and speaks another protocol. Restart it with: semantica daemon restart`,
		);
	}
	return connection;
}
