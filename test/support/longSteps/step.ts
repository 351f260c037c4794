/** What could keep a daemon from answering others. Each is played by one client while another one pings. */
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { Counts } from '../../../shared/protocol/jobs.ts';

/** For a daemon of its own in which everything is paused; `size` is how many jobs it has to do with. */
export interface LongStep {
	readonly name: string;
	/** Not measured. */
	prepare(connection: DaemonConnection, size: number): Promise<void>;
	/** @throws AssertionError when the outcome is not the right one. */
	play(connection: DaemonConnection, size: number): Promise<void>;
}

/** Jobs to a request. */
export const BULK = 1000;
export const ALL = { tag: 'bench' };

const command = { command: '/bin/true', args: [], cwd: '/' };

export function job(title: string): JobSpecInput {
	return { type: 'command', title, command, ...ALL };
}

export async function enqueueAll(
	connection: DaemonConnection,
	jobs: readonly JobSpecInput[],
): Promise<string[]> {
	const answer = await connection.request('job/enqueue', { jobs: [...jobs] });
	return answer.jobs.map(({ id }) => id);
}

export async function addMany(
	connection: DaemonConnection,
	size: number,
	make: (n: number) => JobSpecInput,
): Promise<string[]> {
	const ids: string[] = [];
	for (let from = 0; from < size; from += BULK) {
		const count = Math.min(BULK, size - from);
		const jobs = Array.from({ length: count }, (_, n) => make(from + n));
		ids.push(...(await enqueueAll(connection, jobs)));
	}
	return ids;
}

/** Resolves when the daemon tells counts that are as asked. */
export async function counted(
	connection: DaemonConnection,
	asked: (counts: Counts) => boolean,
): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const look = (counts: Counts) => {
			if (asked(counts)) resolve();
		};
		connection.onNotification('jobs/changed', ({ counts }) => look(counts));
		connection.request('jobs/subscribe', {}).then(({ counts }) => look(counts), reject);
	});
}

export async function letRun(connection: DaemonConnection, atOnce: number): Promise<void> {
	await connection.request('queue/update', { name: 'default', concurrency: atOnce });
	await connection.request('queue/update', { name: '*', concurrency: atOnce, paused: false });
}
