/** Finding a running daemon: the state file names the endpoint, the token file holds the secret. */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, errorMessage, SemanticaError } from '../errors.ts';
import type { DataPaths } from '../paths.ts';
import type { StateFile } from '../protocol/requests.ts';

/** Beyond this who lets nobody in is stuck, or was stopped. */
const FULL_MS = 2000;
const AGAIN_MS = 50;
/** The last two are what Windows says of a file that is just being replaced. */
const ABSENT = /^(ENOENT|ENOTDIR|EPERM|EBUSY)$/;

/**
 * The state file's content, or undefined where no daemon has written one. It may be stale.
 * @throws SemanticaError SYSTEM where that cannot be told.
 */
export async function readStateFile(paths: DataPaths): Promise<StateFile | undefined> {
	try {
		const state: unknown = JSON.parse(await readFile(paths.stateFile, 'utf8'));
		// Builds that knew nothing of handover did not say when they were built.
		return isStateFile(state) ? { ...state, builtAt: state.builtAt ?? 0 } : undefined;
	} catch (error) {
		// Half-written is impossible (it is renamed into place).
		if (error instanceof SyntaxError || ABSENT.test(errorCode(error) ?? '')) return undefined;
		throw new SemanticaError(
			'SYSTEM',
			`Whether a Semantica daemon runs cannot be told: ${paths.stateFile} cannot be read (${errorMessage(error)}).`,
		);
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

/**
 * Resolves once the socket is connected; rejects with Node's error (ENOENT, ECONNREFUSED: nobody listens).
 * @throws SemanticaError SYSTEM where somebody listens and lets nobody in.
 */
export async function openSocket(endpoint: string): Promise<Socket> {
	const end = Date.now() + FULL_MS;
	for (;;) {
		try {
			return await connected(endpoint);
		} catch (error) {
			// As many wait as may.
			if (errorCode(error) !== 'EAGAIN') throw error;
			if (Date.now() >= end) throw full(endpoint);
		}
		// No event tells that there is room again.
		await delay(AGAIN_MS);
	}
}

function connected(endpoint: string): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect(endpoint);
		// Stays: a daemon that dies before the caller listens must not end the caller with an unhandled error.
		socket.on('error', reject);
		socket.once('connect', () => resolve(socket));
	});
}

function full(endpoint: string): SemanticaError {
	return new SemanticaError(
		'SYSTEM',
		`The Semantica daemon at ${endpoint} lets nobody in: too many wait for it already. ` +
			'Try again; if it stays so, its process was stopped, or hangs: end it.',
	);
}
