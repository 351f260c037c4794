/** Finding a running daemon: the state file names the endpoint, the token file holds the secret. */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { errorCode } from '../errors.ts';
import type { DataPaths } from '../paths.ts';
import type { StateFile } from '../protocol/requests.ts';

/** The state file's content, or undefined where no daemon has written one. It may be stale. */
export async function readStateFile(paths: DataPaths): Promise<StateFile | undefined> {
	try {
		const state: unknown = JSON.parse(await readFile(paths.stateFile, 'utf8'));
		// Builds that knew nothing of handover did not say when they were built.
		return isStateFile(state) ? { ...state, builtAt: state.builtAt ?? 0 } : undefined;
	} catch (error) {
		// Half-written is impossible (it is renamed into place); absent or unreadable means no daemon for us.
		if (errorCode(error) !== undefined || error instanceof SyntaxError) return undefined;
		throw error;
	}
}

// By hand rather than by schema: the extension reads this at start and should not load a validator for it.
function isStateFile(value: unknown): value is StateFile {
	if (typeof value !== 'object' || value === null) return false;
	const state = value as Record<string, unknown>;
	return (
		typeof state['pid'] === 'number' &&
		typeof state['protocol'] === 'number' &&
		typeof state['startedAt'] === 'number' &&
		typeof state['endpoint'] === 'string' &&
		typeof state['version'] === 'string' &&
		typeof state['buildId'] === 'string' &&
		typeof state['instance'] === 'string'
	);
}

export async function readToken(paths: Pick<DataPaths, 'tokenFile'>): Promise<string> {
	return (await readFile(paths.tokenFile, 'utf8')).trim();
}

/** Resolves once the socket is connected; rejects with Node's error (ENOENT, ECONNREFUSED: nobody listens). */
export function openSocket(endpoint: string): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect(endpoint);
		// Stays: a daemon that dies before the caller listens must not end the caller with an unhandled error.
		socket.on('error', reject);
		socket.once('connect', () => resolve(socket));
	});
}
