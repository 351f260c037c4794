import { describe, expect, it } from 'vitest';
import { LiveWindow } from '../../../extension/logs/liveWindow.ts';

const limits = { whole: 20, look: 10, looks: 2, held: 15 };

describe('the window onto a live log', () => {
	it('shows what comes until there is too much of it', () => {
		const log = new LiveWindow(limits);
		expect(['first\n', 'second\n'].map((text) => log.add(text))).toEqual(['first\n', 'second\n']);
		expect(log.holds).toBe(false);
		expect(log.add('the third line\n')).toBe('');
		// From then on, even if it would fit.
		expect(log.add('4\n')).toBe('');
		expect(log.holds).toBe(true);
	});

	it('shows the newest whole lines now and then, counts the rest, and does not show them again', () => {
		const log = new LiveWindow(limits);
		log.add('x'.repeat(20));
		log.add('a long line\nnew\n');
		expect(log.look()).toEqual({ skipped: 12, text: 'new\n' });
		expect(log.holds).toBe(false);
		log.add('newer\n');
		expect(log.look()).toEqual({ skipped: 0, text: 'newer\n' });
		expect(log.exhausted).toBe(true);
	});

	it('holds a bounded end, and every character is shown or counted', () => {
		const log = new LiveWindow(limits);
		let shown = 0;
		let written = 0;
		for (let line = 0; line < 1_000; line++) {
			const text = `${line}\n`;
			written += text.length;
			shown += log.add(text).length;
		}
		const { skipped, text } = log.rest();
		expect(text).toBe('996\n997\n998\n999\n'.slice(-text.length));
		expect(text.length).toBeLessThanOrEqual(limits.held);
		expect(shown + skipped + text.length).toBe(written);
	});

	it('counts what the daemon does not keep where it shows gaps anyway', () => {
		const log = new LiveWindow(limits);
		log.add('begin\n');
		expect(log.skip(1_000)).toBe(false);
		log.add('x'.repeat(30));
		expect(log.skip(1_000)).toBe(true);
		log.add('end\n');
		expect(log.rest()).toEqual({ skipped: 1_030, text: 'end\n' });
	});
});
