/** Runs on their way to workers: those that are handed over together go together. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LIMITS } from '../../shared/jobTerms.ts';
import type { HandedRun } from '../../shared/protocol/workers.ts';
import type { Worker } from './registry.ts';

/** From here on the payload is a file that the worker reads itself. */
export const IN_MESSAGE_BYTES = 10_000;
/** Beside its payload. */
const RUN_BYTES = 500;
const MESSAGE_BYTES = 2 * 1024 * 1024;

export interface Outgoing {
	send(worker: Worker, run: HandedRun): void;
	/** It is gone. */
	forget(worker: Worker): void;
}

/** @param isStill Whether it has not been stopped meanwhile. */
export function createOutgoing(isStill: (worker: Worker, run: HandedRun) => boolean): Outgoing {
	const outgoing = new Map<Worker, HandedRun[]>();

	function flush(worker: Worker): void {
		const waiting = outgoing.get(worker) ?? [];
		outgoing.delete(worker);
		let [part, bytes]: [HandedRun[], number] = [[], 0];
		for (const run of waiting) {
			if (!isStill(worker, run)) continue;
			part.push(run);
			bytes += RUN_BYTES + (run.payload === undefined ? 0 : IN_MESSAGE_BYTES);
			if (run.checkpoint !== undefined) bytes += LIMITS.checkpointBytes;
			if (bytes < MESSAGE_BYTES) continue;
			worker.connection.notify('worker/run', { runs: part });
			[part, bytes] = [[], 0];
		}
		if (part.length > 0) worker.connection.notify('worker/run', { runs: part });
	}

	return {
		send(worker, run) {
			const waiting = outgoing.get(worker);
			if (waiting !== undefined) {
				waiting.push(run);
				return;
			}
			outgoing.set(worker, [run]);
			void nextTurn().then(() => flush(worker));
		},
		forget: (worker) => void outgoing.delete(worker),
	};
}
