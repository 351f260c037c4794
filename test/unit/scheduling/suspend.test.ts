import { describe, expect, it } from 'vitest';
import { createWakeTimers } from '../../../daemon/scheduling/suspend.ts';
import { FakeClock } from '../../support/queue.ts';

function open() {
	const clock = new FakeClock();
	const seen: string[] = [];
	const timers = createWakeTimers(clock, (recent) =>
		seen.push(recent ? 'slept' : 'slept long ago'),
	);
	return { clock, seen, timers };
}

describe('a sleep of the machine', () => {
	it('is told once, and voids the timers that ran over it', () => {
		const { clock, seen, timers } = open();
		timers.after(5000, () => seen.push('a'));
		timers.after(6000, () => seen.push('b'));
		clock.suspend(3_600_000);
		clock.advance(5000);
		expect(seen).toEqual(['slept']);
		clock.advance(1000);
		expect(seen).toEqual(['slept', 'b']);
	});

	it('is noticed by a look before any timer', () => {
		const { clock, seen, timers } = open();
		timers.after(5000, () => {});
		clock.suspend(3_600_000);
		timers.check();
		timers.check();
		expect(seen).toEqual(['slept']);
	});

	it('may be long ago where nobody waited for time', () => {
		const { clock, seen, timers } = open();
		timers.after(5000, () => seen.push('a')).cancel();
		clock.suspend(3_600_000);
		timers.check();
		timers.after(5000, () => seen.push('b'));
		timers.check();
		clock.advance(5000);
		expect(seen).toEqual(['slept long ago', 'b']);
	});

	it('is noticed where the monotonic clock runs on meanwhile', () => {
		const seen: string[] = [];
		let now = 0;
		let fire = () => {};
		const timers = createWakeTimers(
			{
				now: () => now,
				monotonic: () => now,
				after(_ms, callback) {
					fire = callback;
					return { cancel() {} };
				},
			},
			(recent) => seen.push(recent ? 'slept' : 'slept long ago'),
		);
		timers.after(5000, () => seen.push('a'));
		now = 3_600_000;
		fire();
		expect(seen).toEqual(['slept']);
	});

	it('is not what a busy moment or a clock set back look like', () => {
		const { clock, seen, timers } = open();
		timers.after(5000, () => seen.push('a'));
		clock.suspend(9000);
		clock.advance(5000);
		clock.suspend(-3_600_000);
		timers.after(5000, () => seen.push('b'));
		clock.advance(5000);
		expect(seen).toEqual(['a', 'b']);
	});
});
