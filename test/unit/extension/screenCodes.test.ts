import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScreenCodes } from '../../../extension/logs/views/screenCodes.ts';

const ESC = '\u001b';

function shown(...chunks: string[]): string {
	const codes = new ScreenCodes();
	return chunks.map((chunk) => codes.strip(chunk)).join('') + codes.flush();
}

describe('what of a log reaches a terminal', () => {
	test.each([
		['text and its lines', 'a\nb\r\nc', 'a\r\nb\r\nc'],
		['colours', `${ESC}[1;31mred${ESC}[0m ${ESC}[38:5:12mblue${ESC}[m`, undefined],
		['a line that is drawn again', '10%\r\t20%\b\b', undefined],
		['erasing within the line', `${ESC}[K${ESC}[2K`, undefined],
		['no moved cursor, no cleared screen', `a${ESC}[2J${ESC}[H${ESC}[3Ab${ESC}[?1049h`, 'ab'],
		['no title, clipboard or link', `a${ESC}]0;t\u0007${ESC}]52;c;eA==${ESC}\\b`, 'ab'],
		['no question that is answered', `a${ESC}[c${ESC}[6n${ESC}Z${ESC}P+q544e${ESC}\\b`, 'ab'],
		['no other set of characters', `a${ESC}(0b${ESC}c`, 'ab'],
		[
			'no bell, and none of the codes of eight bits',
			'a\u0007\u009b2Jb\u009d0;t\u009cc\u0085',
			'abc',
		],
		['no colour with what colours have not', `${ESC}[>4;2m${ESC}[?1mx`, 'x'],
		['what comes after a string that does not end', `${ESC}]0;title\nb`, '\r\nb'],
		['what comes after a code that does not end', `${ESC}[31\nb`, '\r\nb'],
		['nothing of a code that is not finished', `a${ESC}[3`, 'a'],
	])('%s', (_what, log, expected) => {
		expect(shown(log)).toBe(expected ?? log);
	});

	const piece = fc.oneof(
		fc.constantFrom(
			ESC,
			'[',
			']',
			'P',
			'\\',
			'\u0007',
			'\u009b',
			'\u009d',
			'\u009c',
			'\r',
			'\n',
			'm',
		),
		fc.constantFrom(`${ESC}[31m`, `${ESC}[2K`, `${ESC}[2J`, `${ESC}]8;;x${ESC}\\`, `${ESC}[?25l`),
		fc.constantFrom('0', ';', '?', ' ', '(', '\b', '\t', '\0', 'x'.repeat(5_000)),
		fc.string({ unit: 'binary', maxLength: 8 }),
	);

	test('nothing else, whatever is printed and wherever chunks are cut', () => {
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat(200)), (pieces, cuts) => {
				const log = pieces.join('');
				const whole = shown(log);
				const chunks: string[] = [];
				let rest = log;
				for (const cut of cuts) {
					chunks.push(rest.slice(0, cut));
					rest = rest.slice(cut);
				}
				expect(shown(...chunks, rest)).toBe(whole);
				const harmless = whole.replaceAll(new RegExp(`${ESC}\\[(?:[\\d;:]*m|[0-2]?K)`, 'g'), '');
				// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
				expect(harmless).not.toMatch(/[\0-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]/);
			}),
		);
	});

	test('in a time that goes with its length', () => {
		const flood = `${ESC}]`.repeat(500_000) + `${ESC}[`.repeat(500_000);
		expect(shown(flood)).toBe('');
	});
});
