/** What becomes of a run that a worker had, in the queue's words. */
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { FunctionEnd } from '../../shared/protocol/workers.ts';
import type { RunOutcome } from '../queue/ports/runs.ts';

export const INTERRUPTED: RunOutcome = { kind: 'interrupted' };
/** Its process is gone, and the run may be why. */
export const WORKER_DIED: RunOutcome = { kind: 'interrupted', workerDied: true };

/** Of a run that nobody has. */
export const STILL = {
	stop() {},
	pause: () => Promise.resolve(false),
	resume: () => Promise.resolve(),
	note() {},
	answer() {},
};

export function outcomeOf(end: FunctionEnd): RunOutcome {
	switch (end.outcome) {
		case 'succeeded':
			return { kind: 'function', succeeded: true };
		case 'interrupted':
			return INTERRUPTED;
		case 'failed':
			return { kind: 'function', succeeded: false, error: errorOf(end.error) };
		case 'retry': {
			const { afterMs } = end;
			return { kind: 'function', succeeded: false, error: errorOf(end.error), afterMs };
		}
	}
}

const errorOf = (message: string) => ({ code: 'FUNCTION', message });

export function failureOf(error: unknown): RunOutcome {
	const message = errorMessage(error);
	if (error instanceof SemanticaError && error.kind === 'PAYLOAD_LOST') {
		return { kind: 'payload', message };
	}
	return { kind: 'spawn', code: error instanceof SemanticaError ? error.kind : 'SPAWN', message };
}
