/**
 * Indexing a tree of source and searching it: `SEMANTICA_TREE=FOLDER`, for example Debian's linux-source unpacked.
 * Beside ripgrep, codesearch and universal-ctags, where they are installed.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { Hit } from '../../../shared/protocol/indexing.ts';
import type { BenchContext, BenchDaemon } from '../daemon.ts';
import { type Figure, percentile } from '../figures.ts';
import {
	type Definition,
	definitionsIn,
	isInstalled,
	saidInWords,
	timed,
} from '../indexing/tree.ts';
import { residentMiB, treeCpuMs } from '../machine.ts';
import { judgedQueries } from './judgedQueries.ts';

const NAMES = 150;
const PATTERNS = 8;
/** As the command line has it. */
const MOST_HITS = 10_000;

export const indexing = async (context: BenchContext): Promise<Figure[]> => [
	...(await judgedQueries(context)),
	...(await indexedTree(context)),
];

async function indexedTree(context: BenchContext): Promise<Figure[]> {
	const tree = process.env['SEMANTICA_TREE'];
	if (tree === undefined || !isInstalled('ctags')) {
		context.say('left out: SEMANTICA_TREE names no tree of source, or universal-ctags is missing');
		return [];
	}
	context.say(`asking ctags what ${tree} defines`);
	const definitions = await definitionsIn(tree, context.quick ? 10 : NAMES);
	return context.withDaemon(async (daemon) => {
		const connection = await daemon.connect();
		try {
			const workspace = pathToFileURL(tree).href;
			context.say('indexing');
			const built = await build(context, daemon, connection, tree);
			const before = residentMiB(daemon.process.pid);
			context.say('searching');
			const searched = [
				...(await beside(context, connection, workspace, tree, definitions)),
				...(await rightness(connection, workspace, definitions)),
			];
			return [
				...built,
				...searched,
				{
					name: 'index-rss',
					what: 'memory of the daemon after all searches, beyond that after indexing',
					unit: 'MiB',
					better: 'lower',
					ours: [residentMiB(daemon.process.pid) - before],
				},
			];
		} finally {
			connection.dispose();
		}
	});
}

async function run(connection: DaemonConnection, spec: JobSpecInput): Promise<void> {
	const { jobs } = await connection.request('job/enqueue', { jobs: [spec] });
	const ids = jobs.map(({ id }) => id);
	const ended = await connection.request('job/wait', { ids });
	for (const { title, state } of ended.jobs) {
		if (state !== 'succeeded') throw new Error(`${title} has ${state}.`);
	}
}

async function build(
	context: BenchContext,
	daemon: BenchDaemon,
	connection: DaemonConnection,
	tree: string,
): Promise<Figure[]> {
	const workspace = pathToFileURL(tree).href;
	const walk: JobSpecInput = {
		type: 'index.workspace',
		workspace,
		payload: { defaultExcludes: false },
	};
	const { pid } = daemon.process;
	const began = treeCpuMs(pid);
	await run(connection, walk);
	const cpuSeconds = (treeCpuMs(pid) - began) / 1000;
	const again = treeCpuMs(pid);
	await run(connection, walk);
	const unchanged = (treeCpuMs(pid) - again) / 1000;
	const { indexes } = await connection.request('index/status', { workspace });
	const [status] = indexes;
	if (status === undefined) throw new Error('The tree has no index.');
	const megabytes = status.bytes / 1e6;
	const what = `${status.files} files, ${megabytes.toFixed(0)} MB of text`;
	const cindex = isInstalled('cindex') ? await besideCindex(context, tree, megabytes) : undefined;
	return [
		{
			name: 'index-first',
			what: `${what}: the first pass (text, words, symbols), by CPU time`,
			unit: 'MB/CPU s',
			better: 'higher',
			ours: [megabytes / cpuSeconds],
			others: cindex === undefined ? [] : [{ label: 'cindex (trigrams)', values: [cindex.speed] }],
		},
		{
			name: 'index-size',
			what: `${what}: the index on disk, of the text`,
			unit: '×',
			better: 'lower',
			ours: [status.databaseBytes / status.bytes],
			others: cindex === undefined ? [] : [{ label: 'cindex (trigrams)', values: [cindex.size] }],
		},
		{
			name: 'index-unchanged',
			what: `${what}: a walk where nothing changed`,
			unit: 'CPU s',
			better: 'lower',
			ours: [unchanged],
		},
	];
}

async function besideCindex(context: BenchContext, tree: string, megabytes: number) {
	const file = join(context.folder(), 'csearchindex');
	const began = treeCpuMs(process.pid);
	await timed('cindex', [tree], { env: { ...process.env, CSEARCHINDEX: file } });
	const cpuSeconds = (treeCpuMs(process.pid) - began) / 1000;
	return { speed: megabytes / cpuSeconds, size: statSync(file).size / (megabytes * 1e6) };
}

interface Looked {
	readonly ms: number;
	readonly firstMs: number;
	readonly lines: number;
}

