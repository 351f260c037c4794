/** What becomes of a run that a worker had, in the queue's words. */
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { FunctionEnd } from '../../shared/protocol/workers.ts';
import type { RunOutcome } from '../queue/ports/runs.ts';

/** By which index jobs say that another attempt would end the same. */
const FINAL_EXIT_CODE = 3;

export const INTERRUPTED: RunOutcome = { kind: 'interrupted' };
/** Its process is gone, and the run may be why. */
export const WORKER_DIED: RunOutcome = { kind: 'interrupted', workerDied: true };

/** As its process would have ended, had the job one of its own. */
export function exitOf(end: FunctionEnd): RunOutcome {
	if (end.outcome === 'interrupted') return INTERRUPTED;
	const final = end.outcome === 'failed' && end.final === true;
	const exitCode = end.outcome === 'succeeded' ? 0 : final ? FINAL_EXIT_CODE : 1;
	return { kind: 'exit', exitCode, signal: null, ...(final ? { final } : {}) };
}

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
			return {
				kind: 'function',
				succeeded: false,
				error: errorOf(end.error),
				...(end.final === true ? { final: true } : {}),
			};
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
