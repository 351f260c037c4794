/** Files of which nothing but the path is known: too large, binary, or of no known encoding. They are found by their names. */
import { hash } from 'node:crypto';
import type { Sqlite } from '../../../sqlite/open.ts';
import { encodeDocumentWords } from '../../segments/encodeWords.ts';
import { readWords, type SegmentWords } from '../../segments/words.ts';
import { searchablePath } from '../../words/paths.ts';
import type { WordQuery } from '../../words/query.ts';
import { TermCounter } from '../../words/terms.ts';
import { answersOf, bestFirst } from './scoring.ts';

/** What a name that is found says of the file. */
const REASONS: Readonly<Record<string, string>> = {
	'too-large': 'Found by its name; not indexed, because it is larger than the limit.',
	binary: 'Found by its name; not indexed, because it is binary.',
	encoding: 'Found by its name; not indexed, because its encoding is not known.',
};
const NAMED = Object.keys(REASONS)
	.map((reason) => `'${reason}'`)
	.join(', ');

export interface SkippedName {
	readonly path: string;
	readonly reason: string;
	readonly score: number;
}

export const whySkipped = (reason: string): string => REASONS[reason] ?? '';

interface Known {
	readonly db: Sqlite;
	version: number;
	readonly digest: string;
	readonly rows: readonly (readonly [path: string, reason: string])[];
	readonly words: SegmentWords;
}

export interface SkippedNames {
	/** Best first. */
	find(
		db: Sqlite,
		workspace: string,
		query: WordQuery,
		admits: (path: string) => boolean,
	): SkippedName[];
}

/** Their words are counted once, and again where other files are skipped. */
export function createSkippedNames(): SkippedNames {
	const known = new Map<string, Known>();

	function namesOf(db: Sqlite, workspace: string): Known {
		const before = known.get(workspace);
		// Says whether anybody else has written since.
		const version = Number(db.pragma('data_version', { simple: true }));
		if (before?.db === db && before.version === version) return before;
		const rows = db
			.prepare<[], [path: string, reason: string]>(
				`SELECT path, skipped FROM files WHERE skipped IN (${NAMED}) ORDER BY skipped, path`,
			)
			.raw()
			.all();
		const digest = hash('sha1', JSON.stringify(rows));
		if (before?.db === db && before.digest === digest) {
			before.version = version;
			return before;
		}
		const now = { db, version, digest, rows, words: wordsOf(rows.map(([path]) => path)) };
		known.delete(workspace);
		known.set(workspace, now);
		const [oldest] = known.keys();
		if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
		return now;
	}
	return {
		find(db, workspace, query, admits) {
			const { rows, words } = namesOf(db, workspace);
			if (rows.length === 0) return [];
			const found: SkippedName[] = [];
			for (const { doc, score } of bestFirst(query, [answersOf(words, query)])) {
				const [path = '', reason = ''] = rows[doc] ?? [];
				if (admits(path)) found.push({ path, reason, score });
			}
			return found;
		},
	};
}

/** Of as many indexes as are open at once. */
const KEPT = 4;

function wordsOf(paths: readonly string[]): SegmentWords {
	const counter = new TermCounter();
	const nothing = Buffer.alloc(0);
	const bytes = encodeDocumentWords(
		paths.map((path) => counter.documentOf(nothing, searchablePath(path))),
	);
	return readWords((from, length) => bytes.subarray(from, from + length));
}
