/** The files of one index that have the words of a query, best first, by its segments. */
import type { Sqlite } from '../../../sqlite/open.ts';
import { readContent } from '../../files/content.ts';
import type { Scope } from '../../files/scope.ts';
import { SegmentDamage } from '../../segments/bytes.ts';
import { encodeDocumentWords } from '../../segments/encodeWords.ts';
import { readWords, type SegmentWords } from '../../segments/words.ts';
import { searchablePath } from '../../words/paths.ts';
import type { WordQuery } from '../../words/query.ts';
import { TermCounter } from '../../words/terms.ts';
import type { OpenSegment } from '../segments.ts';
import { type Answers, answersOf, bestFirst } from './scoring.ts';

export interface RankedFile {
	readonly path: string;
	/** Of the file as it was indexed. */
	readonly stamp: string;
	/** The higher the better. */
	readonly score: number;
}

type Row = Omit<RankedFile, 'score'>;

/** Files that no segment has any more, as they are now. */
export interface LostFiles {
	readonly words: SegmentWords;
	/** By document. */
	readonly rows: readonly Row[];
	/** The time was over before all had been read. */
	readonly incomplete: boolean;
}

/** Rows that are looked up alone; then all of a segment are read at once. */
const LOOKED_UP = 1000;

/**
 * Inside of a transaction, so that rows and segments belong together.
 * @param lostFiles Given what was lost, with the segments that are damaged; asked once, where anything is.
 */
export function rankedIn(
	db: Sqlite,
	segments: readonly OpenSegment[],
	query: WordQuery,
	take: number,
	admits: (path: string) => boolean,
	lostFiles: (rows: readonly Row[]) => LostFiles,
): RankedFile[] {
	const sources: { readonly answers: Answers; rowOf: (doc: number) => Row | undefined }[] = [];
	const lost = db
		.prepare<[], Row>('SELECT path, stamp FROM files WHERE hash IS NOT NULL AND segment IS NULL')
		.all();
	const one = db.prepare<[number, number], Row>(
		'SELECT path, stamp FROM files WHERE segment = ? AND doc = ?',
	);
	for (const segment of segments) {
		const answers = answersIn(segment, query);
		if (answers === undefined) lost.push(...rowsOf(db, segment.id).values());
		else sources.push({ answers, rowOf: rowReader(db, one, segment.id) });
	}
	if (lost.length > 0) {
		const { words, rows } = lostFiles(lost);
		sources.push({ answers: answersOf(words, query), rowOf: (doc) => rows[doc] });
	}
	const ranked: RankedFile[] = [];
	const answers = sources.map((source) => source.answers);
	for (const { source, doc, score } of bestFirst(query, answers)) {
		const row = sources[source]?.rowOf(doc);
		if (row === undefined || !admits(row.path)) continue;
		ranked.push({ ...row, score });
		if (ranked.length === take) break;
	}
	return ranked;
}

/** Undefined where the segment is gone or damaged: its files are looked through until the next walk has read them again. */
function answersIn({ reader, onDamage }: OpenSegment, query: WordQuery): Answers | undefined {
	try {
		return reader && answersOf(reader.words(), query);
	} catch (error) {
		if (!(error instanceof SegmentDamage)) throw error;
		onDamage();
		return undefined;
	}
}

function rowsOf(db: Sqlite, segment: number): Map<number, Row> {
	const rows = db
		.prepare<[number], [doc: number, path: string, stamp: string]>(
			'SELECT doc, path, stamp FROM files WHERE segment = ?',
		)
		.raw()
		.all(segment);
	return new Map(rows.map(([doc, path, stamp]) => [doc, { path, stamp }]));
}

function rowReader(
	db: Sqlite,
	one: { get(segment: number, doc: number): Row | undefined },
	segment: number,
): (doc: number) => Row | undefined {
	let looked = 0;
	let all: Map<number, Row> | undefined;
	return (doc) => {
		if (looked++ === LOOKED_UP) all = rowsOf(db, segment);
		return all === undefined ? one.get(segment, doc) : all.get(doc);
	};
}

const READ_BYTES = 64 * 1024 * 1024;

/** Counts the words of files as they are, for so long. */
export function readLost(scope: Scope, lost: readonly Row[], budgetMs: number): LostFiles {
	const begun = performance.now();
	const counter = new TermCounter();
	const rows: Row[] = [];
	const documents: ReturnType<TermCounter['documentOf']>[] = [];
	let incomplete = false;
	for (const { path } of lost) {
		if (performance.now() - begun > budgetMs) {
			incomplete = true;
			break;
		}
		const content = readContent(scope, path, READ_BYTES);
		if (content.kind !== 'text') continue;
		rows.push({ path, stamp: content.stamp });
		documents.push(counter.documentOf(content.text, searchablePath(path)));
	}
	const bytes = encodeDocumentWords(documents);
	const words = readWords((from, length) => bytes.subarray(from, from + length));
	return { words, rows, incomplete };
}
