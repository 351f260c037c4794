/** Names and where they are defined, true of the files as they are now. */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Hit } from '../../../../shared/protocol/indexing.ts';
import { guardDamage } from '../../catalogue/database.ts';
import { folderPath } from '../../catalogue/location.ts';
import { readContent } from '../../files/content.ts';
import type { Scope } from '../../files/scope.ts';
import type { PlacedSymbol } from '../../segments/symbols.ts';
import { placedSymbols } from '../../symbols/place.ts';
import { around, composed, snippetAround } from '../../words/lines.ts';
import type { IndexChoice } from '../ranking.ts';
import type { Asked } from '../text/language.ts';
import { createPattern } from '../text/pattern.ts';
import type { TextSearchDependencies } from '../text/search.ts';
import {
	type SymbolCandidate,
	symbolsIn,
	type UnsettledFile,
	unsettledIn,
	worthOfSymbol,
} from './candidates.ts';
import { type NameQuery, readNames } from './match.ts';

export interface SymbolSearchOptions {
	readonly limit: number;
	readonly contextLines: number;
	/** Candidates that earlier pages looked at. */
	readonly offset: number;
}

export interface SymbolPage {
	readonly hits: Hit[];
	/** Candidates looked at; undefined where none is left. */
	readonly next: number | undefined;
	/** The time was over before all files that changed had been read. */
	readonly incomplete: boolean;
}

/** How long files are read that no segment has. */
const UNSETTLED_MS = 1000;
/** Other requests, and a cancellation of this one, are read so often, ms. */
const TURN_MS = 8;
const READ_BYTES = 64 * 1024 * 1024;

/** @throws The signal's reason; SemanticaError VALIDATION for a pattern that is refused. */
export async function searchSymbols(
	dependencies: TextSearchDependencies,
	choices: readonly IndexChoice[],
	asked: Asked,
	{ limit, contextLines, offset }: SymbolSearchOptions,
): Promise<SymbolPage> {
	const query = readNames(asked.symbols);
	if (query === undefined) return { hits: [], next: undefined, incomplete: false };
	const { scope, signal } = dependencies;
	let turned = performance.now();
	const breathe = async (): Promise<void> => {
		if (performance.now() - turned < TURN_MS) return;
		await turn();
		signal.throwIfAborted();
		turned = performance.now();
	};
	const { candidates, incomplete } = await gather(dependencies, choices, asked, query, breathe);
	const admits = admitting(asked);
	const hits: Hit[] = [];
	let number = offset;
	let file: OpenFile | undefined;
	for (; number < candidates.length && hits.length < limit; number++) {
		await breathe();
		const candidate = candidates[number];
		if (candidate === undefined) break;
		if (file?.candidate.path !== candidate.path || file.candidate.workspace !== candidate.workspace)
			file = openFile(scope(candidate.workspace), candidate, admits);
		const symbol = file === undefined ? undefined : symbolNow(file, candidate);
		if (file === undefined || symbol === undefined) continue;
		hits.push(hitOf(candidate, file, symbol, contextLines));
	}
	return { hits, next: number < candidates.length ? number : undefined, incomplete };
}

