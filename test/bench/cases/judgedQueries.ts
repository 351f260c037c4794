/** A hundred judged queries over two packages, beside the best order that ripgrep's counts give. */
import { pathToFileURL } from 'node:url';
import type { BenchContext } from '../daemon.ts';
import type { Figure } from '../figures.ts';
import { type JudgedQuery, judgedTrees, rankByRipgrep } from '../indexing/judged.ts';
import { isInstalled } from '../indexing/tree.ts';

interface Ranks {
	readonly file: number;
	/** Of the right line, where one is meant; else of the file. */
	readonly line: number;
	readonly ripgrep: number | undefined;
}

export async function judgedQueries(context: BenchContext): Promise<Figure[]> {
	const trees = judgedTrees();
	if (trees.length === 0) {
		context.say('judged queries left out: neither Debian’s Python nor npm’s three is there');
		return [];
	}
	const besideRipgrep = isInstalled('rg');
	const ranks = await context.withDaemon(async (daemon) => {
		const connection = await daemon.connect();
		const all: Ranks[] = [];
		try {
			for (const tree of trees) {
				const workspace = pathToFileURL(tree.folder).href;
				const { jobs } = await connection.request('job/enqueue', {
					jobs: [
						{
							type: 'index.workspace',
							workspace,
							payload: { defaultExcludes: false, exclude: [...tree.exclude] },
						},
					],
				});
				await connection.request('job/wait', { ids: jobs.map(({ id }) => id) });
				for (const judged of context.quick ? tree.queries.slice(0, 3) : tree.queries) {
					const { query } = judged;
					const { hits } = await connection.request('index/search', {
						workspace,
						query,
						limit: 50,
					});
					const ripgrep = besideRipgrep ? rankByRipgrep(tree, judged) : undefined;
					const rank = { ...ranksOf(hits, judged), ripgrep };
					all.push(rank);
					if (rank.line !== 1) {
						context.say(`${tree.name}, ${query}: file ${rank.file}, line ${rank.line}`);
					}
				}
			}
			return all;
		} finally {
			connection.dispose();
		}
	});
	const what = `${ranks.length} judged queries over ${trees.map(({ name }) => name).join(' and ')}`;
	const ripgrep = ranks.flatMap((rank) => rank.ripgrep ?? []);
	const others = (value: (ranks: readonly number[]) => number) =>
		ripgrep.length === 0
			? []
			: [{ label: 'ripgrep, by words and lines', values: [value(ripgrep)] }];
	const files = ranks.map(({ file }) => file);
	const lines = ranks.map(({ line }) => line);
	const figure = (name: string, of: string, ours: number): Figure => ({
		name,
		what: `${what}: ${of}`,
		unit: '',
		better: 'higher',
		ours: [ours],
	});
	return [
		{ ...figure('judged-mrr', 'the right file, MRR', mrr(files)), others: others(mrr) },
		{
			...figure('judged-found', 'the right file among the first 10', inTen(files)),
			others: others(inTen),
		},
		figure('judged-lines', 'the right line, MRR', mrr(lines)),
	];
}

function ranksOf(
	hits: readonly { readonly path: string; readonly snippet: string }[],
	{ path, text }: JudgedQuery,
): Omit<Ranks, 'ripgrep'> {
	const paths = [...new Set(hits.map((hit) => hit.path))];
	const isRight = (hit: (typeof hits)[number]) =>
		hit.path === path && (text === undefined || hit.snippet.includes(text));
	return { file: paths.indexOf(path) + 1, line: hits.findIndex(isRight) + 1 };
}

const mrr = (ranks: readonly number[]): number =>
	ranks.reduce((sum, rank) => sum + (rank === 0 ? 0 : 1 / rank), 0) / ranks.length;

const inTen = (ranks: readonly number[]): number =>
	ranks.filter((rank) => rank > 0 && rank <= 10).length / ranks.length;
