/** Queries as people put them, over packages that anybody can have, and what each must find. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import python from './judged.python.json' with { type: 'json' };
import three from './judged.three.json' with { type: 'json' };

export interface JudgedQuery {
	readonly query: string;
	readonly path: string;
	/** In the line that is shown. */
	readonly text: string | undefined;
}

export interface JudgedTree {
	readonly name: string;
	readonly folder: string;
	readonly exclude: readonly string[];
	readonly queries: readonly JudgedQuery[];
}

/** Those that are there: a package of Debian's and one of npm's. */
export function judgedTrees(): JudgedTree[] {
	const trees = [
		{
			name: 'Python 3.11’s library',
			folder: '/usr/lib/python3.11',
			exclude: ['site-packages/', 'dist-packages/', '__pycache__/'],
			queries: python.queries,
		},
		{
			name: 'three.js',
			folder: join(import.meta.dirname, '../node_modules/three'),
			exclude: ['build/'],
			queries: three.queries,
		},
	];
	return trees
		.filter(({ folder }) => existsSync(folder))
		.map(({ queries, ...tree }) => ({
			...tree,
			queries: queries.map(([query = '', path = '', text]) => ({ query, path, text })),
		}));
}

/**
 * How good a list ripgrep can give: files with most of the words first, of those the ones with most lines that have one.
 * @returns the rank of the file, 0 where no word is in it.
 */
export function rankByRipgrep(tree: JudgedTree, { query, path }: JudgedQuery): number {
	const phrase = /^"(.+)"$/.exec(query)?.[1];
	const words = phrase === undefined ? (query.match(/\w{2,}/g) ?? []) : [phrase];
	const files = new Map<string, { words: number; lines: number }>();
	for (const word of words) {
		for (const [file, lines] of countsOf(tree, word)) {
			const before = files.get(file) ?? { words: 0, lines: 0 };
			files.set(file, { words: before.words + 1, lines: before.lines + lines });
		}
	}
	const order = [...files].sort(
		([one, a], [other, b]) => b.words - a.words || b.lines - a.lines || (one < other ? -1 : 1),
	);
	return order.findIndex(([file]) => file === path) + 1;
}

function countsOf({ folder, exclude }: JudgedTree, word: string): [string, number][] {
	const globs = exclude.map((pattern) => `--glob=!${pattern}`);
	let counts: string;
	try {
		counts = execFileSync(
			'rg',
			[...['-c', '-i', '-F', '--no-config', '--no-ignore'], ...globs, '-e', word, '.'],
			{ cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: 'pipe' },
		);
	} catch {
		// It found nothing.
		return [];
	}
	return counts
		.trim()
		.split('\n')
		.map((line) => {
			const colon = line.lastIndexOf(':');
			return [line.slice(0, colon).replace(/^\.\//, ''), Number(line.slice(colon + 1))];
		});
}
