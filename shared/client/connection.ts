/** A typed connection to the daemon for clients that are not an LSP client: the CLI, jobs, tests. */
import type { Socket } from 'node:net';
import {
	createMessageConnection,
	ErrorCodes,
	type MessageConnection,
	ResponseError,
	StreamMessageReader,
	StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { SemanticaError } from '../errors.ts';
import type { JobsChanged } from '../protocol/jobs.ts';
import type { LogChunk } from '../protocol/logs.ts';
import type { Method, ParamsInput, Result, ServerIdentity } from '../protocol/requests.ts';

export interface ClientIdentity {
	readonly token: string;
	readonly client: string;
	readonly version: string;
	readonly workspaceFolders?: readonly string[];
}

interface NotificationTypes {
	'jobs/changed': JobsChanged;
	'log/data': LogChunk;
}

export interface DaemonConnection {
	readonly server: ServerIdentity;
	/** Rejects with the daemon's ResponseError, or ConnectionClosed. */
	request<M extends Method>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
	onNotification<N extends keyof NotificationTypes>(
		name: N,
		listener: (params: NotificationTypes[N]) => void,
	): void;
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

/** Speaks `initialize` over a connected socket. Rejects, and destroys the socket, when the daemon refuses. */
export async function connectOver(
	socket: Socket,
	identity: ClientIdentity,
): Promise<DaemonConnection> {
	const rpc = createMessageConnection(
		new StreamMessageReader(socket),
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
		})) as { semantica: ServerIdentity };
		return {
			server: answer.semantica,
			request: (method, params) => request(method, params) as Promise<never>,
			onNotification: (name, listener) => {
				rpc.onNotification(name, listener);
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
	return (method: string, params: unknown): Promise<unknown> =>
		new Promise((resolve, reject) => {
			open.add(reject);
			rpc
				.sendRequest(method, params)
				.then(resolve, (error: unknown) => {
					// A close that is met while writing shows as whatever the socket says then.
					reject(isAnswer(error) || socket.writable ? error : new ConnectionClosed());
				})
				.finally(() => open.delete(reject));
		});
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
