/** Languages whose definitions are to be seen on their line alone. */
import type { Reader, SymbolKind } from '../symbol.ts';

export type Rule = readonly [kind: SymbolKind, pattern: RegExp];

export interface LineSyntax {
	/** The first group is the name. With the flag d, so that its place is known; all that match count. */
	readonly rules: readonly Rule[];
	/** Between such lines nothing is defined. */
	readonly comment?: readonly [begin: RegExp, end: RegExp];
	/** More names behind a property, one in each match. */
	readonly further?: RegExp;
	/** From here on nothing is defined. */
	readonly stop?: RegExp;
	/** What belongs to a definition stands further to the right. */
	readonly indented?: boolean;
	/** By kinds that other names belong to. */
	readonly holders?: readonly SymbolKind[];
}

/** Longer lines are data. */
const LINE_LENGTH = 300;

export function readerByLine(syntax: LineSyntax): Reader {
	const { rules, comment, stop, further, holders = [] } = syntax;
	return (text, emit) => {
		const open: { readonly column: number; readonly name: string }[] = [];
		let inComment = false;
		let heredoc: string | undefined;
		for (let from = 0; from < text.length; ) {
			const newline = text.indexOf('\n', from);
			const end = newline === -1 ? text.length : newline;
			const start = from;
			from = end + 1;
			if (end === start || end - start > LINE_LENGTH) continue;
			const line = text.slice(start, end);
			if (stop?.test(line)) return;
			if (syntax.indented && /^\s*(?:#|\/\/)/.test(line)) continue;
			if (heredoc !== undefined) {
				if (line.trim() === heredoc) heredoc = undefined;
				continue;
			}
			if (comment !== undefined) {
				if (inComment ? comment[1].test(line) : comment[0].test(line)) {
					inComment = !inComment;
					continue;
				}
				if (inComment) continue;
			}
			if (syntax.indented && line.includes('<<')) heredoc = heredocIn(line, text, end);
			let column = -1;
			for (const [kind, pattern] of rules) {
				const match = pattern.exec(line);
				const place = match?.indices?.[1];
				if (match === null || place === undefined) continue;
				const name = match[1] ?? '';
				if (syntax.indented && column === -1) {
					column = line.search(/\S/);
					while ((open.at(-1)?.column ?? -1) >= column) open.pop();
				}
				emit(name, kind, start + place[0], open.at(-1)?.name ?? '');
				if (kind === 'property' && further !== undefined) {
					for (const more of line.slice(place[1]).matchAll(further)) {
						const behind = start + place[1] + more.index + more[0].length;
						const other = more[1] ?? '';
						emit(other, kind, behind - other.length, open.at(-1)?.name ?? '');
					}
				}
				if (holders.includes(kind)) {
					if (!syntax.indented) open.length = 0;
					open.push({ column: Math.max(column, 0), name });
				}
				break;
			}
		}
	};
}

/** The word that ends a text which begins behind the line; none where that is quoted, or never ends. */
function heredocIn(line: string, text: string, end: number): string | undefined {
	const begun = /<<[~-]?['"\\]?([A-Z][A-Z0-9_]+)['"]?/.exec(line);
	if (begun === null || line.slice(0, begun.index).split('"').length % 2 === 0) return undefined;
	return text.includes(`${begun[1]}\n`, end) ? begun[1] : undefined;
}
