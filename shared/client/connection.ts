/** A typed connection to the daemon for clients that are not an LSP client: the CLI, jobs, tests. */
import type { Socket } from 'node:net';
import {
	type CancellationToken,
	CancellationTokenSource,
	ConnectionError,
	createMessageConnection,
	ErrorCodes,
	type Message,
	type MessageConnection,
	ResponseError,
	StreamMessageReader,
	StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { SemanticaError } from '../errors.ts';
import { parseExactly } from '../exactNumbers.ts';
import type { JobsChanged } from '../protocol/jobs.ts';
import type { LogChunk } from '../protocol/logs.ts';
import type { JobsEnded } from '../protocol/notify.ts';
import type { Method, ParamsInput, Result, ServerIdentity } from '../protocol/requests.ts';
import type { SchedulesChanged } from '../protocol/schedules.ts';
import type { HandedRun, StopNotice } from '../protocol/workers.ts';
import { type InitializeAnswer, serverIdentity } from './handover.ts';

export interface ClientIdentity {
	readonly token: string;
	readonly client: string;
	readonly version: string;
	readonly workspaceFolders?: readonly string[];
	/** The client's own Node, where it is one that a daemon can run on. */
	readonly execPath?: string;
	/** `tool`: an AI tool's server; `root` is where it was started, `folders` narrows what it may see. */
	readonly role?: 'tool';
	readonly root?: string;
	readonly folders?: readonly string[];
}

interface NotificationTypes {
	'jobs/changed': JobsChanged;
	'log/data': LogChunk;
	'schedules/changed': SchedulesChanged;
	'jobs/ended': JobsEnded;
	'worker/run': { readonly runs: readonly HandedRun[] };
	'worker/stop': StopNotice;
	'worker/ping': Record<string, never>;
}

export interface DaemonConnection {
	readonly server: ServerIdentity;
	/** Rejects with the daemon's ResponseError, or ConnectionClosed. The signal asks the daemon to give up. */
	request<M extends Method>(
		method: M,
		params: ParamsInput<M>,
		signal?: AbortSignal,
	): Promise<Result<M>>;
	onNotification<N extends keyof NotificationTypes>(
		name: N,
		listener: (params: NotificationTypes[N]) => void,
	): void;
	/** Whether what the daemon sends is taken; while it is not, the daemon holds it back, and drops us after 30 s. */
	take(on: boolean): void;
	/** Resolves when the connection has ended, from whichever side. */
	readonly closed: Promise<void>;
	dispose(): void;
}

/** The daemon left, or was killed, before it answered. What was asked may or may not have happened. */
export class ConnectionClosed extends SemanticaError {
	constructor() {
		super(
			'SYSTEM',
			'The connection to the Semantica daemon closed before it answered. Run the command again.',
		);
	}
}

/** Results of jobs may hold numbers that JSON.parse would round. */
const EXACT_JSON = {
	name: 'application/json',
	decode: async (bytes: Uint8Array) =>
		parseExactly(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Message,
};

/** Speaks `initialize` over a connected socket. Rejects, and destroys the socket, when the daemon refuses. */
export async function connectOver(
	socket: Socket,
	identity: ClientIdentity,
): Promise<DaemonConnection> {
	const rpc = createMessageConnection(
		new StreamMessageReader(socket, { contentTypeDecoder: EXACT_JSON }),
		new StreamMessageWriter(socket),
	);
	let markClosed: () => void = () => {};
	const closed = new Promise<void>((resolve) => {
		markClosed = resolve;
	});
	rpc.onClose(markClosed);
	rpc.onError(() => socket.destroy());
	socket.on('error', () => socket.destroy());
	rpc.listen();

	const request = createRequester(rpc, socket, closed);
	try {
		const answer = (await request('initialize', {
			processId: null,
			rootUri: null,
			capabilities: {},
			initializationOptions: identity,
		})) as InitializeAnswer;
		return {
			server: serverIdentity(answer),
			request: (method, params, signal) => request(method, params, signal) as Promise<never>,
			onNotification: (name, listener) => {
				rpc.onNotification(name, listener);
			},
			take: (on) => {
				if (on) socket.resume();
				else socket.pause();
			},
			closed,
			dispose: () => {
				rpc.dispose();
				socket.destroy();
				markClosed();
			},
		};
	} catch (error) {
		rpc.dispose();
		socket.destroy();
		throw error;
	}
}

// vscode-jsonrpc leaves requests hanging when the stream ends, so each races the close.
function createRequester(rpc: MessageConnection, socket: Socket, closed: Promise<void>) {
	const open = new Set<(error: unknown) => void>();
	void closed.then(() => {
		const error = new ConnectionClosed();
		for (const reject of open) reject(error);
		open.clear();
	});
	return (method: string, params: unknown, signal?: AbortSignal): Promise<unknown> =>
		new Promise((resolve, reject) => {
			open.add(reject);
			// Asked to send over a connection that has closed already, the library throws.
			const send = async () =>
				signal === undefined
					? rpc.sendRequest(method, params)
					: cancellable(signal, (token) => rpc.sendRequest(method, params, token));
			send()
				.then(resolve, (error: unknown) => {
					// A close that is met while writing shows as whatever the socket says then.
					const isOpen = socket.writable && !(error instanceof ConnectionError);
					reject(isAnswer(error) || isOpen ? error : new ConnectionClosed());
				})
				.finally(() => open.delete(reject));
		});
}

async function cancellable<T>(
	signal: AbortSignal,
	work: (token: CancellationToken) => Promise<T>,
): Promise<T> {
	signal.throwIfAborted();
	const source = new CancellationTokenSource();
	const cancel = () => source.cancel();
	signal.addEventListener('abort', cancel, { once: true });
	try {
		return await work(source.token);
	} finally {
		signal.removeEventListener('abort', cancel);
		source.dispose();
	}
}

/** The daemon's own word, not what the library makes of a broken stream. */
function isAnswer(error: unknown): boolean {
	if (!(error instanceof ResponseError)) return false;
	return error.code < ErrorCodes.MessageWriteError || error.code > ErrorCodes.ConnectionInactive;
}

export function isResponseError(
	error: unknown,
): error is ResponseError<{ kind?: string; path?: string } | undefined> {
	return error instanceof ResponseError;
}
