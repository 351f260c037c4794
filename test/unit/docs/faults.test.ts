/** docs/faults.md and docs/face.md name tests: each is there, by that name. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const rowsOf = (file: string) =>
	readFileSync(join(ROOT, file), 'utf8')
		.split('\n')
		.filter((line) => /^\| (?!before|\| before|kind)/.test(line) && !/^\|-/.test(line));
const rows = rowsOf('docs/faults.md');

const named = [...rows, ...rowsOf('docs/face.md')].flatMap((row) =>
	[...row.matchAll(/`(test\/[\w/.]+\.test\.ts)`((?: “[^”]+”,?)+)/g)].flatMap(
		([, file = '', names = '']) =>
			[...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({ file, name })),
	),
);

it('has a test in every row', () => {
	expect(rows.length).toBeGreaterThan(75);
	expect(rows.filter((row) => !/`test\/.*\.test\.ts` “/.test(row))).toEqual([]);
});

it('names every case once, in order', () => {
	const numbers = rows.flatMap((row) => /^\| (\d+) \|/.exec(row)?.[1] ?? []);
	expect(numbers).toEqual(Array.from({ length: 62 }, (_, n) => String(n + 1)));
});

it.each(named)('$file: $name', ({ file, name }) => {
	const path = join(ROOT, file);
	expect(existsSync(path)).toBe(true);
	// As it stands in the source, whatever quotes are around it.
	const source = readFileSync(path, 'utf8').replaceAll("\\'", "'");
	expect(source).toContain(name);
});