async function gather(
	{ paths, indexes, segments, scope }: TextSearchDependencies,
	choices: readonly IndexChoice[],
	asked: Asked,
	query: NameQuery,
	breathe: () => Promise<void>,
): Promise<{ candidates: SymbolCandidate[]; incomplete: boolean }> {
	const found = new Map<string, SymbolCandidate>();
	const add = (candidate: SymbolCandidate): void => {
		const { workspace, path, symbol } = candidate;
		const place = `${join(folderPath(workspace), path)}:${symbol.line}:${symbol.column}`;
		if (!found.has(place)) found.set(place, candidate);
	};
	const begun = performance.now();
	let incomplete = false;
	for (const { index, within } of choices) {
		const db = indexes.open(index);
		if (db === undefined) continue;
		const admits = (path: string): boolean => path.startsWith(within) && asked.admitsPath(path);
		let unsettled: readonly UnsettledFile[] = [];
		guardDamage(paths, index, () =>
			db.transaction(() => {
				const open = segments.of(db, index);
				for (const candidate of symbolsIn(db, open, index, query, admits)) add(candidate);
				unsettled = unsettledIn(db, open, admits);
			})(),
		);
		for (const { path } of unsettled) {
			if (performance.now() - begun > UNSETTLED_MS) {
				incomplete = true;
				break;
			}
			await breathe();
			const content = readContent(scope(index), path, READ_BYTES);
			if (content.kind !== 'text') continue;
			for (const symbol of placedSymbols(path, content.text.toString())) {
				const worth = worthOfSymbol(symbol, path, query);
				if (worth > 0) add({ workspace: index, path, stamp: undefined, symbol, worth });
			}
		}
	}
	const candidates = [...found.values()].sort(
		(a, b) =>
			b.worth - a.worth ||
			(a.path < b.path ? -1 : a.path > b.path ? 1 : a.symbol.line - b.symbol.line),
	);
	return { candidates, incomplete };
}

interface OpenFile {
	readonly candidate: SymbolCandidate;
	readonly stamp: string;
	readonly text: string;
	readonly lines: readonly string[];
	/** Read when first needed. */
	symbols: PlacedSymbol[] | undefined;
}

/** Undefined where it is gone, or does not have what it must. */
function openFile(
	scope: Scope,
	candidate: SymbolCandidate,
	admits: (text: string) => boolean,
): OpenFile | undefined {
	const content = readContent(scope, candidate.path, READ_BYTES);
	if (content.kind !== 'text') return undefined;
	const text = content.text.toString();
	if (!admits(text)) return undefined;
	const lines = text.split(/\r\n|\n|\r/);
	return { candidate, stamp: content.stamp, text, lines, symbols: undefined };
}

/** Where the name is defined now: of several in the file the nearest to where it was. */
function symbolNow(
	file: OpenFile,
	{ stamp, path, symbol }: SymbolCandidate,
): PlacedSymbol | undefined {
	const line = file.lines[symbol.line - 1] ?? '';
	const stands = line
		.slice(symbol.column - 1)
		.normalize('NFC')
		.startsWith(symbol.name);
	if ((stamp === undefined || stamp === file.stamp) && stands) return symbol;
	file.symbols ??= placedSymbols(path, file.text);
	let nearest: PlacedSymbol | undefined;
	const distance = (other: PlacedSymbol): number => Math.abs(other.line - symbol.line);
	for (const other of file.symbols) {
		if (other.name.normalize('NFC') !== symbol.name || other.kind !== symbol.kind) continue;
		if (nearest === undefined || distance(other) < distance(nearest)) nearest = other;
	}
	return nearest;
}

function hitOf(
	{ workspace, path, worth }: SymbolCandidate,
	{ text, lines }: OpenFile,
	{ name, kind, container, line, column }: PlacedSymbol,
	contextLines: number,
): Hit {
	return {
		workspace,
		path,
		line,
		column,
		endColumn: column + name.length,
		kind: 'symbol',
		symbol: { name, kind, ...(container === '' ? {} : { container }) },
		...snippetAround(lines[line - 1] ?? '', column - 1),
		score: worth,
		...(contextLines === 0 ? {} : around(text, line, contextLines)),
	};
}

/** What else must be in the file, and what must not. */
function admitting({ required, excluded, caseSensitive }: Asked): (text: string) => boolean {
	const patterns = (terms: Asked['required']) =>
		terms.map((term) => createPattern(term, caseSensitive));
	const wanted = patterns(required);
	const unwanted = patterns(excluded);
	if (wanted.length + unwanted.length === 0) return () => true;
	return (text) => {
		const unified = composed(text);
		const has = ({ matchesIn }: (typeof wanted)[number]): boolean =>
			!matchesIn(unified)[Symbol.iterator]().next().done;
		return wanted.every(has) && !unwanted.some(has);
	};
}
