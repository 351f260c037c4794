import { expect, test } from 'vitest';
import { RunTimeout } from '../../../daemon/scheduling/runTimeout.ts';
import { FakeClock } from '../../support/queue.ts';

function timeout(ms: number) {
	const clock = new FakeClock();
	const expired: number[] = [];
	const began = clock.now();
	const it = new RunTimeout(clock, ms, () => expired.push(clock.now() - began));
	it.start();
	return { clock, expired, it };
}

test('expires once, after its time', () => {
	const { clock, expired } = timeout(65_000);
	clock.advance(64_999);
	expect(expired).toEqual([]);
	clock.advance(100_000);
	expect(expired).toEqual([65_000]);
	expect(clock.pending).toEqual([]);
});

test('a time longer than a timer can hold', () => {
	const { clock, expired } = timeout(2 ** 33);
	clock.advance(2 ** 33 - 1);
	expect(expired).toEqual([]);
	clock.advance(1);
	expect(expired).toHaveLength(1);
});

test('does not count the time paused', () => {
	const { clock, expired, it } = timeout(30_000);
	clock.advance(12_000);
	it.pause();
	expect(clock.pending).toEqual([]);
	clock.advance(3_600_000);
	it.start();
	clock.advance(17_999);
	expect(expired).toEqual([]);
	clock.advance(1);
	expect(expired).toHaveLength(1);
});

test('does not count a sleep of the machine', () => {
	const { clock, expired } = timeout(30_000);
	clock.advance(5000);
	// Timers stand still while the machine sleeps; the wall clock goes on.
	clock.sleep(8 * 3_600_000);
	clock.advance(20_000);
	expect(expired).toEqual([]);
	clock.advance(20_000);
	expect(expired).toHaveLength(1);
});
