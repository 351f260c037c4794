/** A typed connection to the daemon for clients that are not an LSP client: the CLI, jobs, tests. */
import type { Socket } from 'node:net';
import { SemanticaError } from '../errors.ts';
import type { JobsChanged } from '../protocol/jobs.ts';
import type { LogChunk } from '../protocol/logs.ts';
import type { JobsEnded } from '../protocol/notify.ts';
import type { Method, ParamsInput, Result, ServerIdentity } from '../protocol/requests.ts';
import type { SchedulesChanged } from '../protocol/schedules.ts';
import type { HandedRun, StopNotice } from '../protocol/workers.ts';
import { RpcClient } from '../rpc/client.ts';
import { RpcError } from '../rpc/rpcError.ts';
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
	/** Rejects with the daemon's RpcError, or ConnectionClosed. The signal asks the daemon to give up. */
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

/** Speaks `initialize` over a connected socket. Rejects, and destroys the socket, when the daemon refuses. */
export async function connectOver(
	socket: Socket,
	identity: ClientIdentity,
): Promise<DaemonConnection> {
	const rpc = new RpcClient(socket, { lost: () => new ConnectionClosed() });
	try {
		const answer = (await rpc.request('initialize', {
			processId: null,
			rootUri: null,
			capabilities: {},
			initializationOptions: identity,
		})) as InitializeAnswer;
		return {
			server: serverIdentity(answer),
			request: (method, params, signal) => rpc.request(method, params, signal) as Promise<never>,
			onNotification: (name, listener) => {
				rpc.onNotification(name, listener as (params: unknown) => void);
			},
			take: (on) => {
				if (on) socket.resume();
				else socket.pause();
			},
			closed: rpc.closed,
			dispose: () => rpc.dispose(),
		};
	} catch (error) {
		rpc.dispose();
		throw error;
	}
}

export function isResponseError(
	error: unknown,
): error is RpcError<{ kind?: string; path?: string }> {
	return error instanceof RpcError;
}
