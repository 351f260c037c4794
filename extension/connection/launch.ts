/** One attempt to reach the daemon: find or launch it, connect, and read the token. Read when it is first needed. */
import { join } from 'node:path';
import { readBuildInfo } from '../../shared/build.ts';
import { findSuccessor, takesOver } from '../../shared/client/handover.ts';
import { ensureDaemon } from '../../shared/client/launch.ts';
import { reachDaemon } from '../../shared/client/reach.ts';
import { errorCode, SemanticaError } from '../../shared/errors.ts';
import { dataPaths } from '../../shared/paths.ts';
import type { ServerIdentity } from '../../shared/protocol/requests.ts';
import { SETTINGS } from '../contributions.ts';
import type { OpenedSocket } from './ports.ts';

export interface DaemonPlace {
	/** The data folder. */
	readonly home: string;
	readonly distFolder: string;
	readonly execPath: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws SemanticaError SYSTEM with a sentence a person can act on. */
export async function openDaemonSocket(place: DaemonPlace): Promise<OpenedSocket> {
	try {
		return await findOrLaunch(place);
	} catch (error) {
		if (!(error instanceof SemanticaError)) throw error;
		// What the command line names by its variable, a person changes by the setting here.
		const sentence = error.message.replaceAll(
			'SEMANTICA_HOME',
			`the setting ${SETTINGS.dataFolder.key}`,
		);
		throw new SemanticaError(error.kind, sentence, error.data);
	}
}

async function findOrLaunch(place: DaemonPlace): Promise<OpenedSocket> {
	requireNodeApi(process.versions);
	const paths = dataPaths(place.home);
	const build = readBuild(place.distFolder);
	for (let tries = 1; ; tries++) {
		const daemon = await ensureDaemon({
			paths,
			distFolder: place.distFolder,
			build,
			execPath: place.execPath,
			env: place.env,
		});
		try {
			return await reachDaemon(paths, daemon);
		} catch (error) {
			// It answered a moment ago and left since: the next round starts a new one.
			if (tries === 3) throw error;
		}
	}
}

/** Why this daemon is to make way for another; undefined: it stays. The build that follows it is staged by then. */
export async function reasonToMakeWay(
	{ home, distFolder }: Pick<DaemonPlace, 'home' | 'distFolder'>,
	server: ServerIdentity,
): Promise<string | undefined> {
	const source = { paths: dataPaths(home), distFolder, build: readBuild(distFolder) };
	const successor = await findSuccessor(source, server);
	if (successor !== undefined) return takesOver(successor);
	return server.stale === null ? undefined : 'its Node has been removed';
}

function readBuild(distFolder: string) {
	try {
		return readBuildInfo(distFolder);
	} catch (error) {
		throw new SemanticaError(
			'SYSTEM',
			`Semantica's installation is damaged: ${join(distFolder, 'build.json')} cannot be read (${errorCode(error) ?? 'not JSON'}). Reinstall the extension.`,
		);
	}
}

// Below Node-API 10 the daemon's SQLite crashes the process instead of throwing.
function requireNodeApi(versions: NodeJS.ProcessVersions): void {
	if (Number(versions.napi ?? 0) >= 10) return;
	throw new SemanticaError(
		'SYSTEM',
		`Semantica needs Node 22.15 or later, and this editor runs ${versions.node}. Update the editor.`,
	);
}
