/** Errors on their way out: typed, with a path where there is one, and without anything secret. */
import { ResponseError } from 'vscode-jsonrpc/node';
import type * as z from 'zod';
import { ERROR_CODES, RPC_CODES, SemanticaError } from '../../shared/errors.ts';

/** What a schema refused: the first problem, by path, as in `jobs[17].priority`. */
export function invalidParams(error: z.ZodError): ResponseError<{ path: string; message: string }> {
	const issue = deepest(error.issues[0]);
	const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
	const path = formatPath([...(issue?.path ?? []), ...keys]);
	const message =
		issue?.code === 'unrecognized_keys'
			? 'is not a known field'
			: (issue?.message ?? 'is not valid');
	return new ResponseError(
		RPC_CODES.invalidParams,
		path === '' ? `The parameters are not valid: ${message}.` : `${path}: ${message}.`,
		{ path, message },
	);
}

// Of a union's branches, the one that knows every field given, else got furthest, is the one that was meant.
function deepest(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
	if (issue?.code !== 'invalid_union') return issue;
	const known = issue.errors.filter((branch) =>
		branch.every(({ code, path }) => code !== 'unrecognized_keys' || path.length > 0),
	);
	let best: z.core.$ZodIssue | undefined;
	for (const [first] of known.length > 0 ? known : issue.errors) {
		const candidate = deepest(first);
		if (candidate !== undefined && candidate.path.length > (best?.path.length ?? 0))
			best = candidate;
	}
	return best === undefined ? issue : { ...best, path: [...issue.path, ...best.path] };
}

function formatPath(path: readonly PropertyKey[]): string {
	return path
		.map((part, index) =>
			typeof part === 'number' ? `[${part}]` : index === 0 ? String(part) : `.${String(part)}`,
		)
		.join('');
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
