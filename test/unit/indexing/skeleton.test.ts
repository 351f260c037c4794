import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPattern } from '../../../daemon/indexing/searcher/text/pattern.ts';
import { skeletonOf } from '../../../daemon/indexing/searcher/text/skeleton.ts';
import { compilePattern } from '../../../daemon/regex/compile.ts';

const source = (pattern: string) => skeletonOf(pattern, true)?.source;

describe('what every match of a pattern has', () => {
	it.each([
		['0x[0-9a-f]{16}', '0x[0-9a-f]{16}'],
		['mutex_(un)?lock\\(', 'mutex_'],
		['^export interface \\w+Options$', 'export interface \\w'],
		['ab+c', 'ab'],
		['a?bc*', 'b'],
		['\\d{2,}', '\\d{2}'],
		['[^a]x[]b]y', '[^]x[^]y'],
		['\\bfoo\\.bar', 'foo\\.bar'],
		['(?P<n>a|b)c', 'c'],
		['x^*y', 'xy'],
		['[[:alpha:]]z', '[^]z'],
		['\\x{41}\\p{Lu}q', '[^][^]q'],
	])('%s has %s', (pattern, wanted) => {
		expect(source(pattern)).toBe(wanted);
	});

	it.each(['a|b', '.*', '(ab)', '\\Qa|b\\E', '(?i)abc', '[^a]', '^$', 'x*'])(
		'nothing is certain of %s',
		(pattern) => {
			expect(source(pattern)).toBeUndefined();
		},
	);

	it('never hides a line that RE2 finds', () => {
		const atom = fc.constantFrom(
			...[
				'a',
				'B',
				'ſ',
				'K',
				'é',
				'0',
				'_',
				'-',
				'.',
				'\\.',
				'\\d',
				'\\w',
				'\\s',
				'\\W',
				'\\D',
				'\\b',
				'^',
				'$',
			],
			...[
				'[ab]',
				'[^a]',
				'[a-f0-9]',
				'[\\w-]',
				'[]a]',
				'[[:digit:]]',
				'\\x41',
				'\\x{e9}',
				'\\pL',
				'\\t',
				'\\101',
			],
			...['(a|b)', '(?:ab)', '(?P<x>a)', '([)a])', '{', '}', ']', 'k', 's'],
		);
		const times = fc.constantFrom(
			'',
			'',
			'',
			'*',
			'+',
			'?',
			'{2}',
			'{0,1}',
			'{1,}',
			'+?',
			'{2,3}?',
		);
		const pattern = fc
			.array(fc.tuple(atom, times), { minLength: 1, maxLength: 6 })
			.map((parts) => parts.map((part) => part.join('')).join(''));
		const text = fc
			.array(fc.constantFrom(...'aAbBkKKsSſéÉ0A19_-. \t\n{}]é'.split(''), '\r\n', '😀'), {
				maxLength: 40,
			})
			.map((chars) => chars.join(''));
		fc.assert(
			fc.property(pattern, text, fc.boolean(), (wanted, where, caseSensitive) => {
				let compiled: ReturnType<typeof compilePattern>;
				try {
					compiled = compilePattern(wanted.normalize('NFC'), caseSensitive);
				} catch {
					return;
				}
				const lines = where.split('\n').map((line) => line.replace(/\r$/, ''));
				// What stands behind the last end of line is none.
				if (lines.at(-1) === '') lines.pop();
				const expected = lines.filter((line) => compiled.matcher(line).find());
				const { matchesIn } = createPattern({ kind: 'regex', text: wanted }, caseSensitive);
				const found = [...matchesIn(where)].map(({ lineStart, lineEnd }) =>
					where.slice(lineStart, lineEnd).replace(/\r$/, ''),
				);
				expect(found).toEqual(expected);
			}),
			{ numRuns: 3000 },
		);
	});
});
