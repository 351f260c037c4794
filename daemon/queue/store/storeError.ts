/** What SQLite says when it would not take a change. */
import { errorCode, errorMessage, SemanticaError } from '../../../shared/errors.ts';

/** It is the disk that refuses, not what was asked. */
export function isDiskError(error: unknown): boolean {
	return /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(errorCode(error) ?? '');
}

export function isFull(error: unknown): boolean {
	return error instanceof SemanticaError && error.data['sqlite'] === 'SQLITE_FULL';
}

export function storeError(error: unknown): SemanticaError {
	const full = errorCode(error) === 'SQLITE_FULL';
	return new SemanticaError(
		'STORE',
		full
			? 'The disk that holds the Semantica data folder is full, so nothing was saved. Free space and try again.'
			: `The job database refused the change, so nothing was saved (${errorMessage(error)}). Try again; run "semantica status" if it persists.`,
		{ sqlite: errorCode(error) ?? 'unknown' },
	);
}
