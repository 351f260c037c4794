/** Text as a terminal shows it: cells, not characters. */

import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';
import type { Style, View } from './style.ts';

export const cellWidth = (text: string): number => stringWidth(text);

/** Cuts `text` to at most `width` cells and says so with an ellipsis. Colours survive. */
export function cut(
	text: string,
	width: number,
	style: Style,
	position: 'start' | 'middle' | 'end' = 'end',
): string {
	if (width === Number.POSITIVE_INFINITY || cellWidth(text) <= width) return text;
	if (width <= style.symbols.ellipsis.length) return cliTruncate(text, Math.max(0, width));
	const options = { position, truncationCharacter: style.symbols.ellipsis };
	const shortened = cliTruncate(text, width, options);
	// A wide character across the border is kept whole, which is one cell too many.
	return cellWidth(shortened) <= width ? shortened : cliTruncate(text, width - 1, options);
}

export function padEnd(text: string, width: number): string {
	return text + ' '.repeat(Math.max(0, width - cellWidth(text)));
}

export function padStart(text: string, width: number): string {
	return ' '.repeat(Math.max(0, width - cellWidth(text))) + text;
}

// Cc covers ESC and newlines; bidirectional controls could make a title read as something else.
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * One line that is safe to print: what others chose (titles, snippets, messages) may hold escape
 * codes. Not for text that we have painted: its colours would go.
 */
export function oneLine(text: string): string {
	return withoutTerminalCodes(text).replace(CONTROLS, ' ').trim();
}

/** Breaks a sentence at spaces. A word longer than a line stays whole. */
export function wrap(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		if (line !== '' && cellWidth(line) + 1 + cellWidth(word) > width) {
			lines.push(line);
			line = word;
		} else {
			line = line === '' ? word : `${line} ${word}`;
		}
	}
	return [...lines, line];
}

/** Wraps each line of a text by itself; lines that are set in stay so. */
export function wrapLines(text: string, width: number): string[] {
	return text.split('\n').flatMap((line) => {
		const indent = /^ */.exec(line)?.[0] ?? '';
		const lines = wrap(line.slice(indent.length), width - indent.length);
		return lines.map((one) => (indent + one).trimEnd());
	});
}

/** What a person should know, on as many lines as it takes. */
export function warning(sentence: string, { style, width }: View): string[] {
	return wrap(`${style.symbols.warning} ${oneLine(sentence)}`, width).map(style.yellow);
}
