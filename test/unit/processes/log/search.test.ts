import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMatcher } from '../../../../daemon/processes/log/search/matcher.ts';
import { type Piece, scanLines } from '../../../../daemon/processes/log/search/scan.ts';

const text = (pattern: string, caseSensitive = true) =>
	createMatcher({ pattern, kind: 'text', caseSensitive });
const regex = (pattern: string, caseSensitive = true) =>
	createMatcher({ pattern, kind: 'regex', caseSensitive });

async function* pieces(log: Buffer, sizes: readonly number[]): AsyncIterable<Piece> {
	let at = 0;
	for (let n = 0; at < log.length; n++) {
		const size = Math.max(1, sizes[n % sizes.length] ?? 1);
		yield { offset: at, bytes: log.subarray(at, at + size) };
		at += size;
	}
}

function scan(
	log: string,
	matcher = text('x'),
	more: Partial<Parameters<typeof scanLines>[1]> = {},
) {
	const signal = new AbortController().signal;
	const options = { matcher, context: 0, limit: 200, from: 0, signal, ...more };
	return scanLines(pieces(Buffer.from(log), [64 * 1024]), options);
}

describe('a matcher', () => {
	test('takes text as it stands, and case as asked', () => {
		expect(text('a.c').test('abc')).toBe(false);
		expect(text('ERROR').test('error')).toBe(false);
		expect(text('ERROR', false).test('an error')).toBe(true);
		expect(regex('err(or)?$', false).test('ERR')).toBe(true);
	});

	test.each([
		['a(?=b)', 'at character 2 ("(?=")', 'Lookaround and backreferences'],
		['(a)\\1', 'at character 4 ("\\1")', 'Lookaround and backreferences'],
		['(a', 'missing closing )', 'The pattern is refused'],
		['a**', 'at character 2 ("**")', 'invalid nested repetition operator'],
	])('refuses %s with the place', (pattern, ...parts) => {
		for (const part of parts) {
			expect(() => regex(pattern)).toThrow(
				expect.objectContaining({
					message: expect.stringContaining(part),
					data: { kind: 'VALIDATION', path: 'pattern' },
				}),
			);
		}
	});
});

describe('a scan', () => {
	test('tells line, place and what stands around', async () => {
		const log = 'one\ntwo\nneedle here\nfour\nfive\nsix\n';
		expect(await scan(log, text('needle'), { context: 2 })).toEqual({
			matches: [
				{
					offset: 8,
					line: 3,
					text: 'needle here',
					before: ['one', 'two'],
					after: ['four', 'five'],
				},
			],
			scannedTo: log.length,
			truncated: false,
		});
	});

	test('goes on where it was cut short', async () => {
		const log = Array.from({ length: 100 }, (_, n) => `line ${n}\n`).join('');
		const found: string[] = [];
		let from = 0;
		for (let cut = true; cut; ) {
			const { matches, scannedTo, truncated } = await scan(log, text('5'), { limit: 3, from });
			found.push(...matches.map((match) => match.text));
			from = scannedTo;
			cut = truncated;
		}
		expect(found).toEqual(log.split('\n').filter((line) => line.includes('5')));
	});

	test('looks at a line again that had not ended', async () => {
		const begun = 'one\nListening on ';
		const first = await scan(begun, text('on port'));
		expect(first).toEqual({ matches: [], scannedTo: 4, truncated: false });
		const then = await scan(`${begun}port 3000\n`, text('on port'), { from: first.scannedTo });
		expect(then).toMatchObject({ matches: [{ line: 2, text: 'Listening on port 3000' }] });
		expect(then.scannedTo).toBe(27);
	});

	test('sees through colours and carriage returns', async () => {
		const { matches } = await scan('\u001b[31mfail\u001b[0mure\r\n', text('failure'));
		expect(matches).toMatchObject([{ text: 'failure', offset: 0 }]);
	});

	test('a dropped middle ends a line, and behind it no line has a number', async () => {
		async function* log(): AsyncIterable<Piece> {
			yield { offset: 0, bytes: Buffer.from('first x\ncut o') };
			yield { offset: 1000, bytes: Buffer.from('ff x\nlast x') };
		}
		const signal = new AbortController().signal;
		const options = { matcher: text('x'), context: 1, limit: 9, from: 0, signal };
		const { matches, scannedTo } = await scanLines(log(), options);
		expect(matches).toMatchObject([
			{ line: 1, offset: 0, after: ['cut o'] },
			{ line: null, offset: 1000, text: 'ff x', before: ['cut o'] },
			{ line: null, offset: 1005, text: 'last x' },
		]);
		expect(scannedTo).toBe(1005);
	});

	test('a line of ten MiB and a pattern that backtracks harm nobody', async () => {
		const half = 'a'.repeat(5 * 1024 * 1024);
		const long = `${half}needle${half}!\nshort needle\n`;
		const found = await scan(long, text('needle'), { context: 1 });
		expect(found.matches.map((match) => [match.line, match.text.length])).toEqual([
			[1, 1000],
			[2, 12],
		]);
		expect((await scan(long, regex('(a+)+$'))).matches).toEqual([]);
	});

	test('one that nobody waits for stops', async () => {
		const gone = new AbortController();
		gone.abort(new Error('gone'));
		await expect(scan('x\n', text('x'), { signal: gone.signal })).rejects.toThrow('gone');
	});

	test('finds what a plain filter over all lines finds, however the log is cut', async () => {
		const line = fc.stringMatching(/^[abxé]{0,6}$/);
		await fc.assert(
			fc.asyncProperty(
				fc.array(line, { maxLength: 30 }),
				fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
				fc.nat(3),
				fc.integer({ min: 1, max: 5 }),
				async (lines, sizes, context, limit) => {
					const log = Buffer.from(lines.map((one) => `${one}\n`).join(''));
					const signal = new AbortController().signal;
					const options = { matcher: text('x'), context, limit, from: 0, signal };
					const { matches, truncated } = await scanLines(pieces(log, sizes), options);
					const offsetOf = (n: number) =>
						lines.slice(0, n).reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0);
					const all = lines
						.map((one, i) => ({
							line: i + 1,
							offset: offsetOf(i),
							text: one,
							before: lines.slice(Math.max(0, i - context), i),
							after: lines.slice(i + 1, i + 1 + context),
						}))
						.filter((match) => match.text.includes('x'));
					expect(matches).toEqual(all.slice(0, limit));
					if (all.length > limit) expect(truncated).toBe(true);
				},
			),
		);
	});
});
