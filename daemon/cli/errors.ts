/** What the command line makes of an error: an exit code, a sentence, and the wire's shape for --json. */
import { isResponseError } from '../../shared/client/connection.ts';
import { ERROR_CODES, errorMessage, RPC_CODES, SemanticaError } from '../../shared/errors.ts';

export const EXIT = {
	done: 0,
	error: 1,
	usage: 2,
	noDaemon: 3,
	/** A job waited for did not succeed. */
	jobFailed: 4,
	/** Ctrl-C while following, as shells report it: a script must not take it for success. */
	interrupted: 130,
} as const;

/** An error of this command line itself. `message` is a whole sentence. */
export class CliError extends Error {
	override readonly name = 'CliError';
	readonly exitCode: number;

	constructor(message: string, exitCode: number = EXIT.error) {
		super(message);
		this.exitCode = exitCode;
	}
}

export const usageError = (message: string): CliError => new CliError(message, EXIT.usage);

export interface Failure {
	readonly exitCode: number;
	readonly message: string;
	readonly wire: {
		readonly error: { readonly code: number; readonly message: string; readonly data?: object };
	};
}

export function describeFailure(error: unknown, inJob = false): Failure {
	if (isResponseError(error)) {
		const { code, message, data } = error;
		const refused = inJob && code === ERROR_CODES.UNAUTHORIZED;
		return responseFailure(code, refused ? `${message} ${FOR_JOBS}` : message, data);
	}
	if (error instanceof SemanticaError) {
		return failure(EXIT.error, error.message, error.code, error.data);
	}
	if (error instanceof CliError) {
		const kind = error.exitCode === EXIT.usage ? 'VALIDATION' : 'SYSTEM';
		return failure(error.exitCode, error.message, ERROR_CODES[kind], { kind });
	}
	return failure(EXIT.error, errorMessage(error), ERROR_CODES.INTERNAL, { kind: 'INTERNAL' });
}

const FOR_JOBS =
	'Called by a job, semantica speaks as that job, until its run ends: run, enqueue and index make children of it; ' +
	'show, explain, logs and list look at it and them, wait waits for them. To speak as yourself: env -u SEMANTICA_TOKEN semantica COMMAND';

function responseFailure(
	code: number,
	message: string,
	data: { path?: string; message?: string } | undefined,
): Failure {
	if (code === RPC_CODES.methodNotFound) {
		const text =
			'The running Semantica daemon does not know this request: it is of another version. ' +
			'Restart it with: semantica daemon restart';
		return failure(EXIT.error, text, code, data);
	}
	if (code !== RPC_CODES.invalidParams) return failure(EXIT.error, message, code, data);
	const detail = data?.message ?? message;
	// Which job of a request it was means nothing to a person; who sends several says it otherwise.
	const path = data?.path?.replace(/^jobs\[\d+\]\.?/, '') ?? '';
	const text = path === '' ? detail : `${path}: ${detail}`;
	return failure(EXIT.usage, text, code, data);
}

function failure(exitCode: number, message: string, code: number, data?: object): Failure {
	return {
		exitCode,
		message,
		wire: { error: { code, message, ...(data === undefined ? {} : { data }) } },
	};
}
