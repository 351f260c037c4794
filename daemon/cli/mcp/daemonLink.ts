/** The server's one connection to the daemon: opened by the first request, closed when nobody asks for a while. */
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import type { Method, ParamsInput, Result } from '../../../shared/protocol/requests.ts';

export interface DaemonLink {
	/**
	 * Asked again over a new connection where the daemon leaves before it answers: what is enqueued must have a key.
	 * Rejects with the daemon's error, or what the signal was aborted with.
	 */
	request<M extends Method>(
		method: M,
		params: ParamsInput<M>,
		signal?: AbortSignal,
	): Promise<Result<M>>;
	/** What the daemon calls those that this server's jobs are asked for by. */
	origin(): Promise<string>;
	/** Over a connection of its own, which ends with the work; begun anew where the daemon leaves, as a request is. */
	own<T>(work: (connection: DaemonConnection) => Promise<T>): Promise<T>;
	/** Keeps the connection until it is called. */
	hold(): () => void;
}

export interface LinkDependencies {
	readonly connect: () => Promise<DaemonConnection>;
	readonly idleMs: number;
	/** Whether a person has stopped the daemon: what was asked of it is not asked of another one then. */
	readonly isStopped: () => boolean;
}

const TRIES = 3;
const STOPPED =
	'A person has stopped the Semantica daemon. Jobs are kept, and what waits goes on when it runs again; the next call starts it.';
/** What a daemon that does not say it yet calls all of them. */
const EVERY_TOOL = 'mcp/';

export function createDaemonLink({ connect, idleMs, isStopped }: LinkDependencies): DaemonLink {
	let current: Promise<DaemonConnection> | undefined;
	let users = 0;
	let idle: NodeJS.Timeout | undefined;

	function connection(): Promise<DaemonConnection> {
		if (current !== undefined) return current;
		const opened = connect();
		current = opened;
		const forget = () => {
			if (current === opened) current = undefined;
		};
		opened.then(({ closed }) => closed.then(forget), forget);
		return opened;
	}

	function use(): () => void {
		clearTimeout(idle);
		users++;
		let over = false;
		return () => {
			if (over) return;
			over = true;
			if (--users > 0) return;
			idle = setTimeout(() => {
				current?.then((open) => open.dispose()).catch(() => {});
			}, idleMs).unref();
		};
	}

	async function using<T>(work: (open: DaemonConnection) => Promise<T>): Promise<T> {
		const release = use();
		try {
			return await tried(async () => {
				const opened = connection();
				try {
					return await work(await opened);
				} catch (error) {
					// Of one whose daemon was killed it is known before `closed` tells.
					if (error instanceof ConnectionClosed && current === opened) current = undefined;
					throw error;
				}
			});
		} finally {
			release();
		}
	}

	async function tried<T>(work: () => Promise<T>): Promise<T> {
		for (let tries = 1; ; tries++) {
			try {
				return await work();
			} catch (error) {
				if (!(error instanceof ConnectionClosed) || tries === TRIES) throw error;
				if (isStopped()) throw new SemanticaError('SYSTEM', STOPPED);
			}
		}
	}

	async function own<T>(work: (open: DaemonConnection) => Promise<T>): Promise<T> {
		const open = await connect();
		try {
			return await work(open);
		} finally {
			open.dispose();
		}
	}

	return {
		request: (method, params, signal) => using((open) => open.request(method, params, signal)),
		origin: () => using(async ({ server }) => server.origin ?? EVERY_TOOL),
		own: (work) => tried(() => own(work)),
		hold: use,
	};
}
