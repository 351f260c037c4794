import { describe, expect, test } from 'vitest';
import {
	createEmbedder,
	EndpointFailure,
	type Fetch,
} from '../../../../daemon/indexing/meaning/client.ts';
import { readEndpoint } from '../../../../daemon/indexing/meaning/endpoint.ts';
import type { Meaning } from '../../../../daemon/indexing/meaning/entries.ts';
import { createPatient } from '../../../../daemon/indexing/meaning/patient.ts';

const meaning = (endpoint: string, more: Partial<Meaning> = {}): Meaning => ({
	...readEndpoint(endpoint),
	root: '/folder',
	model: 'm',
	key: undefined,
	...more,
});
const OPENAI = meaning('https://example.com/v1');

const answers =
	(body: unknown, init: ResponseInit = {}): Fetch =>
	async () =>
		new Response(typeof body === 'string' ? body : JSON.stringify(body), init);

const vectors = (...of: number[][]) => ({
	data: of.map((embedding, index) => ({ index, embedding })),
});

const embed = (fetch: Fetch, texts = ['a', 'b'], which = OPENAI, dimension?: number) =>
	createEmbedder(which, fetch, dimension).embed(texts, 'document', 60_000);

async function failure(asked: Promise<unknown>): Promise<EndpointFailure> {
	const error: unknown = await asked.catch((thrown: unknown) => thrown);
	if (!(error instanceof EndpointFailure)) throw new Error(`It did not fail so: ${error}`);
	return error;
}

describe('what is asked', () => {
	test('is asked in both ways, with the key, and follows nobody', async () => {
		const asked: [string, RequestInit][] = [];
		const record =
			(body: unknown): Fetch =>
			async (url, init) => {
				asked.push([url, init]);
				return new Response(JSON.stringify(body));
			};
		const openai = meaning('https://example.com/v1', { key: 'sk' });
		const shuffled = { data: vectors([1, 0], [0, 1]).data.reverse() };
		expect(await embed(record(shuffled), ['a', 'b'], openai)).toEqual([
			[1, 0],
			[0, 1],
		]);
		const ollama = meaning('http://127.0.0.1:11434', { model: 'nomic-embed-text:v1.5' });
		const [one] = await embed(record({ embeddings: [[1, 2]] }), ['a'], ollama);
		expect(one).toEqual([1, 2]);
		expect(asked.map(([url, { body }]) => [url, JSON.parse(String(body))])).toEqual([
			[
				'https://example.com/v1/embeddings',
				{ model: 'm', input: ['a', 'b'], encoding_format: 'float' },
			],
			[
				'http://127.0.0.1:11434/api/embed',
				{ model: 'nomic-embed-text:v1.5', input: ['search_document: a'] },
			],
		]);
		const headers = asked.map(([, init]) => new Headers(init.headers).get('authorization'));
		expect(headers).toEqual(['Bearer sk', null]);
		expect(asked.every(([, { redirect }]) => redirect === 'manual')).toBe(true);
	});
});

