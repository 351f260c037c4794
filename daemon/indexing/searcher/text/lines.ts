/** The lines of a file that match, as it is on disk now. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isShortage } from '../../../../shared/errors.ts';
import { readContent } from '../../files/content.ts';
import { stampOf } from '../../files/probe.ts';
import type { Scope } from '../../files/scope.ts';
import { composed, snippetAround, typedUnits } from '../../words/lines.ts';
import type { TextCandidate } from './candidates.ts';
import type { LineMatch, Pattern } from './pattern.ts';

export interface FoundLine {
	/** 1-based. */
	readonly line: number;
	/** 1-based, UTF-16 units of the line as it is in the file. */
	readonly column: number;
	readonly endColumn: number;
	readonly snippet: string;
	/** Where in the snippet it begins. */
	readonly matchAt: number;
	/** Which of the patterns. */
	readonly pattern: number;
}

export interface FoundLines {
	/** Ascending, each line once. */
	readonly lines: readonly FoundLine[];
	/** Of the file, where all of it was read. */
	readonly text: string | undefined;
}

export interface Looking {
	readonly shown: readonly Pattern[];
	/** What the file must have, beside the first of `shown`. */
	readonly required: readonly Pattern[];
	readonly excluded: readonly Pattern[];
	/** All of the file is wanted. */
	readonly whole: boolean;
}

/** Whatever the limit at indexing was, a file that has grown beyond this is not read. */
const READ_BYTES = 64 * 1024 * 1024;
const NOTHING: FoundLines = { lines: [], text: undefined };

export interface Wanted {
	/** Lines of the file, from its first on. */
	readonly most: number;
	/** So many behind this line will do. */
	readonly enough: number;
	readonly after: number;
}

export function linesIn(
	scope: Scope,
	candidate: TextCandidate,
	looking: Looking,
	wanted: Wanted,
): FoundLines {
	const { shown, required, excluded, whole } = looking;
	if (!whole && required.length === 0 && excluded.length === 0 && candidate.ranges !== undefined) {
		const blocks = readBlocks(scope, candidate, candidate.ranges);
		if (blocks !== undefined) return { lines: linesOf(blocks, shown, wanted), text: undefined };
	}
	const content = readContent(scope, candidate.path, READ_BYTES);
	if (content.kind !== 'text') return NOTHING;
	const text = content.text.toString();
	const unified = composed(text);
	const has = (pattern: Pattern) => !pattern.matchesIn(unified)[Symbol.iterator]().next().done;
	if (!required.every(has) || excluded.some(has)) return NOTHING;
	return { lines: linesOf([{ line: 1, text }], shown, wanted), text };
}

interface Piece {
	/** Its first line, 1-based. */
	readonly line: number;
	readonly text: string;
}

const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Undefined where the file is not the one that was indexed. */
function readBlocks(
	scope: Scope,
	{ path, stamp }: TextCandidate,
	ranges: NonNullable<TextCandidate['ranges']>,
): Piece[] | undefined {
	let fd: number;
	try {
		const real = realpathSync.native(join(scope.root, path));
		if (scope.isOutside(real)) return [];
		fd = openSync(real, OPEN_FLAGS);
	} catch (error) {
		if (isShortage(error)) throw error;
		return [];
	}
	try {
		if (stampOf(fstatSync(fd)) !== stamp) return undefined;
		return ranges.map(({ from, to, line }) => {
			const bytes = Buffer.allocUnsafe(to - from);
			const count = readSync(fd, bytes, 0, bytes.length, from);
			return { line, text: bytes.toString('utf8', 0, count) };
		});
	} finally {
		closeSync(fd);
	}
}

function linesOf(
	pieces: readonly Piece[],
	patterns: readonly Pattern[],
	{ most, enough, after }: Wanted,
): FoundLine[] {
	const found: FoundLine[] = [];
	let behind = 0;
	for (const { line: first, text: original } of pieces) {
		if (found.length >= most || behind >= enough) break;
		const text = composed(original);
		const matches = new Map<number, LineMatch & { readonly pattern: number }>();
		for (const [pattern, { matchesIn }] of patterns.entries()) {
			let count = 0;
			for (const match of matchesIn(text)) {
				if (!matches.has(match.lineStart)) matches.set(match.lineStart, { ...match, pattern });
				if (++count >= most - found.length) break;
			}
		}
		// An accent of its own makes lines of the file longer than those that were searched.
		const originals = text.length === original.length ? undefined : original.split(/\r\n|\n|\r/);
		let line = first;
		let counted = 0;
		for (const match of [...matches.values()].sort((a, b) => a.lineStart - b.lineStart)) {
			if (found.length >= most) break;
			for (let at = text.indexOf('\n', counted); at !== -1 && at < match.lineStart; ) {
				line++;
				counted = at + 1;
				at = text.indexOf('\n', counted);
			}
			if (line > after) behind++;
			const from = match.start - match.lineStart;
			const to = match.end - match.lineStart;
			const own = originals?.[line - first];
			const [column, endColumn] =
				own === undefined ? [from, to] : [typedUnits(own, from), typedUnits(own, to)];
			const shown = own ?? text.slice(match.lineStart, match.lineEnd);
			found.push({
				line,
				column: column + 1,
				endColumn: endColumn + 1,
				...snippetAround(shown, column),
				pattern: match.pattern,
			});
		}
	}
	return found;
}
