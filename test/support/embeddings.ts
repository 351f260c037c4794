/**
 * An endpoint for embeddings that computes real, if simple, vectors: of words in their parts, without their usual ends,
 * words of one meaning as one, each hashed to a few of 256 dimensions. It keeps all that it was sent.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readAll } from 'node:stream/consumers';

export interface Asked {
	readonly path: string;
	readonly model: string;
	readonly texts: readonly string[];
	readonly key: string | undefined;
}

export interface EmbeddingServer {
	readonly origin: string;
	/** In their order. */
	readonly asked: Asked[];
	/** Every text of it. */
	texts(): string[];
	/** Answers the next requests instead, while it says that it did. */
	instead: ((request: Asked, response: ServerResponse) => boolean | Promise<boolean>) | undefined;
	close(): Promise<void>;
}

/** What another dimension is asked with, as in `simple-64`. */
const DIMENSIONS: number = 256;

/** @param port Of an earlier one that is gone. */
export async function startEmbeddings(port = 0): Promise<EmbeddingServer> {
	const asked: Asked[] = [];
	const server = createServer((request, response) => void answer(request, response));

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { model, input } = JSON.parse(await readAll(request)) as {
			model: string;
			input: string[];
		};
		const path = request.url ?? '';
		const key = request.headers.authorization?.replace(/^Bearer /, '');
		const one = { path, model, texts: input, key };
		asked.push(one);
		if ((await it.instead?.(one, response)) === true) return;
		const vectors = input.map((text) => vectorOf(text, model));
		const body =
			path === '/api/embed'
				? { model, embeddings: vectors }
				: { data: vectors.map((embedding, index) => ({ index, embedding })).reverse() };
		say(response, 200, body);
	}

	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	const it: EmbeddingServer = {
		origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		asked,
		texts: () => asked.flatMap(({ texts }) => texts),
		instead: undefined,
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
	return it;
}

export function say(
	response: ServerResponse,
	status: number,
	body: unknown,
	headers: Record<string, string> = {},
): void {
	response.writeHead(status, { 'content-type': 'application/json', ...headers });
	response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

export function vectorOf(text: string, model = 'simple'): number[] {
	const dimensions = Number(/-(\d+)$/.exec(model)?.[1] ?? DIMENSIONS);
	const vector = new Array<number>(dimensions).fill(0);
	for (const [term, count] of termsOf(text)) {
		const digest = hash('sha256', term, 'buffer');
		const weight = Math.sqrt(count) * (term.startsWith('#') ? 0.15 : 1);
		for (let i = 0; i < 4; i++) {
			const at = digest.readUInt16LE(i * 4) % dimensions;
			vector[at] = (vector[at] ?? 0) + ((digest[i * 4 + 2] ?? 0) % 2 === 0 ? weight : -weight);
		}
	}
	// Of nothing that has a meaning: somewhere, but not nowhere.
	if (!vector.some((value) => value !== 0)) vector[0] = 1;
	return vector;
}

/** Each row is one meaning. */
const MEANINGS = [
	'remove delete erase drop unlink discard purge',
	'make create build construct new generate produce',
	'get fetch read load obtain retrieve receive',
	'write save store persist put record',
	'error failure fault exception problem mistake',
	'retry again repeat attempt backoff',
	'stop end abort cancel quit terminate kill halt',
	'start begin launch boot open spawn',
	'wait sleep delay pause block timeout',
	'user person people client customer human',
	'file document',
	'folder directory',
	'password secret credential key passphrase',
	'check verify validate assert test ensure',
	'find search look seek query lookup',
	'list array sequence row',
	'text string word characters',
	'number integer count amount',
	'send transmit emit post publish tell',
	'network socket connection tcp http',
	'quick fast rapid speed',
	'parse decode interpret deserialize',
	'print show display render draw output',
	'sort order rank arrange',
	'compress zip deflate shrink pack',
	'login sign authenticate authorize',
	'money payment price invoice bill charge',
	'picture image photo icon',
	'date time clock calendar day',
	'join merge combine concat unite together',
	'split divide cut chunk piece',
	'equal same identical alike compare',
	'lock mutex exclusive guard',
	'limit bound cap maximum most throttle',
	'change modify update edit alter mutate',
	'copy clone duplicate replicate',
	'empty blank nothing none null void undefined',
	'encrypt cipher crypt hash digest',
].map((row) => row.split(' '));

const MEANING_OF = new Map(
	MEANINGS.flatMap((row, at) => row.map((word) => [stem(word), `=${at}`])),
);

const SAYS_LITTLE = new Set(
	'a an and are as at be by can do does for from has have how if in into is it its not of on or that the their then this to was were what when where which who why will with const let return function export import public private static if else'.split(
		' ',
	),
);

function termsOf(text: string): Map<string, number> {
	const terms = new Map<string, number>();
	const words = text
		.replace(/([a-z0-9])([A-Z])/g, '$1 $2')
		.toLowerCase()
		.match(/\p{L}+/gu);
	for (const word of words ?? []) {
		if (SAYS_LITTLE.has(word)) continue;
		const root = stem(word);
		const term = MEANING_OF.get(root) ?? root;
		terms.set(term, (terms.get(term) ?? 0) + 1);
		for (let at = 0; at + 3 <= root.length; at++) {
			const part = `#${root.slice(at, at + 3)}`;
			terms.set(part, (terms.get(part) ?? 0) + 1);
		}
	}
	return terms;
}

function stem(word: string): string {
	return word.replace(/(?:ization|ations?|ing|ers?|ed|es|s|e)$/, (end) =>
		word.length - end.length >= 3 ? '' : end,
	);
}
