/** Errors on their way out: typed, with a path where there is one, and without anything secret. */
import { ERROR_CODES, RPC_CODES, SemanticaError } from '../../shared/errors.ts';
import { RpcError } from '../../shared/rpc/rpcError.ts';
import type { Refusal } from './refusal.ts';

/** What a schema refused, as an answer. */
export function invalidParams({ message, data }: Refusal): RpcError<Refusal['data']> {
	return new RpcError(RPC_CODES.invalidParams, message, data);
}

/** Of a request that its client gave up. */
export function cancelled(): RpcError<undefined> {
	return new RpcError(RPC_CODES.requestCancelled, 'The request was cancelled.');
}

/** `report` gets the details of what was not foreseen; the client gets a sentence. */
export function toRpcError(error: unknown, report: (detail: string) => void): RpcError<unknown> {
	if (error instanceof RpcError) return error;
	if (error instanceof SemanticaError) return new RpcError(error.code, error.message, error.data);
	report(error instanceof Error ? (error.stack ?? error.message) : String(error));
	return new RpcError(
		ERROR_CODES.INTERNAL,
		'Semantica met an error of its own. The daemon log says more; the request was not carried out.',
		{ kind: 'INTERNAL' },
	);
}
