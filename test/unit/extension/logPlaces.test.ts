import { describe, expect, test } from 'vitest';
import { asDocument } from '../../../extension/logs/views/asDocument.ts';
import { placesIn } from '../../../extension/logs/views/places.ts';

/** As a person would say it: what is underlined, and where it leads. */
const links = (line: string) =>
	placesIn(line).map(({ start, length, path, line: at, column }) => [
		line.slice(start, start + length),
		[path, at, column].filter((part) => part !== undefined).join(' '),
	]);

describe('the places that a line of a log names', () => {
	test.each([
		['src/a.ts:3:5 - error', [['src/a.ts:3:5', 'src/a.ts 3 5']]],
		['src/a.ts(3,5): error TS1', [['src/a.ts(3,5)', 'src/a.ts 3 5']]],
		[
			'  at run (/home/u/x y.js:10:2)',
			[
				['/home/u/x', '/home/u/x'],
				['y.js:10:2', 'y.js 10 2'],
			],
		],
		['  at run (/home/u/x.js:10:2)', [['/home/u/x.js:10:2', '/home/u/x.js 10 2']]],
		[
			'  File "app/main.py", line 7, in <module>',
			[['File "app/main.py", line 7', 'app/main.py 7']],
		],
		['main.c:12: warning: unused', [['main.c:12', 'main.c 12']]],
		['wrote "dist/out.js".', [['dist/out.js', 'dist/out.js']]],
		['see ./README.md, or docs/', [['./README.md', './README.md']]],
		['C:\\src\\a.cs(3): error', [['C:\\src\\a.cs(3)', 'C:\\src\\a.cs 3']]],
		['file:///tmp/a%20b.ts:3', [['file:///tmp/a%20b.ts:3', '/tmp/a b.ts 3']]],
		['https://example.org/a.ts:3 at 10:45:03, v1.2.3 5/', []],
		['nothing here. At all', []],
		['//evil.example/share/a.ts:3 \\\\evil.example\\share\\a.ts', []],
		['file:////evil.example/share/a.ts and File "//evil.example/a.py", line 3', []],
	])('%s', (line, expected) => {
		expect(links(line)).toEqual(expected);
	});

	test('are looked for in a time that goes with the length', () => {
		const hostile = [
			':1'.repeat(100_000),
			'File "'.repeat(50_000),
			'('.repeat(100_000),
			'a.b,'.repeat(50_000),
		];
		for (const line of hostile) expect(placesIn(line).length).toBeLessThan(2_000);
	});
});

test('a log as a document has each line as it stood at last', () => {
	const log = '\u001b[32mok\u001b[0m\r\n10%\r50%\r100%\ndone\r\n\rlast';
	expect(asDocument(log)).toBe('ok\n100%\ndone\nlast');
});
