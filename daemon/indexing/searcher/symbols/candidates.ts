/** Which definitions can answer a query, best first, by the segments of an index. */
import type { Sqlite } from '../../../sqlite/open.ts';
import { SegmentDamage } from '../../segments/bytes.ts';
import type { PlacedSymbol, SegmentSymbols } from '../../segments/symbols.ts';
import type { SymbolKind } from '../../symbols/symbol.ts';
import { priorOf } from '../../words/paths.ts';
import type { OpenSegment } from '../segments.ts';
import { foldName, type NameQuery, worthOf } from './match.ts';

export interface SymbolCandidate {
	readonly workspace: string;
	readonly path: string;
	/** Of the file as it was indexed; undefined where it was read just now. */
	readonly stamp: string | undefined;
	readonly symbol: PlacedSymbol;
	/** The higher the better. */
	readonly worth: number;
}

/** Files whose names no segment has, or has as they were. */
export interface UnsettledFile {
	readonly path: string;
	readonly stamp: string;
}

/** Of one index: whoever wants to see more asks for more of the name. */
const MOST = 2000;
/** Beginnings of parts are looked for where there are few better ones, and in so many names: each must be looked at. */
const FEW = 50;
const NAMES_OF_PARTS = 8 * 1024 * 1024;
const PRIOR = 10;

const KIND_WORTH: Readonly<Partial<Record<SymbolKind, number>>> = {
	class: 3,
	interface: 3,
	struct: 3,
	enum: 2,
	type: 2,
	function: 2,
	method: 1,
	macro: 1,
	module: 1,
	enumMember: -1,
	heading: -4,
};

/** What a definition is worth by itself, whatever the file says; 0 where it does not answer the query. */
export function worthOfSymbol(symbol: PlacedSymbol, path: string, query: NameQuery): number {
	const worth = worthOf(symbol.name, query);
	if (worth === 0 || !foldName(symbol.container).includes(query.container)) return 0;
	const contained = query.container !== '' && foldName(symbol.container) === query.container;
	return worth + (KIND_WORTH[symbol.kind] ?? 0) + PRIOR * priorOf(path) + (contained ? 5 : 0);
}

export function symbolsIn(
	db: Sqlite,
	segments: readonly OpenSegment[],
	workspace: string,
	query: NameQuery,
	admits: (path: string) => boolean,
): SymbolCandidate[] {
	const rowOf = db
		.prepare<[number, number], [path: string, stamp: string, pending: number]>(
			'SELECT path, stamp, pending FROM files WHERE segment = ? AND doc = ?',
		)
		.raw();
	const found = namesIn(segments, query).sort((a, b) => b.worth - a.worth);
	const candidates: SymbolCandidate[] = [];
	for (const { segment, symbols, number } of found) {
		if (candidates.length >= MOST) break;
		for (const { doc, ...symbol } of symbols.definitions(number)) {
			const [path, stamp, pending] = rowOf.get(segment, doc) ?? [];
			if (path === undefined || stamp === undefined || pending === 1 || !admits(path)) continue;
			const worth = worthOfSymbol(symbol, path, query);
			if (worth > 0) candidates.push({ workspace, path, stamp, symbol, worth });
		}
	}
	return candidates;
}

/** Known to have changed since they were read, or of a segment that is damaged or gone. */
export function unsettledIn(
	db: Sqlite,
	segments: readonly OpenSegment[],
	admits: (path: string) => boolean,
): UnsettledFile[] {
	const files = db
		.prepare<[], UnsettledFile>(
			'SELECT path, stamp FROM files WHERE pending = 1 OR (hash IS NOT NULL AND segment IS NULL)',
		)
		.all();
	const lost = segments.filter((segment) => symbolsOf(segment) === 'damaged');
	const filesOf = db.prepare<[number], UnsettledFile>(
		'SELECT path, stamp FROM files WHERE segment = ? AND pending = 0',
	);
	for (const { id } of lost) files.push(...filesOf.all(id));
	return files.filter(({ path }) => admits(path));
}

interface FoundName {
	readonly segment: number;
	readonly symbols: SegmentSymbols;
	readonly number: number;
	readonly worth: number;
}

function namesIn(segments: readonly OpenSegment[], query: NameQuery): FoundName[] {
	const wanted = query.terms[0] ?? '';
	const found: FoundName[] = [];
	const readable = segments.flatMap((segment) => {
		const symbols = symbolsOf(segment);
		return symbols === undefined || symbols === 'damaged' ? [] : [{ id: segment.id, symbols }];
	});
	for (const { id, symbols } of readable) {
		const folded = foldName(symbols.names);
		for (let at = folded.indexOf(wanted); at !== -1; ) {
			const number = symbols.numberAt(at);
			const worth = worthOf(symbols.name(number), query);
			if (worth > 0) found.push({ segment: id, symbols, number, worth });
			at = folded.indexOf(wanted, folded.indexOf('\n', at));
		}
	}
	if (found.length > FEW || wanted.length < 2) return found;
	let left = NAMES_OF_PARTS;
	for (const { id, symbols } of readable) {
		left -= symbols.names.length;
		if (left < 0) break;
		for (const [number, name] of symbols.names.split('\n').entries()) {
			if (name === '' || foldName(name).includes(wanted)) continue;
			const worth = worthOf(name, query);
			if (worth > 0) found.push({ segment: id, symbols, number, worth });
		}
	}
	return found;
}

function symbolsOf({ reader, onDamage }: OpenSegment): SegmentSymbols | 'damaged' | undefined {
	if (reader === undefined) return 'damaged';
	try {
		return reader.symbols();
	} catch (error) {
		if (!(error instanceof SegmentDamage)) throw error;
		onDamage();
		return 'damaged';
	}
}
