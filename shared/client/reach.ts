/** The way to a daemon that was found: nothing secret is said before it is known to be ours. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { errorCode, errorMessage, SemanticaError } from '../errors.ts';
import type { DataPaths } from '../paths.ts';
import { isProof, PROVE } from '../proof.ts';
import type { StateFile } from '../protocol/requests.ts';
import { isOwnSocketFolder } from '../trust.ts';
import { ConnectionClosed } from './connection.ts';
import { openSocket, readToken } from './endpoint.ts';

export interface ReachedDaemon {
	readonly socket: Socket;
	/** The data folder's. */
	readonly token: string;
}

/** It answers at once, or is not one of ours. */
const ANSWER_MS = 10_000;
/** A daemon that says nothing for this long is busy, or was stopped; one that is gone has been told apart by then. */
const SILENT_MS = 2000;
const MAX_ANSWER_BYTES = 4096;
/** By these the system says that nobody listens there, or that who did has gone just now. */
const ABSENT = /^(ENOENT|ECONNREFUSED|ENOTSOCK|ENOTDIR|ECONNRESET|EPIPE)$/;

/**
 * Whether a socket there can be ours alone. Inside the data folder it is, once that was looked at; a folder in /tmp
 * that was cleared away may have been made anew by anybody.
 */
export function mayBeOurs({ run }: Pick<DataPaths, 'run'>, endpoint: string): boolean {
	const folder = dirname(endpoint);
	return process.platform === 'win32' || folder === run || isOwnSocketFolder(folder);
}

/**
 * Whether a daemon lives behind the endpoint, be it silent. That something accepts does not tell: the child that a
 * daemon was just making when it was killed has its sockets too, until it becomes another program.
 * @throws SemanticaError SYSTEM where that cannot be told, as without a descriptor left.
 */
export async function isServed({ endpoint, proves }: StateFile): Promise<boolean> {
	let socket: Socket;
	try {
		socket = await openSocket(endpoint);
	} catch (error) {
		if (ABSENT.test(errorCode(error) ?? '')) return false;
		// It lets nobody in, but lives.
		if (error instanceof SemanticaError) return true;
		throw new SemanticaError(
			'SYSTEM',
			`Whether a Semantica daemon runs cannot be told: ${errorMessage(error)}. Try again.`,
		);
	}
	try {
		return proves !== true || (await ask(socket, prove(), SILENT_MS)) !== 'closed';
	} finally {
		socket.destroy();
	}
}

/** @throws as openProven, and where the token cannot be read. */
export async function reachDaemon(paths: TokenPlace, state: StateFile): Promise<ReachedDaemon> {
	const token = await readToken(paths);
	return { socket: await openProven(paths, state), token };
}

type TokenPlace = Pick<DataPaths, 'run' | 'tokenFile'>;

/**
 * Connects, and lets the daemon prove itself where its endpoint is not inside the data folder. The caller has
 * looked at the folder (assertOwnFolder).
 * @throws SemanticaError UNAUTHORIZED where somebody else answers; Node's error where nobody listens, ConnectionClosed
 * where who did leaves without a word, as a daemon that is killed just then.
 */
export async function openProven(paths: TokenPlace, state: StateFile): Promise<Socket> {
	const { endpoint } = state;
	if (!mayBeOurs(paths, endpoint)) throw stranger(endpoint);
	const socket = await openSocket(endpoint);
	// What a trusted file does not promise is not asked for: daemons before this one knew no proof.
	if (state.proves !== true || dirname(endpoint) === paths.run) return socket;
	try {
		const token = await readToken(paths);
		const question = prove();
		const answer = await ask(socket, question, ANSWER_MS);
		if (answer === 'closed') throw new ConnectionClosed();
		const given = typeof answer === 'string' ? undefined : answer.result?.['proof'];
		if (!isProof(given, token, endpoint, question.params.nonce)) throw stranger(endpoint);
		return socket;
	} catch (error) {
		socket.destroy();
		throw error;
	}
}

function stranger(endpoint: string): SemanticaError {
	return new SemanticaError(
		'UNAUTHORIZED',
		`What answers at ${endpoint} is not the Semantica daemon of this data folder, so it was told nothing. ` +
			'Try again; if it stays so, find out who listens there.',
	);
}

interface Answer {
	readonly result?: Readonly<Record<string, unknown>>;
}

const prove = () => ({ method: PROVE, params: { nonce: randomBytes(32).toString('hex') } });

/** One question by hand: the socket then goes, as if untouched, to whatever library speaks over it. */
function ask(
	socket: Socket,
	question: { readonly method: string; readonly params: object },
	withinMs: number,
): Promise<Answer | 'closed' | 'silent'> {
	return new Promise((resolve) => {
		// Since it was opened: that is told only once.
		if (socket.destroyed) return resolve('closed');
		let received = Buffer.alloc(0);
		const settle = (answer: Answer | 'closed' | 'silent') => {
			clearTimeout(timer);
			socket.off('data', onData).off('close', onClose);
			resolve(answer);
		};
		const onData = (chunk: Buffer) => {
			received = Buffer.concat([received, chunk]);
			const answer = received.length > MAX_ANSWER_BYTES ? {} : answerIn(received);
			if (answer !== undefined) settle(answer);
		};
		const onClose = () => settle('closed');
		const timer = setTimeout(() => settle('silent'), withinMs);
		socket.on('data', onData).on('close', onClose);
		const text = JSON.stringify({ jsonrpc: '2.0', id: 0, ...question });
		socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
	});
}

/** The message, once it is whole; an empty one where it is none. */
function answerIn(received: Buffer): Answer | undefined {
	const end = received.indexOf('\r\n\r\n');
	if (end < 0) return undefined;
	const head = received.toString('latin1', 0, end);
	const length = Number(/^Content-Length: *(\d+)/im.exec(head)?.[1]);
	if (received.length < end + 4 + length) return undefined;
	try {
		return JSON.parse(received.toString('utf8', end + 4, end + 4 + length)) ?? {};
	} catch {
		return {};
	}
}