describe('what an endpoint may answer', () => {
	test.each([
		['another count', answers(vectors([1, 2])), '1 vectors for 2 texts'],
		['a page', answers('<!doctype html>'), 'no JSON but "<!doctype html>"'],
		['nothing', answers(''), 'no JSON'],
		['no list', answers({ data: {} }), 'without vectors'],
		['a text as vector', answers({ data: [{ embedding: 'AAAA' }, {}] }), 'no vector'],
		['an empty vector', answers(vectors([], [])), 'no vector'],
		['zeros', answers(vectors([0, 0], [1, 2])), 'zeros'],
		['nulls', answers(vectors([1, null as never], [1, 2])), 'no number'],
		[
			'numbers beyond all',
			answers('{"data":[{"embedding":[1e999]},{"embedding":[1]}]}'),
			'no number',
		],
		['two dimensions', answers(vectors([1, 2], [1, 2, 3])), 'another model by now'],
		['a place of its own', answers({ data: [{ index: 9, embedding: [1] }] }), '10 vectors for 2'],
		['a redirect', answers('', { status: 302 }), 'sends to another address (302)'],
		['a refusal', answers({ error: 'bad input' }, { status: 400 }), '(400: bad input)'],
		['no model', answers({ error: 'none' }, { status: 404 }), 'has no model "m"'],
	])('%s is a sentence, and not asked again', async (_, fetch, sentence) => {
		const error = await failure(embed(fetch));
		expect(error.message).toContain(sentence);
		expect([error.again, error.kind]).toEqual([false, 'CONFLICT']);
	});

	test.each([
		[answers('', { status: 429, headers: { 'retry-after': '7' } }), 7000],
		[answers('', { status: 503, headers: { 'retry-after': '999999' } }), 600_000],
		[answers('', { status: 500 }), undefined],
		[(() => Promise.reject(new TypeError('fetch failed'))) as Fetch, undefined],
	])('what passes is asked again', async (fetch, afterMs) => {
		const error = await failure(embed(fetch));
		expect([error.again, error.afterMs]).toEqual([true, afterMs]);
	});

	test('of another dimension than those that are there says what to do', async () => {
		const error = await failure(embed(answers(vectors([1, 2])), ['a'], OPENAI, 768));
		expect(error.message).toContain('semantica index meaning off --delete');
	});

	test('without end is not read to its end', async () => {
		let sent = 0;
		const body = new ReadableStream({
			pull(controller) {
				sent++;
				controller.enqueue(new Uint8Array(1024 * 1024));
			},
		});
		const error = await failure(embed(async () => new Response(body)));
		expect(error.message).toContain('more than 16 MB');
		expect(sent).toBeLessThan(30);
	});

	test('never shows the key', async () => {
		const which = meaning('https://example.com/v1', { key: 'sk-secret' });
		const said = { error: { message: 'Incorrect API key provided: sk-secret.\nBye' } };
		const error = await failure(embed(answers(said, { status: 401 }), ['a'], which));
		expect(error.message).toContain('provided: •••. Bye');
		expect(error.message).not.toContain('sk-secret');
	});

	test('an aborted query throws its reason', async () => {
		const reason = new Error('The person typed on.');
		const never: Fetch = (_url, { signal }) =>
			new Promise((_resolve, reject) => {
				signal?.addEventListener('abort', () => reject(signal.reason));
			});
		const abort = new AbortController();
		const asked = createEmbedder(OPENAI, never).embed(['a'], 'query', 60_000, abort.signal);
		abort.abort(reason);
		await expect(asked).rejects.toBe(reason);
		expect(
			(await failure(createEmbedder(OPENAI, never).embed(['a'], 'query', 5))).message,
		).toContain('did not answer within');
	});
});

describe('patience', () => {
	function patient(fetch: Fetch, check = () => {}) {
		const waited: number[] = [];
		const lines: string[] = [];
		const embedder = createEmbedder(OPENAI, fetch);
		const ask = createPatient({
			embedder,
			check,
			wait: async (ms) => void waited.push(ms),
			log: (line) => lines.push(line),
			random: () => 0.5,
		});
		return { ask, waited, lines };
	}
	const textsOf = (init: RequestInit): string[] => JSON.parse(String(init.body)).input;

	test('waits longer and longer, as long as the endpoint wishes, and gives up', async () => {
		let asked = 0;
		const busy: Fetch = async () => {
			const headers = ++asked === 2 ? { 'retry-after': '9' } : undefined;
			return new Response('', { status: 429, ...(headers === undefined ? {} : { headers }) });
		};
		const { ask, waited } = patient(busy);
		await expect(ask(['a'])).rejects.toThrow('asks for patience (429)');
		expect(waited).toEqual([1000, 9000, 4000, 8000]);
	});

	test.each([
		['is away', [503], ['a']],
		['refuses texts', [400], ['a', 'b']],
		['refuses one text', [400], ['a']],
	])(
		'asks before each request whether it still may, also where the endpoint %s',
		async (_, statuses, texts) => {
			let asked = 0;
			const never: Fetch = async () => new Response('{}', { status: statuses[asked++] ?? 200 });
			const { ask } = patient(never, () => {
				if (asked > 0) throw new Error('taken back');
			});
			await expect(ask(texts)).rejects.toThrow('taken back');
			expect(asked).toBe(1);
		},
	);

	test('finds the text that is refused, and has the others', async () => {
		const picky: Fetch = async (_url, init) => {
			const texts = textsOf(init);
			if (texts.includes('too long')) return new Response('{}', { status: 400 });
			return new Response(JSON.stringify(vectors(...texts.map(() => [1]))));
		};
		const { ask, lines } = patient(picky);
		expect(await ask(['a', 'b', 'too long', 'd', 'e'])).toEqual([[1], [1], undefined, [1], [1]]);
		expect(lines).toEqual([expect.stringContaining('left out')]);
	});

	test('where every text is refused, it is no text that is wrong', async () => {
		const { ask } = patient(async () => new Response('{"error":"no"}', { status: 400 }));
		await expect(ask(['a', 'b'])).rejects.toThrow('refused the request (400: no)');
	});
});
