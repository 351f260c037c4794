/** Errors on their way out: typed, with a path where there is one, and without anything secret. */
import { ResponseError } from 'vscode-jsonrpc/node';
import { ERROR_CODES, RPC_CODES, SemanticaError } from '../../shared/errors.ts';
import type { Refusal } from './refusal.ts';

/** What a schema refused, as an answer. */
export function invalidParams({ message, data }: Refusal): ResponseError<Refusal['data']> {
	return new ResponseError(RPC_CODES.invalidParams, message, data);
}

/** `report` gets the details of what was not foreseen; the client gets a sentence. */
export function toResponseError(
	error: unknown,
	report: (detail: string) => void,
): ResponseError<unknown> {
	if (error instanceof ResponseError) return error;
	if (error instanceof SemanticaError)
		return new ResponseError(error.code, error.message, error.data);
	report(error instanceof Error ? (error.stack ?? error.message) : String(error));
	return new ResponseError(
		ERROR_CODES.INTERNAL,
		'Semantica met an error of its own. The daemon log says more; the request was not carried out.',
		{ kind: 'INTERNAL' },
	);
}
