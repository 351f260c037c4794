import { describe, expect, it } from 'vitest';
import { clockOf, plainText, runsOf, stampedText } from '../../../extension/logs/views/logText.ts';

const clock = (at: number) => `t${at}`;

describe('a log with the times of its lines', () => {
	it('says of each line when its first byte was written, by bytes and not by characters', () => {
		const text = 'éé\nsecond\nthird\n';
		const times = [
			{ offset: 0, at: 1 },
			{ offset: 5, at: 2 },
			{ offset: 14, at: 3 },
		];
		expect(stampedText([{ text, offset: 0, times }], clock)).toBe('t1 éé\nt2 second\nt2 third');
	});

	it('goes on with a line that chunks cut, and has no blank behind the time of an empty one', () => {
		const parts = [
			{ text: 'one ', offset: 0, times: [{ offset: 0, at: 1 }] },
			{ text: 'line\n\nlast', offset: 4, times: [{ offset: 4, at: 2 }] },
		];
		expect(stampedText(parts, clock)).toBe('t1 one line\nt2\nt2 last');
	});

	it('says where output is not kept, and draws again as a document does', () => {
		const parts = [
			{ text: 'a', offset: 0, times: [{ offset: 0, at: 1 }] },
			{
				text: '10%\r99%\n\u001b[31mred\u001b[0m\n',
				...{ offset: 9, dropped: { from: 1, to: 9 }, times: [{ offset: 9, at: 2 }] },
			},
		];
		expect(stampedText(parts, clock)).toBe('t1 a\n[…]\nt2 99%\nt2 red');
		expect(plainText(parts)).toBe('a\n[…]\n99%\nred\n');
	});

	it('has times of one width', () => {
		const at = new Date(2026, 10, 27, 4, 5, 6, 780).getTime();
		expect(clockOf(at)).toBe('04:05:06.7');
		expect(clockOf(0)).toHaveLength(10);
	});
});

describe('the runs of a log', () => {
	it('begin at their marks, with times and without, and end before the next', () => {
		const lines = [
			'[semantica] run 1, attempt 1, 2026-11-27T22:51:28.335Z: make',
			...['one', 'two'],
			'04:05:06.7 [semantica] run 2, attempt 2, 2026-11-27T22:52:28.335Z: make',
			'[semantica] run 3, attempt 3, 2026-11-27T22:53:28.335Z: make',
			...['said "[semantica] run 9, "', '[semantica] runs', 'three', ''],
		];
		expect(runsOf(lines)).toEqual([
			{ from: 0, to: 2 },
			{ from: 4, to: 7 },
		]);
		expect(runsOf(['no run', ''])).toEqual([]);
		expect(runsOf([])).toEqual([]);
	});
});
