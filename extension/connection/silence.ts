/** A daemon that is there but does not answer: what is said of it, and how that is told from other errors. */
import { SemanticaError } from '../../shared/errors.ts';

export const NO_ANSWER =
	'The Semantica daemon does not answer. Try again, or run Semantica: Restart Daemon.';
export const NOT_READY =
	'The Semantica daemon is not ready yet. Try again in a moment, or run Semantica: Restart Daemon.';

export const silent = () =>
	new SemanticaError(
		'SYSTEM',
		'The Semantica daemon accepts connections but does not answer. Run Semantica: Restart Daemon.',
		{ silent: true },
	);

/** Whether the error says that a daemon is there but does not answer. */
export function isSilence(error: unknown): boolean {
	// What is loaded on demand has a class of that name of its own.
	return error instanceof Error && (error as Partial<SemanticaError>).data?.['silent'] === true;
}

/** The work's outcome, or after so many ms the sentence as an error of silence. */
export function withDeadline<T>(work: Promise<T>, ms: number, sentence: string): Promise<T> {
	return new Promise((resolve, reject) => {
		const late = () => reject(new SemanticaError('SYSTEM', sentence, { silent: true }));
		const timer = setTimeout(late, ms);
		work.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}
