import { ERROR_CODES } from '../../shared/errors.ts';

/** Whether the daemon says that there is no such thing, or no longer. */
export const isNotFound = (error: unknown): boolean =>
	error instanceof Error && 'code' in error && error.code === ERROR_CODES.NOT_FOUND;
