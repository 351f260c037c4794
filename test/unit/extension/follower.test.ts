import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogFollower } from '../../../extension/logs/follower.ts';
import { TerminalCodes } from '../../../extension/logs/terminalCodes.ts';

const chunk = (text: string, offset: number, more: object = {}) => ({
	text,
	offset,
	nextOffset: offset + Buffer.byteLength(text),
	eof: false,
	...more,
});

describe('a followed log', () => {
	it('joins chunks and drops what was seen before a reconnection', () => {
		const log = new LogFollower();
		log.accept(chunk('größe ', 0));
		expect(log.offset).toBe(8);
		expect(log.accept(chunk('größe und ', 0))).toMatchObject({ text: 'und ' });
		expect(log.accept(chunk('mehr', 12, { eof: true }))).toMatchObject({ text: 'mehr', end: true });
	});

	it('says how much is no longer kept', () => {
		const log = new LogFollower();
		log.accept(chunk('head', 0));
		const step = log.accept(chunk('tail', 1_000, { dropped: { from: 4, to: 1_000 } }));
		expect(step).toMatchObject({ kind: 'text', text: 'tail', dropped: 996 });
		expect(log.offset).toBe(1_004);
	});

	it('notices a gap that nobody explained', () => {
		const log = new LogFollower();
		expect(log.accept(chunk('x', 5))).toEqual({ kind: 'gap' });
		expect(log.offset).toBe(0);
	});

	it('yields the log once, however often pieces of it are sent again', () => {
		const text = 'abcdefghij'.repeat(20);
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(50))), (pieces) => {
				const log = new LogFollower();
				let seen = '';
				for (const [from, size] of [...pieces, [0, 200] as const]) {
					const step = log.accept(chunk(text.slice(from, from + size), from));
					if (step.kind === 'text') seen += step.text;
				}
				expect(seen).toBe(text);
			}),
		);
	});
});

describe('colours', () => {
	it('are removed, also when a chunk cuts a code in two', () => {
		const text = 'a \u001b[31mred\u001b[0m b \u001b[1;38;5;12mblue\u001b[0m';
		fc.assert(
			fc.property(fc.nat(text.length), fc.nat(text.length), (a, b) => {
				const codes = new TerminalCodes();
				const [from, to] = [Math.min(a, b), Math.max(a, b)];
				const parts = [text.slice(0, from), text.slice(from, to), text.slice(to)];
				const seen = parts.map((part) => codes.strip(part)).join('') + codes.flush();
				expect(seen).toBe('a red b blue');
			}),
		);
	});

	it('do not hold back text after a lone escape for ever', () => {
		const codes = new TerminalCodes();
		const text = `\u001b${'x'.repeat(100)}`;
		expect(codes.strip(text)).toContain('x'.repeat(90));
	});
});
