/** A worker that does what a test tells it, over a connection of its own. */
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { ParamsInput } from '../../shared/protocol/requests.ts';
import type { HandedRun, StopNotice } from '../../shared/protocol/workers.ts';
import type { TestDaemon } from './daemon.ts';

export interface TestWorker {
	readonly connection: DaemonConnection;
	/** The next run that it is handed. */
	handed(): Promise<HandedRun>;
	/** The next word to stop one. */
	stopped(): Promise<StopNotice>;
	begin(...runs: HandedRun[]): Promise<string[]>;
	succeed(run: HandedRun, result?: unknown): Promise<boolean>;
	/** Resolves when what was asked before has reached the daemon. */
	flushed(): Promise<void>;
}

export async function startWorker(
	daemon: TestDaemon,
	...types: ParamsInput<'worker/register'>['types']
): Promise<TestWorker> {
	const connection = await daemon.connect('worker');
	const runs = createQueue<HandedRun>();
	const stops = createQueue<StopNotice>();
	connection.onNotification('worker/run', (message) => message.runs.forEach(runs.put));
	connection.onNotification('worker/stop', stops.put);
	await connection.request('worker/register', { name: 'test', types });
	return {
		connection,
		handed: runs.take,
		stopped: stops.take,
		async begin(...named) {
			const begun = await connection.request('worker/started', {
				runs: named.map(({ id, run }) => ({ id, run })),
			});
			return begun.runs.map(({ id }) => id);
		},
		async succeed({ id, run }, result = null) {
			const answer = await connection.request('worker/finish', {
				results: [{ id, run, outcome: 'succeeded', result: result as null }],
			});
			return answer.taken[0] === true;
		},
		async flushed() {
			// Requests are read in order.
			await connection.request('worker/alive', {});
		},
	};
}

function createQueue<T>() {
	const there: T[] = [];
	const waiting: ((value: T) => void)[] = [];
	return {
		put(value: T): void {
			const next = waiting.shift();
			if (next === undefined) there.push(value);
			else next(value);
		},
		take(): Promise<T> {
			const value = there.shift();
			if (value !== undefined) return Promise.resolve(value);
			return new Promise((resolve) => waiting.push(resolve));
		},
	};
}
