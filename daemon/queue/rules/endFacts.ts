/** What the end of a run says for itself, for people and for the row. */
import type { StopReason } from '../../../shared/jobTerms.ts';
import type { RunOutcome } from '../ports/runs.ts';
import type { EndFacts } from './transitions.ts';

export interface RunSaid {
	readonly outcome: RunOutcome;
	/** JSON text of the job's own result, if it gave one. */
	readonly result?: string | undefined;
	readonly logBytes?: number | undefined;
	/** A sentence: what exactly it was stopped for. */
	readonly stopDetail?: string | undefined;
}

/** What is kept of the end of a run: how its process ended, and why in a sentence. */
export function factsOf(said: RunSaid, cause: StopReason | null): EndFacts {
	const { outcome, logBytes } = said;
	const common = {
		result: said.result ?? null,
		error: cause === null ? ownError(outcome, said.result) : stopError(cause, said.stopDetail),
		...(logBytes === undefined ? {} : { logBytes }),
	};
	switch (outcome.kind) {
		case 'exit': {
			const { exitCode, signal } = outcome;
			return { ...common, reason: cause ?? 'exit', exitCode, signal };
		}
		case 'signal':
			return { ...common, reason: cause ?? 'signal', signal: outcome.signal };
		case 'function':
			return { ...common, reason: cause ?? 'exit' };
		case 'unchanged':
			return { ...common, result: outcome.result, reason: cause ?? 'unchanged' };
		case 'spawn':
		case 'payload':
		case 'interrupted':
			return { ...common, reason: cause ?? outcome.kind };
	}
}

function ownError(outcome: RunOutcome, result: string | undefined): EndFacts['error'] {
	switch (outcome.kind) {
		case 'exit': {
			if (outcome.exitCode === 0) return undefined;
			const reason = reasonIn(result);
			if (reason !== undefined) return { code: 'EXIT', message: reason };
			const by = outcome.signal === null ? '' : ` (as after ${outcome.signal})`;
			const message = `The process ended with exit code ${outcome.exitCode}${by}. Its log says why.`;
			return { code: 'EXIT', message };
		}
		case 'function':
			return outcome.error;
		case 'signal':
			return { code: 'SIGNAL', message: `The process was ended by ${outcome.signal}.` };
		case 'spawn':
			return { code: outcome.code, message: outcome.message };
		case 'payload':
			return { code: 'PAYLOAD_LOST', message: outcome.message };
		case 'interrupted':
		case 'unchanged':
			return undefined;
	}
}

const REASON_LENGTH = 1000;

/** The sentence by which a job says itself why it failed: `error` of its result. */
function reasonIn(result: string | undefined): string | undefined {
	const value: unknown = result === undefined ? undefined : JSON.parse(result);
	if (typeof value !== 'object' || value === null || !('error' in value)) return undefined;
	const { error } = value;
	return typeof error === 'string' && error !== '' ? error.slice(0, REASON_LENGTH) : undefined;
}

// How a process ends that we stopped says nothing; somebody who cancelled knows why it ended.
function stopError(cause: StopReason, detail: string | undefined): EndFacts['error'] {
	if (cause === 'timeout') {
		return { code: 'TIMEOUT', message: 'The run took longer than its timeout and was stopped.' };
	}
	if (cause === 'memory') {
		const message = detail ?? 'The run held more memory than it may and was stopped.';
		return { code: 'MEMORY', message };
	}
	if (cause === 'ready') {
		return { code: 'READY', message: 'The run was not ready in time and was stopped.' };
	}
	if (cause === 'deadline') {
		const message = 'The deadline passed while the job ran, so it was stopped.';
		return { code: 'DEADLINE', message };
	}
	return undefined;
}
