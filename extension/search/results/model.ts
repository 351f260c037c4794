/** Search results as rows, and what of them is shown: without the editor's API. */
import type { Hit } from '../../../shared/protocol/indexing.ts';
import { byFile } from '../hits.ts';

export interface FileRow {
	readonly kind: 'file';
	readonly path: string;
	readonly hits: readonly HitRow[];
}

export interface HitRow {
	readonly kind: 'hit';
	readonly hit: Hit;
	readonly file: FileRow;
	/** Among all of them. */
	readonly number: number;
}

export function rowsOf(hits: readonly Hit[]): FileRow[] {
	let number = 0;
	return byFile(hits).map((ofFile) => {
		const rows: HitRow[] = [];
		const file: FileRow = { kind: 'file', path: ofFile[0]?.path ?? '', hits: rows };
		for (const hit of ofFile) rows.push({ kind: 'hit', hit, file, number: number++ });
		return file;
	});
}

/** Where in the snippet what was looked for stands: [from, to) in UTF-16 units, ascending. */
export function highlightsOf(hit: Hit, query: string): [number, number][] {
	const { matchAt, column, endColumn } = hit;
	if (matchAt !== undefined && endColumn !== undefined) {
		return [[matchAt, Math.min(hit.snippet.length, matchAt + endColumn - column)]];
	}
	const words = query.match(/[\p{L}\p{N}_]+/gu) ?? [];
	const marked: [number, number][] = [];
	const text = hit.snippet.toLowerCase();
	for (const word of words) {
		const wanted = word.toLowerCase();
		for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
			marked.push([at, at + wanted.length]);
		}
	}
	marked.sort((a, b) => a[0] - b[0]);
	const apart: [number, number][] = [];
	for (const [from, to] of marked) {
		const last = apart.at(-1);
		if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
		else apart.push([from, to]);
	}
	return apart;
}

/** As grep writes them, one line each. */
export const asText = (rows: readonly (FileRow | HitRow)[]): string =>
	rows
		.flatMap((row) => (row.kind === 'file' ? row.hits : [row]))
		.map(({ hit }) => `${hit.path}:${hit.line}:${hit.column}: ${hit.snippet}\n`)
		.join('');
