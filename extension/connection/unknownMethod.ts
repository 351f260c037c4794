import { RPC_CODES } from '../../shared/errors.ts';

/** Whether the daemon is of an older build that knows no such request. */
export const isUnknownMethod = (error: unknown): boolean =>
	error instanceof Error && 'code' in error && error.code === RPC_CODES.methodNotFound;
