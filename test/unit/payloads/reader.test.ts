import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textPart } from '../../../daemon/payloads/reader.ts';

describe('textPart', () => {
	test('parts of any size give the text back, whatever characters it has', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: 'grapheme' }),
				fc.integer({ min: 4, max: 20 }),
				(text, size) => {
					const bytes = Buffer.from(text);
					let whole = '';
					for (let offset = 0; ; ) {
						const part = textPart(bytes.subarray(offset, offset + size), offset, bytes.length);
						whole += part.text;
						if (part.eof) break;
						expect(part.nextOffset).toBeGreaterThan(offset);
						offset = part.nextOffset;
					}
					expect(whole).toBe(text);
				},
			),
		);
	});

	test('bytes that are no text at all are shown, not waited for', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 1 }), (array) => {
				const bytes = Buffer.from(array);
				const part = textPart(bytes.subarray(0, 4), 0, bytes.length);
				expect(part.nextOffset).toBeGreaterThan(0);
				expect(part.eof).toBe(part.nextOffset === bytes.length);
			}),
		);
	});
});
