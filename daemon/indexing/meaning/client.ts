/** Asking a person's own endpoint for the vectors of texts. What it answers is looked at as anything from outside is. */
import { errorCode, errorMessage, SemanticaError } from '../../../shared/errors.ts';
import type { Meaning } from './entries.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What became of a request that did not bring vectors. */
export class EndpointFailure extends SemanticaError {
	/** Another attempt may end otherwise. */
	readonly again: boolean;
	/** The texts were refused, and others may not be. */
	readonly ofTexts: boolean;
	/** As the endpoint wished. */
	readonly afterMs: number | undefined;

	constructor(
		sentence: string,
		more: { again?: boolean; ofTexts?: boolean; afterMs?: number | undefined } = {},
	) {
		// CONFLICT ends a job for good: a person has to do something first.
		super(more.again === true ? 'SYSTEM' : 'CONFLICT', sentence);
		this.again = more.again ?? false;
		this.ofTexts = more.ofTexts ?? false;
		this.afterMs = more.afterMs;
	}
}

export interface Embedder {
	/** A vector for each, in their order. @throws EndpointFailure, or the signal's reason */
	embed(
		texts: readonly string[],
		as: 'document' | 'query',
		timeoutMs: number,
		signal?: AbortSignal,
	): Promise<number[][]>;
}

/** Of 64 vectors with 8,192 numbers of 20 digits. */
const ANSWER_BYTES = 16 * 1024 * 1024;
const MOST_DIMENSIONS = 8192;
const LONGEST_WAIT_MS = 10 * 60_000;

/** Some models were taught with words in front of what they are given. */
const TAUGHT = [
	{ model: /nomic-embed-text/i, document: 'search_document: ', query: 'search_query: ' },
	{ model: /(?:^|[/-])e5-/i, document: 'passage: ', query: 'query: ' },
] as const;

