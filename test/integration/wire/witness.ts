/** An honest client beside the hostile ones: it must be served all the time, and quickly. */
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { TestDaemon } from '../../support/daemon.ts';

export interface Witness {
	/** Stops asking; resolves with how long each answer took, ms. */
	stop(): Promise<number[]>;
}

/** Asks one thing after another until it is stopped. A failed request fails `stop`. */
export function startWitness(connection: DaemonConnection): Witness {
	let going = true;
	const latencies: number[] = [];
	async function ask(): Promise<void> {
		for (let n = 0; going; n++) {
			const began = performance.now();
			if (n % 2 === 0) await connection.request('queue/list', {});
			else {
				const { jobs } = await connection.request('job/enqueue', {
					jobs: [{ type: 'command', command: { command: 'true' }, runAt: 4_000_000_000_000 }],
				});
				await connection.request('job/cancel', { ids: jobs.map((job) => job.id) });
			}
			latencies.push(performance.now() - began);
		}
	}
	const asking = ask();
	// Told to whoever stops it, not to Node as unhandled.
	asking.catch(() => {});
	return {
		async stop() {
			going = false;
			await asking;
			return latencies;
		},
	};
}

export function median(values: readonly number[]): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export async function rssBytes(daemon: TestDaemon): Promise<number> {
	const connection = await daemon.connect();
	const { memory } = await connection.request('system/status', {});
	connection.dispose();
	return memory.rssBytes;
}
