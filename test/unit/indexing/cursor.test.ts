import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCursor, writeCursor } from '../../../daemon/indexing/searcher/cursor.ts';

test('a cursor comes back as it was written, for the same search only', () => {
	const cursor = writeCursor({ reading: 1, offset: 40 }, 'query', 'file:///a');
	expect(readCursor(cursor, 'query', 'file:///a')).toEqual({ reading: 1, offset: 40 });
	expect(() => readCursor(cursor, 'other', 'file:///a')).toThrow('does not belong');
	expect(() => readCursor(cursor, 'query', undefined)).toThrow('does not belong');
});

test('anything else is refused', () => {
	fc.assert(
		fc.property(fc.string({ maxLength: 512 }), (cursor) => {
			expect(() => readCursor(cursor, 'query', undefined)).toThrow('does not belong');
		}),
	);
});
