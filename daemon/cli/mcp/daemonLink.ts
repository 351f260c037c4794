/** The server's one connection to the daemon: opened by the first request, closed when nobody asks for a while. */
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
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
	/** One of one's own, to be disposed of by who asked. */
	open(): Promise<DaemonConnection>;
	/** Keeps the connection until it is called. */
	hold(): () => void;
}

export interface LinkDependencies {
	readonly connect: () => Promise<DaemonConnection>;
	readonly idleMs: number;
}

const TRIES = 3;
/** What a daemon that does not say it yet calls all of them. */
const EVERY_TOOL = 'mcp/';

export function createDaemonLink({ connect, idleMs }: LinkDependencies): DaemonLink {
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
			for (let tries = 1; ; tries++) {
				const opened = connection();
				try {
					return await work(await opened);
				} catch (error) {
					if (!(error instanceof ConnectionClosed) || tries === TRIES) throw error;
					// Of one whose daemon was killed it is known before `closed` tells.
					if (current === opened) current = undefined;
				}
			}
		} finally {
			release();
		}
	}

	return {
		request: (method, params, signal) => using((open) => open.request(method, params, signal)),
		origin: () => using(async ({ server }) => server.origin ?? EVERY_TOOL),
		open: connect,
		hold: use,
	};
}
