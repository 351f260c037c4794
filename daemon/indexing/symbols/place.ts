/** Names with the lines that they stand on. */
import type { PlacedSymbol } from '../segments/symbols.ts';
import { readSymbols } from './read.ts';

/** Of a text, in the order in which they stand. */
export function placedSymbols(path: string, text: string): PlacedSymbol[] {
	let line = 1;
	let start = 0;
	return readSymbols(path, text).map(({ name, kind, at, container }) => {
		for (;;) {
			const end = lineBreak(text, start);
			if (end === -1 || end >= at) break;
			line++;
			start = end + 1;
		}
		return { name, kind, container, line, column: at - start + 1 };
	});
}

/** The last unit of the first line end from there on; -1 without one. A lone \r ends a line, too. */
function lineBreak(text: string, from: number): number {
	const feed = text.indexOf('\n', from);
	const returned = text.indexOf('\r', from);
	if (returned === -1 || (feed !== -1 && feed <= returned + 1)) return feed;
	return text.charCodeAt(returned + 1) === 0x0a ? returned + 1 : returned;
}
