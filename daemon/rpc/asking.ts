/** Who asks, and who answers. */
import type { Method, Params, Result } from '../../shared/protocol/requests.ts';
import type { RequestSignal } from './openRequests.ts';
import type { JobIdentity, WorkerIdentity } from './tokens.ts';
import type { ToolScope } from './tools.ts';

/** What a handler sees of the connection that asks. */
export interface Session {
	/** Set when a job's own run speaks, which may do little. */
	readonly job: JobIdentity | undefined;
	/** Set when the process of a worker speaks that this daemon started. */
	readonly worker: WorkerIdentity | undefined;
	/** Set when an AI tool's server speaks, which may do little and sees its folders only. */
	readonly tool: ToolScope | undefined;
	/** What jobs that it enqueues say of who asked. */
	readonly origin: string;
	/** It is a worker of this name from now on. */
	works(name: string): void;
	notify(method: string, params: unknown): void;
	/** Bytes that the client has not taken yet. */
	readonly backlog: number;
	/** Resolves when the client has taken everything, or has gone. */
	drained(): Promise<void>;
	/** Calls it once, also when the connection is closed already. Returns how to forget it. */
	onClose(callback: () => void): () => void;
	/** Drops a client that does not keep up. */
	drop(why: string): void;
}

export type Handlers = {
	readonly [M in Method]?: (
		params: Params<M>,
		session: Session,
		signal: RequestSignal,
	) => Result<M> | Promise<Result<M>>;
};
