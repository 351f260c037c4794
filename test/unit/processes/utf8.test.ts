import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeUtf8 } from '../../../shared/utf8.ts';

const whole = { midway: false, final: false };

test('text of whole characters is taken whole', () => {
	const bytes = Buffer.from('aü€🙂');
	expect(completeUtf8(bytes, whole)).toEqual({ text: 'aü€🙂', skipped: 0, used: bytes.length });
});

test('a character is kept for the next read until all of it is there', () => {
	for (const character of ['ü', '€', '🙂']) {
		const bytes = Buffer.from(`ab${character}`);
		for (let cut = 3; cut < bytes.length; cut++) {
			expect(completeUtf8(bytes.subarray(0, cut), whole)).toEqual({
				text: 'ab',
				skipped: 0,
				used: 2,
			});
		}
	}
});

test('nothing but the beginning of a character is left where it is', () => {
	expect(completeUtf8(Buffer.from('🙂').subarray(0, 3), whole)).toEqual({
		text: '',
		skipped: 0,
		used: 0,
	});
});

test('at the end of all bytes an incomplete character is shown as what it is', () => {
	const { text, used } = completeUtf8(Buffer.from('a€').subarray(0, 3), {
		midway: false,
		final: true,
	});
	expect(text).toBe('a\ufffd');
	expect(used).toBe(3);
});

describe('beginning inside a character', () => {
	test('passes over the rest of it', () => {
		const bytes = Buffer.from('🙂b');
		for (let cut = 1; cut < 4; cut++) {
			expect(completeUtf8(bytes.subarray(cut), { midway: true, final: false })).toEqual({
				text: 'b',
				skipped: 4 - cut,
				used: 5 - cut,
			});
		}
	});

	test('does not mistake bytes that are no text for one', () => {
		const bytes = Buffer.alloc(10, 0x80);
		const { skipped, used } = completeUtf8(bytes, { midway: true, final: false });
		expect(skipped).toBe(3);
		expect(used).toBe(10);
	});
});

test('reading on from `used` gives the same text as reading at once, whatever the chunk size', () => {
	fc.assert(
		fc.property(
			fc.string({ unit: 'grapheme', maxLength: 60 }),
			fc.integer({ min: 4, max: 20 }),
			(text, size) => {
				const bytes = Buffer.from(text);
				let read = '';
				for (let at = 0; at < bytes.length; ) {
					const chunk = bytes.subarray(at, at + size);
					const cut = completeUtf8(chunk, {
						midway: false,
						final: at + chunk.length >= bytes.length,
					});
					expect(cut.used).toBeGreaterThan(0);
					read += cut.text;
					at += cut.used;
				}
				expect(read).toBe(text);
			},
		),
	);
});

test('any bytes at all are read to their end', () => {
	fc.assert(
		fc.property(
			fc.uint8Array({ minLength: 1, maxLength: 60 }),
			fc.integer({ min: 4, max: 20 }),
			fc.boolean(),
			(given, size, midway) => {
				const bytes = Buffer.from(given);
				let reads = 0;
				for (let at = 0; at < bytes.length; reads++) {
					const chunk = bytes.subarray(at, at + size);
					const cut = completeUtf8(chunk, {
						midway: midway && at === 0,
						final: at + chunk.length >= bytes.length,
					});
					expect(cut.used).toBeGreaterThan(0);
					expect(cut.used).toBeLessThanOrEqual(chunk.length);
					at += cut.used;
				}
				expect(reads).toBeLessThanOrEqual(bytes.length);
			},
		),
	);
});
