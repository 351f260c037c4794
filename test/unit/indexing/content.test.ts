import { expect, test } from 'vitest';
import { decode } from '../../../daemon/indexing/files/content.ts';

const bytes = (...values: number[]) => Buffer.from(values);

test('text is UTF-8, or UTF-16 with its mark', () => {
	expect(decode(Buffer.from('héllo'))).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.from('\ufeffhello'))).toEqual(Buffer.from('hello'));
	expect(decode(Buffer.from('\ufeffhéllo', 'utf16le'))).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.from('\ufeffhéllo', 'utf16le').swap16())).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
});

test('what is not text says why', () => {
	expect(decode(bytes(0x7f, 0x45, 0x4c, 0x46, 0, 0))).toBe('binary');
	expect(decode(Buffer.concat([Buffer.alloc(100_000, 'a'), bytes(0)]))).toBe('binary');
	expect(decode(Buffer.from('caf\xe9', 'latin1'))).toBe('encoding');
	expect(decode(bytes(0xff, 0xfe, 0x00, 0xd8))).toBe('encoding');
});
