/** The typed errors of the wire (docs/design.md section 7). Both faces turn them back into sentences. */

export const ERROR_CODES = {
	VALIDATION: 4000,
	NOT_FOUND: 4001,
	CONFLICT: 4002,
	THROTTLED: 4003,
	UNAUTHORIZED: 4010,
	FORBIDDEN: 4030,
	TOO_LARGE: 4130,
	INTERNAL: 5000,
	STORE: 5001,
	SYSTEM: 5002,
	PAYLOAD_LOST: 5003,
	DRAINING: 5030,
} as const;
export type ErrorKind = keyof typeof ERROR_CODES;

/** Codes that JSON-RPC and LSP define and that we use as they stand. */
export const RPC_CODES = {
	parseError: -32700,
	invalidRequest: -32600,
	methodNotFound: -32601,
	invalidParams: -32602,
	serverNotInitialized: -32002,
	requestCancelled: -32800,
} as const;

export interface ErrorData {
	readonly kind?: string;
	/** Where in the request, as in `jobs[17].priority`. */
	readonly path?: string;
	readonly message?: string;
	readonly [detail: string]: unknown;
}

/** An error that a person or program can act on. `message` is a whole sentence. */
export class SemanticaError extends Error {
	override readonly name = 'SemanticaError';
	readonly code: number;
	readonly data: ErrorData;
	readonly kind: ErrorKind;

	constructor(kind: ErrorKind, message: string, data: ErrorData = {}) {
		super(message);
		this.code = ERROR_CODES[kind];
		this.kind = kind;
		this.data = { kind, ...data };
	}
}

export function errorMessage(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node or SQLite error (`ENOENT`, `SQLITE_BUSY`), if it has one. */
export function errorCode(error: unknown): string | undefined {
	if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
	return typeof error.code === 'string' ? error.code : undefined;
}

/** There is not enough of something at the moment: what was looked for may be there all the same. */
export function isShortage(error: unknown): boolean {
	return /^(EMFILE|ENFILE|ENOMEM|EAGAIN)$/.test(errorCode(error) ?? '');
}
