import { describe, expect, it } from 'vitest';
import { createStyle } from '../../../daemon/cli/render/style.ts';
import {
	cellWidth,
	cut,
	oneLine,
	padEnd,
	wrap,
	wrapLines,
} from '../../../daemon/cli/render/text.ts';

const plain = createStyle({ color: false, unicode: true });
const ascii = createStyle({ color: false, unicode: false });
const coloured = createStyle({ color: true, unicode: true });

describe('cutting', () => {
	it('leaves alone what fits, and marks what does not', () => {
		expect(cut('hello', 5, plain)).toBe('hello');
		expect(cut('hello!', 5, plain)).toBe('hell…');
		expect(cut('hello world', 8, ascii)).toBe('hello...');
		expect(cut('/a/long/path.ts', 8, plain, 'start')).toBe('…path.ts');
	});

	it('counts cells, not characters', () => {
		expect(cellWidth(cut('日本語のタイトル', 7, plain))).toBeLessThanOrEqual(7);
		expect(cellWidth(padEnd('日本', 6))).toBe(6);
	});

	it('keeps colours closed', () => {
		const text = cut(coloured.red('hello world'), 6, coloured);
		expect(cellWidth(text)).toBe(6);
		expect(text.endsWith('\u001b[39m')).toBe(true);
	});

	it('survives windows narrower than the ellipsis', () => {
		for (const width of [0, 1, 2])
			expect(cellWidth(cut('hello', width, ascii))).toBeLessThanOrEqual(width);
	});
});

describe('text from others', () => {
	it('cannot clear the screen, break lines or turn the direction around', () => {
		expect(oneLine('a\u001b[2Jb\nc\td\u202ee\u0007 ')).toBe('ab c d e');
	});

	it('leaves nothing of its colours and links', () => {
		const link = '\u001b]8;;https://example.org\u0007here\u001b]8;;\u0007';
		expect(oneLine(`\u001b[1;31merror\u001b[0m ${link}`)).toBe('error here');
	});
});

describe('wrapping', () => {
	it('breaks at spaces and leaves long words whole', () => {
		expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
		expect(wrap('a-very-long-word b', 5)).toEqual(['a-very-long-word', 'b']);
		expect(wrap('one line', Number.POSITIVE_INFINITY)).toEqual(['one line']);
	});

	it('goes line by line, and keeps what is set in', () => {
		expect(wrapLines('one two three\n  - four five six\n', 9)).toEqual([
			'one two',
			'three',
			'  - four',
			'  five',
			'  six',
			'',
		]);
	});
});
