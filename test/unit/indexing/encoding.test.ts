import { expect, test } from 'vitest';
import { decode } from '../../../daemon/indexing/files/encoding.ts';

const bytes = (...values: number[]) => Buffer.from(values);
const textOf = (content: Buffer) => decode(content).toString();

test('text is UTF-8, or UTF-16 with its mark', () => {
	expect(decode(Buffer.from('héllo'))).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.from('\ufeffhello'))).toEqual(Buffer.from('hello'));
	expect(decode(Buffer.from('\ufeffhéllo', 'utf16le'))).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.from('\ufeffhéllo', 'utf16le').swap16())).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
});

test('a bad byte does not hide the rest', () => {
	const bad = bytes(0xff);
	expect(
		textOf(Buffer.concat([Buffer.from('const größe = 1; // '), bad, Buffer.from(' end')])),
	).toBe('const größe = 1; // \ufffd end');
	expect(textOf(Buffer.from(`\ufeff${'text '.repeat(20)}\ud800 end`, 'utf16le'))).toMatch(/ end$/);
});

test('one byte a character, as of old in western Europe', () => {
	for (const text of ['café', 'die Größe der naïven Straße, où', '“quoted”\r\n']) {
		expect(textOf(Buffer.from(text.replace(/[“”]/g, '"'), 'latin1'))).toBe(
			text.replace(/[“”]/g, '"'),
		);
	}
	expect(textOf(bytes(0x93, 0x61, 0x94))).toBe('“a”');
});

test('of other encodings the ASCII remains', () => {
	// "// 读取文件" in GBK, then code.
	const gbk = bytes(0x2f, 0x2f, 0x20, 0xb6, 0xc1, 0xc8, 0xa1, 0xce, 0xc4, 0xbc, 0xfe, 0x0a);
	expect(textOf(Buffer.concat([gbk, Buffer.from('readFile();')]))).toBe('//  \nreadFile();');
});

test('what is not text says why', () => {
	expect(decode(bytes(0x7f, 0x45, 0x4c, 0x46, 0, 0))).toBe('binary');
	expect(decode(Buffer.concat([Buffer.alloc(100_000, 'a'), bytes(0)]))).toBe('binary');
	expect(decode(bytes(0xff, 0xfe, 0x00, 0xd8))).toBe('encoding');
	const noise = Buffer.from(Array.from({ length: 400 }, (_, at) => ((at * 197 + 31) % 255) + 1));
	expect(decode(noise)).toBe('encoding');
});
