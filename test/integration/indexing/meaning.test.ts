/** The search by meaning in a real daemon, with an endpoint that computes real vectors. */
import {
	existsSync,
	mkdirSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type DaemonConnection, isResponseError } from '../../../shared/client/connection.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import type { Job } from '../../../shared/job.ts';
import {
	enqueue,
	jobEnd,
	readWholeLog,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { type EmbeddingServer, say, startEmbeddings } from '../../support/embeddings.ts';

const MODEL = 'simple';

const FILES: Readonly<Record<string, string>> = {
	'src/purge.ts': 'export function purgeCustomer(id: string): void {\n\ttable.unlink(id);\n}\n',
	'src/invoice.ts': 'export function chargeInvoice(sum: number): void {\n\tbank.post(sum);\n}\n',
	'src/clock.ts': 'export function nextCalendarDay(): Date {\n\treturn tomorrow;\n}\n',
	'notes.md': '# Nothing of interest\n\nGardens, and what grows in them.\n',
	'.gitignore': 'private/\n',
	'private/diary.ts': 'export const diary = "the secret of the garden shed";\n',
	'.env': 'TOKEN=never-to-be-sent\n',
};

interface Set {
	readonly daemon: TestDaemon;
	readonly connection: DaemonConnection;
	readonly server: EmbeddingServer;
	readonly folder: string;
	readonly workspace: string;
	write(path: string, text: string): void;
	index(): Promise<void>;
	on(more?: { endpoint?: string; model?: string; key?: string }): Promise<Job>;
	search(query: string): Promise<Awaited<ReturnType<typeof searched>>>;
}

const searched = (connection: DaemonConnection, workspace: string, query: string) =>
	connection.request('index/search', { workspace, query });

async function setUp(files = FILES): Promise<Set> {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const server = await startEmbeddings();
	onTestFinished(() => server.close().catch(() => {}));
	const folder = realpathSync(temporaryFolder());
	const workspace = pathToFileURL(folder).href;
	const write = (path: string, text: string): void => {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	};
	for (const [path, text] of Object.entries(files)) write(path, text);
	const set: Set = {
		daemon,
		connection,
		server,
		folder,
		workspace,
		write,
		async index() {
			const [id = ''] = await enqueue(connection, { type: 'index.workspace', workspace });
			expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded' });
		},
		async on({ endpoint = `${server.origin}/v1`, model = MODEL, key } = {}) {
			const { consent } = await connection.request('meaning/plan', { workspace, endpoint, model });
			const { job } = await connection.request('meaning/on', {
				workspace,
				endpoint,
				model,
				consent,
				...(key === undefined ? {} : { key }),
			});
			return jobEnd(daemon, job);
		},
		search: (query) => searched(connection, workspace, query),
	};
	await set.index();
	return set;
}

const pathsOf = ({ hits }: { hits: readonly { path: string }[] }) => hits.map(({ path }) => path);

/** Of `index.meaning` that began by itself: the end of the newest one. */
async function embedded(connection: DaemonConnection, count: number): Promise<Job> {
	for (;;) {
		const { jobs } = await connection.request('job/list', {
			filter: { type: ['index.meaning'], state: ['succeeded', 'failed'] },
		});
		if (jobs.length >= count) return jobs[0] as Job;
		const open = await connection.request('job/list', {
			filter: { type: ['index.meaning'], state: ['queued', 'running'] },
		});
		const ids = open.jobs.map(({ id }) => id);
		if (ids.length > 0) await connection.request('job/wait', { ids, mode: 'any' });
	}
}

describe('search by meaning', () => {
	test('finds what no word says, marks it, and sends nothing that is ignored or left out', async () => {
		const set = await setUp();
		const { connection, server, workspace } = set;
		expect((await set.search('delete a person')).hits).toEqual([]);
		const endpoint = `${server.origin}/v1`;
		const plan = await connection.request('meaning/plan', { workspace, endpoint, model: MODEL });
		expect(plan).toMatchObject({
			consent: { root: set.folder, origin: server.origin, model: MODEL },
			url: `${endpoint}/embeddings`,
			cost: { files: 5, chunks: 5, embedded: 0, requests: 1, approximate: false },
		});
		expect(server.asked).toEqual([]);

		expect(await set.on()).toMatchObject({
			state: 'succeeded',
			result: { files: 5, embedded: 5, known: 0, requests: 1, characters: plan.cost.characters },
		});
		const answer = await set.search('delete a person');
		expect(answer.problems).toBeUndefined();
		expect(answer.hits[0]).toMatchObject({
			path: 'src/purge.ts',
			line: 1,
			kind: 'meaning',
			symbol: { name: 'purgeCustomer', kind: 'function' },
			snippet: 'export function purgeCustomer(id: string): void {',
		});
		const sent = server.texts().join('\n');
		expect(sent).toContain('purgeCustomer');
		expect(sent).toContain('delete a person');
		expect(sent).not.toMatch(/diary|never-to-be-sent/);
		const before = server.asked.length;
		for (const query of ['purge', '"delete a person"', 'sym:purge it', '/delete|person/']) {
			await set.search(query);
		}
		expect(server.asked).toHaveLength(before);
		const { indexes } = await connection.request('index/status', { workspace });
		expect(indexes[0]?.meaning).toMatchObject({
			on: true,
			url: `${endpoint}/embeddings`,
			key: false,
			model: MODEL,
			chunks: 5,
			waiting: 0,
		});
	});

	test('what is found is true of the file as it is now', async () => {
		const set = await setUp();
		await set.on();
		set.write('src/purge.ts', `// first\n\n${FILES['src/purge.ts']}`);
		// The comment belongs to no name, and the chunk is another one: what was embedded is not there any more.
		expect(pathsOf(await set.search('delete a person'))).not.toContain('src/purge.ts');
		rmSync(join(set.folder, 'src/invoice.ts'));
		expect(pathsOf(await set.search('bill someone'))).not.toContain('src/invoice.ts');
	});

	test('a save sends what changed in it, a move nothing', async () => {
		const set = await setUp();
		const { connection, server, daemon, workspace } = set;
		await set.on();
		const before = server.texts().length;
		renameSync(join(set.folder, 'src/clock.ts'), join(set.folder, 'src/days.ts'));
		const many = Array.from(
			{ length: 12 },
			(_, i) => `export function step${i}() {\n${'\twork();\n'.repeat(9)}}\n`,
		);
		set.write('src/many.ts', many.join('\n'));
		await set.index();
		expect(await embedded(connection, 2)).toMatchObject({ result: { embedded: 12, known: 1 } });
		expect(server.texts().length).toBe(before + 12);
		many[5] = many[5]?.replace('work', 'play') ?? '';
		set.write('src/many.ts', many.join('\n'));
		const payload = { files: ['src/many.ts'] };
		const [save = ''] = await enqueue(connection, { type: 'index.files', workspace, payload });
		await jobEnd(daemon, save);
		expect(await embedded(connection, 3)).toMatchObject({ result: { embedded: 1, known: 11 } });
		expect(server.texts().slice(before + 12)).toEqual([expect.stringContaining('play')]);
		expect(pathsOf(await set.search('tomorrow in the calendar'))[0]).toBe('src/days.ts');
	});

	test('pages show every file that the words find, and none again', async () => {
		const files = Array.from({ length: 40 }, (_, i): [string, string] => [
			`src/part${i}.ts`,
			`export const part${i} = 'the garden ${'of many words '.repeat(i)} has a shed';\n`,
		]);
		const set = await setUp({ ...FILES, ...Object.fromEntries(files) });
		const query = { workspace: set.workspace, query: 'garden shed', limit: 8 };
		const whole = await set.connection.request('index/search', { ...query, limit: 100 });
		expect(pathsOf(whole)).toEqual(expect.arrayContaining(files.map(([path]) => path)));
		await set.on();
		const shown: string[] = [];
		for (let cursor: string | null | undefined; cursor !== null; ) {
			const page = await set.connection.request('index/search', {
				...query,
				...(cursor === undefined ? {} : { cursor }),
			});
			shown.push(...pathsOf(page));
			cursor = page.nextCursor;
		}
		expect(shown).toEqual([...new Set(shown)]);
		expect(shown).toEqual(expect.arrayContaining(pathsOf(whole)));
	});

	test('an endpoint that is away is said in the answer, and the answer is there', async () => {
		const set = await setUp();
		await set.on();
		await set.server.close();
		const { hits, problems } = await set.search('chargeInvoice bank');
		expect(pathsOf({ hits })).toEqual(['src/invoice.ts']);
		expect(problems).toEqual([expect.stringMatching(/^Not searched by meaning: .*ECONNREFUSED/)]);
	});

	test('a query waits two seconds for its vector and no more, and ends when it is cancelled', async () => {
		const set = await setUp();
		await set.on();
		const { connection, server, workspace } = set;
		const asked = Promise.withResolvers<void>();
		server.instead = () => {
			asked.resolve();
			return true;
		};
		const abort = new AbortController();
		const params = { workspace, query: 'delete a person' };
		const cancelled = connection.request('index/search', params, abort.signal);
		await asked.promise;
		abort.abort();
		await expect(cancelled).rejects.toThrow();
		const sentence = /^Not searched by meaning: .* did not answer within 2 s\.$/;
		expect(await set.search('chargeInvoice bank')).toMatchObject({
			hits: [{ path: 'src/invoice.ts' }],
			problems: [expect.stringMatching(sentence)],
		});
		// For a while it is left alone, by each of two threads.
		const before = server.asked.length;
		for (const query of ['another one', 'one more', 'and the last']) {
			expect(await set.search(query)).toMatchObject({
				problems: [expect.stringMatching(sentence)],
			});
		}
		expect(server.asked.length).toBeLessThanOrEqual(before + 1);
	});

	test.each([
		['401', { status: 401 }, 'asks for a key'],
		[
			'no model',
			{ status: 404, body: { error: { message: 'no such model' } } },
			'has no model "simple", or is no address for embeddings (404: no such model)',
		],
		['a page', { status: 200, body: '<html>' }, 'no JSON'],
		['too few', { status: 200, body: { data: [] } }, '0 vectors for 5 texts'],
		[
			'another address',
			{ status: 307, headers: { location: 'http://127.0.0.1/other' } },
			'sends to another address (307)',
		],
	])(
		'%s ends the job at once, with a sentence',
		async (_, answer: {
			status: number;
			body?: unknown;
			headers?: Record<string, string>;
		}, sentence) => {
			const set = await setUp();
			set.server.instead = (_asked, response) => {
				say(response, answer.status, answer.body ?? {}, answer.headers);
				return true;
			};
			const job = await set.on();
			expect(job).toMatchObject({ state: 'failed', attempt: 1 });
			expect(await readWholeLog(set.connection, job.id)).toContain(sentence);
			expect(set.server.asked).toHaveLength(1);
		},
	);
});

describe('what a person agreed to', () => {
	test('stands in config.json, the key apart, and goes with the switch', async () => {
		const set = await setUp();
		const { connection, daemon, workspace, server } = set;
		await set.on({ key: 'sk-test' });
		expect(server.asked.every(({ key }) => key === 'sk-test')).toBe(true);
		const config = readFileSync(daemon.paths.config, 'utf8');
		expect(JSON.parse(config)).toMatchObject({
			meaning: [{ root: set.folder, model: MODEL, consent: { origin: server.origin } }],
		});
		expect(config).not.toContain('sk-test');
		expect(statSync(daemon.paths.secrets).mode & 0o777).toBe(0o600);
		expect(readFileSync(daemon.paths.secrets, 'utf8')).toContain('sk-test');

		const sent = server.asked.length;
		const off = await connection.request('meaning/off', { workspace });
		expect(off).toEqual({ wasOn: true, deleted: false });
		expect(readFileSync(daemon.paths.secrets, 'utf8')).not.toContain('sk-test');
		await set.search('delete a person');
		await set.index();
		expect(server.asked).toHaveLength(sent);
		// The vectors stay: nothing is sent again.
		expect(await set.on()).toMatchObject({ result: { files: 0, requests: 0 } });
		expect(server.asked).toHaveLength(sent);
		const gone = await connection.request('meaning/off', { workspace, deleteVectors: true });
		expect(gone).toEqual({ wasOn: true, deleted: true });
		const { indexes } = await connection.request('index/status', { workspace });
		expect(indexes[0]?.meaning).toBeUndefined();
	});

	test('is for one folder, one endpoint and one model: nothing is sent anywhere else', async () => {
		const set = await setUp();
		const { connection, daemon, workspace, server } = set;
		const other = await startEmbeddings();
		onTestFinished(() => other.close());
		await set.on({ key: 'sk-test' });
		const meant = { workspace, endpoint: `${other.origin}/v1`, model: MODEL };
		const { consent } = await connection.request('meaning/plan', {
			...meant,
			endpoint: `${server.origin}/v1`,
		});
		await expect(connection.request('meaning/on', { ...meant, consent })).rejects.toMatchObject({
			code: ERROR_CODES.CONFLICT,
			data: { path: 'consent' },
		});
		// Whoever writes another endpoint into the file has nobody's consent.
		const config = readFileSync(daemon.paths.config, 'utf8');
		writeFileSync(
			daemon.paths.config,
			config.replaceAll(`${server.origin}/v1`, `${other.origin}/v1`),
		);
		const before = server.asked.length;
		await set.search('delete a person');
		expect(other.asked).toEqual([]);
		expect(server.asked).toHaveLength(before);
		// The key is of the old endpoint, and is not shown to the new one.
		expect(await set.on({ endpoint: `${other.origin}/v1` })).toMatchObject({ state: 'succeeded' });
		await set.search('delete a person');
		expect(other.asked.map(({ key }) => key)).toEqual([undefined]);
		// Another model begins anew.
		expect(await set.on({ model: 'simple-64' })).toMatchObject({ result: { embedded: 5 } });
		expect((await set.search('delete a person')).hits[0]?.path).toBe('src/purge.ts');
	});

	test.each([
		['http://example.com/v1', 'by https only'],
		['https://me:secret@example.com/v1', 'no name and password'],
		['ftp://example.com', 'is no address'],
	])('%s is refused before anything is asked', async (endpoint, sentence) => {
		const set = await setUp();
		const asked = set.connection.request('meaning/plan', {
			workspace: set.workspace,
			endpoint,
			model: MODEL,
		});
		await expect(asked).rejects.toThrow(sentence);
		await expect(asked).rejects.toMatchObject({ data: { path: 'endpoint' } });
	});

	test('neither jobs nor tools begin such a job', async () => {
		const set = await setUp();
		await set.on();
		const { connection, daemon, workspace, folder } = set;
		await connection.request('ai/folder', { root: folder });
		const tool = await daemon.tool({ root: folder });
		for (const asker of [connection, tool]) {
			const asked = asker.request('job/enqueue', { jobs: [{ type: 'index.meaning', workspace }] });
			const error: unknown = await asked.catch((refused: unknown) => refused);
			expect(isResponseError(error) && error.code).toBe(ERROR_CODES.FORBIDDEN);
		}
		const { hits } = await tool.request('index/search', { workspace, query: 'delete a person' });
		expect(hits[0]?.path).toBe('src/purge.ts');
	});

	test('switching it off ends what is under way', async () => {
		const set = await setUp();
		const { connection, daemon, workspace, server } = set;
		const asked = Promise.withResolvers<void>();
		server.instead = () => {
			asked.resolve();
			return true;
		};
		const endpoint = `${server.origin}/v1`;
		const meant = { workspace, endpoint, model: MODEL };
		const { consent } = await connection.request('meaning/plan', meant);
		const { job } = await connection.request('meaning/on', { ...meant, consent });
		await asked.promise;
		const off = await connection.request('meaning/off', { workspace, deleteVectors: true });
		expect(off).toEqual({ wasOn: true, deleted: true });
		expect(await jobEnd(daemon, job)).toMatchObject({ state: 'cancelled' });
		expect(server.asked).toHaveLength(1);
	});

	test('a daemon that is killed goes on when it is back', async () => {
		const set = await setUp();
		const { connection, daemon, workspace, server } = set;
		const asked = Promise.withResolvers<void>();
		server.instead = () => {
			asked.resolve();
			return server.asked.length === 1;
		};
		const meant = { workspace, endpoint: server.origin, model: MODEL };
		const { consent } = await connection.request('meaning/plan', meant);
		const { job } = await connection.request('meaning/on', { ...meant, consent });
		await asked.promise;
		await daemon.kill();
		await daemon.restart();
		expect(await jobEnd(daemon, job)).toMatchObject({
			state: 'succeeded',
			result: { embedded: 5 },
		});
		expect(server.asked.map(({ path }) => path)).toEqual(['/api/embed', '/api/embed']);
	});

	test('an index that is deleted takes vectors and consent with it', async () => {
		const set = await setUp();
		await set.on();
		const { connection, daemon, workspace, server } = set;
		await connection.request('index/delete', { workspace });
		expect(JSON.parse(readFileSync(daemon.paths.config, 'utf8'))).toMatchObject({ meaning: [] });
		const sent = server.asked.length;
		await set.index();
		await set.search('delete a person');
		expect(server.asked).toHaveLength(sent);
		expect(existsSync(daemon.paths.secrets)).toBe(false);
	});
});
