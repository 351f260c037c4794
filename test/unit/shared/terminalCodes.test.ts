import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';

const ESC = '\u001b';

describe('terminal codes', () => {
	test.each([
		[`${ESC}[31mred${ESC}[0m`, 'red'],
		[`${ESC}[38;2;1;2;3mtrue colour${ESC}[m`, 'true colour'],
		[`${ESC}[2K${ESC}[1Gline`, 'line'],
		[`${ESC}]8;;https://example.com${ESC}\\link${ESC}]8;;${ESC}\\`, 'link'],
		[`${ESC}]0;title\u0007text`, 'text'],
		[`${ESC}(Bascii ${ESC}7saved`, 'ascii saved'],
		[`\u009b31mred`, 'red'],
		['no codes [31m at all', 'no codes [31m at all'],
	])('%j', (text, expected) => {
		expect(withoutTerminalCodes(text)).toBe(expected);
	});

	test('one that never ends takes no text along', () => {
		expect(withoutTerminalCodes(`${ESC}]0;a title without an end\nnext line`)).toBe(
			'0;a title without an end\nnext line',
		);
		expect(withoutTerminalCodes(`text${ESC}`)).toBe('text');
		expect(withoutTerminalCodes(`text${ESC}[`)).toBe('text');
	});

	test('ordinary ones are those that Node takes out', () => {
		const code = fc.oneof(
			fc.array(fc.nat(255), { maxLength: 4 }).map((n) => `${ESC}[${n.join(';')}m`),
			fc.constantFrom(`${ESC}[K`, `${ESC}[2J`, `${ESC}[?25l`, `${ESC}]0;title\u0007`),
		);
		const part = fc.oneof(code, fc.stringMatching(/^[a-z0-9 ]{0,8}$/));
		fc.assert(
			fc.property(fc.array(part), (parts) => {
				const text = parts.join('');
				expect(withoutTerminalCodes(text)).toBe(stripVTControlCharacters(text));
			}),
		);
	});

	// Quadratic work on these would take minutes.
	test.each(['[', ']', '[1;', ']a', 'P', `]${'a'.repeat(5000)}`])(
		'a MiB of ESC %.10s costs no more than its length',
		(code) => {
			const hostile = `${ESC}${code}`.repeat(Math.ceil(2 ** 20 / (code.length + 1)));
			expect(withoutTerminalCodes(hostile)).not.toContain(ESC);
		},
	);
});
