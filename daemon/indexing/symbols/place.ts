/** Names with the lines that they stand on. */
import type { PlacedSymbol } from '../segments/symbols.ts';
import { readSymbols } from './read.ts';

/** Of a text, in the order in which they stand. */
export function placedSymbols(path: string, text: string): PlacedSymbol[] {
	let line = 1;
	let start = 0;
	const breakAfter = lineBreaksOf(text);
	return readSymbols(path, text).map(({ name, kind, at, container }) => {
		for (;;) {
			const end = breakAfter(start);
			if (end === -1 || end >= at) break;
			line++;
			start = end + 1;
		}
		return { name, kind, container, line, column: at - start + 1 };
	});
}

/**
 * Gives the last unit of the first line end from a place on, which only grows; -1 without one. A lone \r ends a line,
 * too.
 */
function lineBreaksOf(text: string): (from: number) => number {
	// Most texts have none, and each is looked for to the end of the text.
	let returned = text.indexOf('\r');
	return (from) => {
		if (returned !== -1 && returned < from) returned = text.indexOf('\r', from);
		const feed = text.indexOf('\n', from);
		if (returned === -1 || (feed !== -1 && feed <= returned + 1)) return feed;
		return text.charCodeAt(returned + 1) === 0x0a ? returned + 1 : returned;
	};
}