export function createEmbedder(
	{ api, url, origin, model, key }: Meaning,
	fetch: Fetch,
	dimension?: number,
): Embedder {
	let expected = dimension;

	/** Without the key, and as one line: it may end in a log. */
	const quoted = (text: string): string =>
		(key === undefined ? text : text.replaceAll(key, '•••'))
			.replace(/[\p{Cc}\s]+/gu, ' ')
			.trim()
			.slice(0, 200);

	async function ask(texts: readonly string[], signal: AbortSignal): Promise<Response> {
		return await fetch(url, {
			method: 'POST',
			redirect: 'manual',
			signal,
			headers: {
				'content-type': 'application/json',
				accept: 'application/json',
				...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
			},
			body: JSON.stringify(
				api === 'ollama'
					? { model, input: texts }
					: { model, input: texts, encoding_format: 'float' },
			),
		});
	}

	function refusal(response: Response, text: string): EndpointFailure {
		const { status } = response;
		const said = quoted(messageIn(text));
		const words = said === '' ? '' : `: ${said}`;
		if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
			return new EndpointFailure(
				`${origin} sends to another address (${status}), and texts are sent nowhere but where you agreed to. Switch it on with the address itself.`,
			);
		}
		if (status === 401 || status === 403) {
			const what = key === undefined ? 'asks for a key' : 'does not take the key';
			return new EndpointFailure(
				`${origin} ${what} (${status}${words}). Give it with: semantica index meaning on --key-stdin`,
			);
		}
		if (status === 404) {
			return new EndpointFailure(
				`${url} has no model "${model}", or is no address for embeddings (404${words}).${api === 'ollama' ? ` Fetch the model with: ollama pull ${model}` : ''}`,
			);
		}
		if (status === 429 || status >= 500 || status === 408) {
			const why = status === 429 ? 'asks for patience' : 'failed';
			const afterMs = waitOf(response.headers.get('retry-after'));
			return new EndpointFailure(`${origin} ${why} (${status}${words}).`, { again: true, afterMs });
		}
		return new EndpointFailure(`${origin} refused the request (${status}${words}).`, {
			ofTexts: status === 400 || status === 413 || status === 422,
		});
	}

	function vectorsIn(text: string, count: number): number[][] {
		const wrong = (what: string) =>
			new EndpointFailure(
				`${url} answered ${what}. It is no endpoint for embeddings of this kind.`,
			);
		let answer: unknown;
		try {
			answer = JSON.parse(text);
		} catch {
			throw wrong(`no JSON but "${quoted(text.slice(0, 80))}"`);
		}
		const found =
			api === 'ollama' ? fieldOf(answer, 'embeddings') : ordered(fieldOf(answer, 'data'));
		if (!Array.isArray(found)) throw wrong('without vectors');
		if (found.length !== count) throw wrong(`${found.length} vectors for ${count} texts`);
		return found.map((vector: unknown) => {
			if (!Array.isArray(vector) || vector.length === 0 || vector.length > MOST_DIMENSIONS) {
				throw wrong('something that is no vector');
			}
			if (!vector.every((value) => typeof value === 'number' && Number.isFinite(value))) {
				throw wrong('a vector with something in it that is no number');
			}
			if (vector.every((value) => value === 0)) throw wrong('a vector of zeros');
			expected ??= vector.length;
			if (vector.length !== expected) {
				throw new EndpointFailure(
					`${origin} answered vectors of ${vector.length} numbers for "${model}", and those that are there have ${expected}: it is another model by now. Begin anew with: semantica index meaning off --delete, and then on.`,
				);
			}
			return vector as number[];
		});
	}

	return {
		async embed(texts, as, timeoutMs, signal) {
			const timeout = AbortSignal.timeout(timeoutMs);
			const both = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
			const taught = TAUGHT.find((one) => one.model.test(model))?.[as] ?? '';
			try {
				const response = await ask(
					texts.map((text) => taught + text),
					both,
				);
				const text = await textOf(response, origin);
				if (response.ok) return vectorsIn(text, texts.length);
				throw refusal(response, text);
			} catch (error) {
				if (error instanceof EndpointFailure) throw error;
				signal?.throwIfAborted();
				const why = timeout.aborted
					? `did not answer within ${Math.round(timeoutMs / 1000)} s`
					: `cannot be reached (${quoted(reasonOf(error))})`;
				throw new EndpointFailure(`${origin} ${why}.`, { again: true });
			}
		},
	};
}

/** No more of it than vectors take. */
async function textOf(response: Response, origin: string): Promise<string> {
	const pieces: Uint8Array[] = [];
	let bytes = 0;
	for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
		bytes += piece.length;
		if (bytes > ANSWER_BYTES) {
			throw new EndpointFailure(
				`${origin} answered more than ${ANSWER_BYTES / 1024 / 1024} MB, which no vectors take. The rest was not read.`,
			);
		}
		pieces.push(piece);
	}
	return Buffer.concat(pieces).toString();
}

/** OpenAI's answers say which text each vector is of. */
function ordered(data: unknown): unknown {
	if (!Array.isArray(data)) return undefined;
	const vectors: unknown[] = new Array(data.length).fill(undefined);
	for (const [at, item] of data.entries()) {
		const index = fieldOf(item, 'index');
		vectors[typeof index === 'number' ? index : at] = fieldOf(item, 'embedding');
	}
	return vectors;
}

/** What an error's body says, in the ways that there are. */
function messageIn(text: string): string {
	try {
		const body: unknown = JSON.parse(text);
		const error = fieldOf(body, 'error');
		const said = typeof error === 'string' ? error : fieldOf(error, 'message');
		return typeof said === 'string' ? said : '';
	} catch {
		return '';
	}
}

/** Seconds, or a date. */
function waitOf(header: string | null): number | undefined {
	if (header === null) return undefined;
	const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
	return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_WAIT_MS) : undefined;
}

function reasonOf(error: unknown): string {
	const cause = error instanceof Error ? error.cause : undefined;
	return errorCode(cause) ?? (errorMessage(cause ?? error) || 'no reason given');
}

const fieldOf = (value: unknown, name: string): unknown =>
	typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
