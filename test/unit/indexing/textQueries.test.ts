import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { readAsked } from '../../../daemon/indexing/searcher/text/language.ts';
import { createPathFilter } from '../../../daemon/indexing/searcher/text/pathFilter.ts';
import { createPattern } from '../../../daemon/indexing/searcher/text/pattern.ts';
import { keysOfRegex } from '../../../daemon/indexing/searcher/text/regexKeys.ts';
import type { KeyQuery } from '../../../daemon/indexing/segments/keyQuery.ts';
import { eachTrigram, trigramsOf } from '../../../daemon/indexing/segments/trigrams.ts';

const asked = (query: string) => readAsked({ query, kind: 'words' });

describe('a query', () => {
	test('of words is ranked, whatever signs stand among them', () => {
		for (const query of ['open socket', 'a->b(c)', '--limit 5', '/usr/lib', 'it"s', '-']) {
			expect(asked(query)).toMatchObject({ shown: [], excluded: [], words: query, plain: true });
		}
	});

	test('has phrases, patterns, filters and what must not be there', () => {
		const all = asked(
			'retry "a \\"b\\" c" /x\\/y z+/ -gone -"not this" path:src/ lang:ts -path:*.d.ts',
		);
		expect(all).toMatchObject({
			shown: [
				{ kind: 'text', text: 'a "b" c' },
				{ kind: 'regex', text: 'x/y z+' },
			],
			required: [
				{ kind: 'regex', text: 'x/y z+' },
				{ kind: 'text', text: 'retry' },
			],
			excluded: [
				{ kind: 'text', text: 'not this' },
				{ kind: 'text', text: 'gone' },
			],
			caseSensitive: false,
			plain: false,
		});
		expect(all.admitsPath('lib/src/a.ts')).toBe(true);
		expect(all.admitsPath('lib/src/a.d.ts')).toBe(false);
		expect(all.admitsPath('lib/src/a.js')).toBe(false);
		expect(asked('Open case:yes')).toMatchObject({
			shown: [{ kind: 'text', text: 'Open' }],
			caseSensitive: true,
		});
		expect(readAsked({ query: '"a" -b', kind: 'text' }).shown).toEqual([
			{ kind: 'text', text: '"a" -b' },
		]);
	});

	test.each([
		['*.ts', 'src/a.ts', true],
		['*.ts', 'src/a.tsx', false],
		['src/*.ts', 'src/a.ts', true],
		['src/*.ts', 'src/b/a.ts', false],
		['**/b/*', 'src/b/a.ts', true],
		['SRC', 'src/a.ts', true],
		['a?.ts', 'src/ab.ts', true],
	])('path %s and %s', (pattern, path, holds) => {
		expect(createPathFilter([pattern], [], [], [])(path)).toBe(holds);
	});
});

function may(query: KeyQuery, keys: ReadonlySet<number>): boolean {
	if (query === 'any') return true;
	if (query.kind === 'key') return keys.has(query.key);
	return query.kind === 'and'
		? query.of.every((part) => may(part, keys))
		: query.of.some((part) => may(part, keys));
}

const trigramsIn = (line: string): Set<number> => {
	const keys = new Set<number>();
	eachTrigram(Buffer.from(line), (key) => keys.add(key));
	return keys;
};

describe('a pattern', () => {
	const piece = fc.constantFrom(
		...['foo', 'Bar', 'é', '索引', '.', '.*', '\\w+', '\\s', '[ab]', '[^x]', '[a-z]+', 'x?', 'lo+'],
		...[
			'(ab|cd)',
			'(?:foo){2}',
			'(?i)BAR',
			'(?P<n>ba)r',
			'\\x41',
			'\\x{1F600}',
			'\\pL',
			'\\b',
			'^',
			'$',
		],
		...['a|b', '|', '(|x)', 'ab{0,2}', '(foo|bar)?', '[[:alpha:]]', '[]a]', '\\.', '\\(', 'ß', 'ſ'],
	);
	const patterns = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
	const lines = fc
		.array(
			fc.constantFrom(
				...[
					'foo',
					'FOO',
					'bar',
					'É',
					'索引',
					'ab',
					'cd',
					'a',
					'x',
					'loo',
					'A',
					'.',
					'(',
					' ',
					'SS',
					's',
					'K',
				],
			),
			{ maxLength: 8 },
		)
		.map((words) => words.join(''));

	test('asks of a block for nothing that a line may do without', () => {
		let matched = 0;
		fc.assert(
			fc.property(patterns, fc.array(lines, { minLength: 20, maxLength: 20 }), (pattern, some) => {
				let compiled: RE2JS;
				try {
					compiled = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
				} catch {
					return;
				}
				const query = keysOfRegex(pattern);
				for (const line of some) {
					if (!compiled.test(line)) continue;
					matched++;
					expect([pattern, line, may(query, trigramsIn(line))]).toEqual([pattern, line, true]);
				}
			}),
			{ numRuns: 1500 },
		);
		expect(matched).toBeGreaterThan(500);
	});

	test('asks for what it is certain of', () => {
		const one = (text: string) => trigramsOf(text).map((key) => ({ kind: 'key', key }));
		expect(keysOfRegex('foo')).toEqual({ kind: 'key', key: trigramsOf('foo')[0] });
		expect(keysOfRegex('^static\\s+int$')).toEqual({
			kind: 'and',
			of: [{ kind: 'and', of: one('static') }, ...one('int')],
		});
		expect(keysOfRegex('foo(bar|baz)')).toMatchObject({ kind: 'or' });
		expect(keysOfRegex('f.o|bar')).toBe('any');
	});

	test('says where the first match of each line is', () => {
		const text = 'let Éa = 1;\r\nxéA\n\nno';
		const at = (kind: 'text' | 'regex', wanted: string, caseSensitive = false) =>
			[...createPattern({ kind, text: wanted }, caseSensitive).matchesIn(text)].map(
				({ start, end }) => text.slice(start, end),
			);
		expect(at('text', 'e\u0301a')).toEqual(['Éa', 'éA']);
		expect(at('text', 'éA', true)).toEqual(['éA']);
		expect(at('regex', 'é.*')).toEqual(['Éa = 1;', 'éA']);
		expect(at('regex', '^$')).toEqual(['']);
		expect(at('text', 'a = 1;\r')).toEqual(['a = 1;\r']);
		expect(() => createPattern({ kind: 'regex', text: 'a(?=b)' }, false)).toThrow(
			/character 2.*Lookaround/,
		);
	});
});
