import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineHeads } from '../../../daemon/processes/readiness/lines.ts';
import { createPatterns } from '../../../daemon/processes/readiness/patterns.ts';
import { watchForReady } from '../../../daemon/processes/readiness/watch.ts';

describe('the beginnings of lines', () => {
	test('are the same however the bytes arrive', () => {
		const line = fc.stringMatching(/^[a-zé ]{0,30}$/);
		fc.assert(
			fc.property(fc.array(line), fc.array(fc.nat(40)), (lines, cuts) => {
				const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
				const heads = new LineHeads();
				const found: string[] = [];
				let at = 0;
				for (const cut of cuts) {
					found.push(...heads.push(bytes.subarray(at, at + cut)));
					at += cut;
				}
				found.push(...heads.push(bytes.subarray(at)), ...heads.end());
				expect(found).toEqual(lines);
			}),
		);
	});

	test('of a line of 10 MiB 2 KiB are kept; without its end, too', () => {
		const heads = new LineHeads();
		const piece = Buffer.alloc(64 * 1024, 'x');
		for (let n = 0; n < 160; n++) expect(heads.push(piece)).toEqual([]);
		expect(heads.push(Buffer.from('\r\nnext\r\nrest'))).toEqual(['x'.repeat(2048), 'next']);
		expect(heads.end()).toEqual(['rest']);
	});
});

describe('patterns', () => {
	const { check, matches } = createPatterns();

	test('are found anywhere in a line, whose colours do not count', () => {
		expect(matches('listening on :\\d+', ['starting', '\x1b[32mlistening\x1b[0m on :80'])).toBe(
			true,
		);
		expect(matches('^ready$', ['not ready'])).toBe(false);
	});

	test.each([
		['(a', 'missing closing'],
		['(?=a)', 'not supported'],
		['((a{0,10}){0,10}){0,10}', 'too long'],
		['(ab|cd|ef|gh){200}', 'too long'],
	])('%s is refused: %s', (pattern, why) => {
		expect(() => check(pattern)).toThrow(
			expect.objectContaining({
				kind: 'VALIDATION',
				message: expect.stringContaining(why),
				data: expect.objectContaining({ path: 'pattern' }),
			}),
		);
	});

	test('one that never ends elsewhere is done with the longest line', () => {
		check('(a+)+$');
		expect(matches('(a+)+$', [`${'a'.repeat(2047)}b`])).toBe(false);
	});
});

describe('watching', () => {
	const watched = () => {
		const asked: string[][] = [];
		const failures: unknown[] = [];
		let found = 0;
		const watch = watchForReady(
			'up',
			async (_, lines) => {
				asked.push([...lines]);
				if (lines.includes('broken')) throw new Error('no thread');
				return lines.includes('up');
			},
			() => found++,
			(error) => failures.push(error),
		);
		return { watch, asked, failures, found: () => found };
	};

	test('each stream has its own lines; nothing is looked at once it is found', async () => {
		const { watch, asked, found } = watched();
		await watch.take('stdout', Buffer.from('u'));
		await watch.take('stderr', Buffer.from('p\n'));
		expect(asked).toEqual([['p']]);
		await watch.take('stdout', Buffer.from('p\nmore\n'));
		await watch.take('stdout', Buffer.from('up\n'));
		await watch.end('stdout');
		expect([asked, found()]).toEqual([[['p'], ['up', 'more']], 1]);
	});

	test('the last line needs no end', async () => {
		const { watch, found } = watched();
		await watch.take('stderr', Buffer.from('up'));
		expect(found()).toBe(0);
		await watch.end('stderr');
		expect(found()).toBe(1);
	});

	test('where nobody can look any more it says so once and lets the run go on', async () => {
		const { watch, failures, found } = watched();
		await watch.take('stdout', Buffer.from('broken\n'));
		await watch.take('stdout', Buffer.from('up\n'));
		expect([failures.length, found()]).toEqual([1, 0]);
	});
});
