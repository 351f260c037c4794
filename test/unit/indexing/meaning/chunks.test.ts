import { describe, expect, test } from 'vitest';
import {
	CHUNK_CHARACTERS,
	chunkKey,
	chunksOf,
} from '../../../../daemon/indexing/meaning/chunks.ts';

const body = (lines: number) => Array.from({ length: lines }, (_, i) => `\twork(${i});`).join('\n');
const shown = (path: string, text: string) =>
	chunksOf(path, text).map(({ first, last, symbol }) => [first, last, symbol?.name]);

describe('chunks', () => {
	test('are symbols, with the comment in front of each', () => {
		const text = [
			"import { x } from 'y';",
			'',
			...Array.from({ length: 8 }, (_, i) => `setUp(${i});`),
			'/** Says hello. */',
			`export function hello() {\n${body(9)}\n}`,
			'',
			`export function bye() {\n${body(10)}\n}`,
		].join('\n');
		expect(shown('a.ts', text)).toEqual([
			[1, 10, undefined],
			[11, 21, 'hello'],
			[24, 34, 'bye'],
		]);
	});

	test('of short symbols go together, of long ones are divided', () => {
		const short = Array.from({ length: 10 }, (_, i) => `export const name${i} = ${i};`).join('\n');
		expect(shown('a.ts', short)).toEqual([
			[1, 8, 'name0'],
			[9, 10, 'name8'],
		]);
		const long = `export function long() {\n${body(98)}\n}`;
		expect(shown('a.ts', long)).toEqual([
			[1, 40, 'long'],
			[41, 80, undefined],
			[81, 99, undefined],
		]);
	});

	test('have every line that says something, once, in files of any kind', () => {
		const text = Array.from({ length: 500 }, (_, i) =>
			i % 17 === 0 ? '' : i % 23 === 0 ? `def name${i}():` : `    line ${i}`,
		).join('\r\n');
		for (const path of ['a.py', 'a.txt', 'a.rb', 'a.md', 'a.unknown']) {
			const lines = chunksOf(path, text).flatMap((chunk) => chunk.text.split('\n'));
			const all = text.split('\r\n').filter((line) => line !== '');
			expect(lines.filter((line) => line !== '')).toEqual(all);
		}
	});

	test('are bounded, and nothing where nothing is said', () => {
		const [long] = chunksOf('a.js', `x = "${'🦀'.repeat(CHUNK_CHARACTERS)}"`);
		expect(long?.text.length).toBe(CHUNK_CHARACTERS);
		expect(long?.text.isWellFormed()).toBe(true);
		expect(chunksOf('a.js', '')).toEqual([]);
		expect(chunksOf('a.js', '\n{\n}\n\n;\n')).toEqual([]);
	});

	test('are known by what they say and by the model', () => {
		expect(chunkKey('m', 'text')).toEqual(chunkKey('m', 'text'));
		expect(chunkKey('m', 'text')).not.toEqual(chunkKey('m', 'text '));
		expect(chunkKey('m', 'text')).not.toEqual(chunkKey('n', 'text'));
	});
});