async function lookUp(
	connection: DaemonConnection,
	workspace: string,
	kind: 'text' | 'regex',
	query: string,
): Promise<Looked> {
	const began = performance.now();
	let cursor: string | null = null;
	let firstMs: number | undefined;
	let lines = 0;
	do {
		const page: { hits: Hit[]; nextCursor: string | null } = await connection.request(
			'index/search',
			{ workspace, kind, query, limit: 200, ...(cursor === null ? {} : { cursor }) },
		);
		lines += page.hits.length;
		cursor = page.nextCursor;
		if (lines >= 100 || cursor === null) firstMs ??= performance.now() - began;
	} while (cursor !== null && lines < MOST_HITS);
	const ms = performance.now() - began;
	return { ms, firstMs: firstMs ?? ms, lines };
}

/** Literals and patterns, ours and ripgrep's in turns. */
async function beside(
	context: BenchContext,
	connection: DaemonConnection,
	workspace: string,
	tree: string,
	definitions: readonly Definition[],
): Promise<Figure[]> {
	if (!isInstalled('rg')) return [];
	const some = definitions.slice(0, context.quick ? 2 : PATTERNS);
	const queries = [
		...some.map(({ name }) => ({ kind: 'text' as const, query: name })),
		...some.map(({ name }) => ({
			kind: 'regex' as const,
			query: `\\b${name.slice(0, 6)}\\w*\\(`,
		})),
	];
	const rows: { ours: Looked; rg: number }[] = [];
	const looked = async (kind: 'text' | 'regex', query: string) => {
		const rg = await timed('rg', [
			...['-n', '-i', '--no-config', '--hidden', '--no-ignore', ...(kind === 'text' ? ['-F'] : [])],
			...['-e', query, tree],
		]);
		const ours = await lookUp(connection, workspace, kind, query);
		context.say(
			`${kind} ${query}: ${ours.lines} lines, first 100 ${ours.firstMs.toFixed(1)} ms, all ${ours.ms.toFixed(1)} ms, rg ${rg.toFixed(1)} ms`,
		);
		return { ours, rg };
	};
	for (const { kind, query } of queries) rows.push(await looked(kind, query));
	const bare = await looked('regex', '0x[0-9a-f]{16}');
	const common = await looked('text', 'return');
	const ratios = (ms: (row: Looked) => number) => rows.map(({ ours, rg }) => rg / ms(ours));
	const figure = (name: string, what: string, ours: readonly number[]): Figure => ({
		name,
		what: `${what}: how much faster than ripgrep over all files`,
		unit: '×',
		better: 'higher',
		ours,
	});
	return [
		figure(
			'search-first',
			'the first 100 lines of a text or a pattern',
			ratios(({ firstMs }) => firstMs),
		),
		figure(
			'search-all',
			'all lines of a text or a pattern',
			ratios(({ ms }) => ms),
		),
		figure('search-bare', '0x[0-9a-f]{16}, without a trigram', [bare.rg / bare.ours.ms]),
		figure('search-common', `the first ${MOST_HITS} lines of "return"`, [
			common.rg / common.ours.ms,
		]),
	];
}

/** Where the right line stands in answers. */
async function rightness(
	connection: DaemonConnection,
	workspace: string,
	definitions: readonly Definition[],
): Promise<Figure[]> {
	const times: number[] = [];
	const rank = async (kind: 'words' | 'symbols', query: string, { path, line }: Definition) => {
		const began = performance.now();
		const { hits } = await connection.request('index/search', {
			workspace,
			kind,
			query,
			limit: 20,
		});
		times.push(performance.now() - began);
		return hits.findIndex((hit) => hit.path === path && hit.line === line) + 1;
	};
	const ranks = { name: [] as number[], symbol: [] as number[], said: [] as number[] };
	for (const definition of definitions) {
		ranks.name.push(await rank('words', definition.name, definition));
		ranks.symbol.push(await rank('symbols', definition.name, definition));
	}
	times.length = 0;
	for (const definition of definitions) {
		const said = saidInWords(definition.name);
		if (said !== undefined) ranks.said.push(await rank('words', said, definition));
	}
	const mrr = (all: readonly number[]) =>
		all.reduce((sum, at) => sum + (at === 0 ? 0 : 1 / at), 0) / all.length;
	const foundIn = (all: readonly number[], most: number) =>
		all.filter((at) => at > 0 && at <= most).length / all.length;
	const figure = (name: string, what: string, value: number): Figure => ({
		name,
		what,
		unit: '',
		better: 'higher',
		ours: [value],
	});
	return [
		figure('mrr-names', 'names that are defined once: the right line, MRR', mrr(ranks.name)),
		figure(
			'symbols-recall',
			'of ctags’ definitions, found as symbols at their line',
			foundIn(ranks.symbol, 20),
		),
		figure('mrr-said', 'names said in words ("open socket"): the right line, MRR', mrr(ranks.said)),
		figure('found-said', 'the same, among the first 10', foundIn(ranks.said, 10)),
		{
			name: 'words-p95',
			what: 'two or more words, p95',
			unit: 'ms',
			better: 'lower',
			ours: [percentile(times, 0.95)],
		},
	];
}
