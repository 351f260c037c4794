/** What a link needs of the editor, of the disk, and of an RPC library. */
import type { Socket } from 'node:net';
import type { BuildStamp } from '../../shared/build.ts';
import type { ServerIdentity } from '../../shared/protocol/requests.ts';
import type { Signal } from '../lifetime.ts';

export interface OpenedSocket {
	readonly socket: Socket;
	readonly token: string;
}

/** What the link asks of an RPC client. One client lives through all reconnections until a stop. */
export interface RpcClient {
	start(): void;
	/** Rejects with the hooks' `lost` error when the connection closes before the answer. */
	request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown>;
	/** Leaves the daemon politely; never rejects. */
	stop(): Promise<void>;
}

export interface RpcClientHooks {
	/** The next connected socket. Never rejects: it retries, or waits for a person. */
	open(): Promise<OpenedSocket>;
	ready(server: ServerIdentity): void;
	/** The daemon answered `initialize` with an error. */
	refused(error: Error): void;
	closed(): void;
	/** The error that says a request was not answered because the connection closed. */
	lost(method: string): Error;
	notified(method: string, params: unknown): void;
}

export interface LinkPorts {
	/** Finds or launches the daemon and connects. Rejects with a sentence. */
	open(): Promise<OpenedSocket>;
	/** Connects to a daemon that runs already, and launches none. */
	openRunning(): Promise<OpenedSocket | undefined>;
	/** Whether no daemon is there because a person has stopped it. */
	stoppedByPerson(): boolean;
	createClient(hooks: RpcClientHooks): Promise<RpcClient>;
	/** This window's build; undefined where its installation cannot be read. */
	build(): BuildStamp | undefined;
	/** Why the daemon is to make way for another, in a few words; undefined: it stays. */
	successor(server: ServerIdentity): Promise<string | undefined>;
	/** Why nothing may run here (Restricted Mode), or undefined. */
	refusal(): Error | undefined;
	readonly notifications: Signal<{ readonly method: string; readonly params: unknown }>;
	readonly log: (message: string) => void;
	readonly random?: () => number;
	readonly handshakeMs?: number;
}
