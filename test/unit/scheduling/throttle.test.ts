import { describe, expect, it } from 'vitest';
import { CpuThrottle } from '../../../daemon/scheduling/cpu/throttle.ts';
import { FakeClock } from '../../support/queue.ts';

function throttle() {
	const clock = new FakeClock();
	const cpu = { foreign: 0, known: true, busyMs: 0, samples: 0, reports: true };
	let at = clock.monotonic();
	let changes = 0;
	const instance = new CpuThrottle({
		sample() {
			cpu.samples++;
			cpu.busyMs += (clock.monotonic() - at) * cpu.foreign;
			at = clock.monotonic();
			if (!cpu.reports) return undefined;
			return { at, busyMs: cpu.busyMs, totalMs: at, ownMs: cpu.known ? 0 : undefined };
		},
		clock,
		busyAbove: 0.9,
		changed: () => changes++,
	});
	return { clock, cpu, instance, crowded: () => instance.crowded(), changes: () => changes };
}

describe('the throttle', () => {
	it('measures nothing until it is asked', () => {
		const { clock, cpu } = throttle();
		clock.advance(60_000);
		expect([cpu.samples, clock.pending]).toEqual([0, []]);
	});

	it('lets work start after a quarter of a second where the machine is not busy', () => {
		const { clock, cpu, crowded, changes } = throttle();
		cpu.foreign = 0.5;
		expect(crowded()).toBe(true);
		clock.advance(250);
		expect(changes()).toBe(1);
		expect(crowded()).toBe(false);
		// It is not asked to wait again while work goes on.
		for (let i = 0; i < 20; i++) {
			clock.advance(1000);
			expect(crowded()).toBe(false);
		}
		expect(clock.pending).toEqual([]);
	});

	it('holds work while others keep the processors busy, looking every 2 s', () => {
		const { clock, cpu, instance, crowded, changes } = throttle();
		cpu.foreign = 0.95;
		expect(crowded()).toBe(true);
		for (const ms of [250, 1750, 2000, 2000]) {
			const before = changes();
			clock.advance(ms);
			expect(changes()).toBe(before + 1);
			expect(crowded()).toBe(true);
			expect(crowded()).toBe(true);
		}
		expect(instance.holding).toBe(
			'other programs keep the processors 95 % busy; one job a minute starts all the same',
		);
		cpu.foreign = 0.5;
		clock.advance(2000);
		expect(crowded()).toBe(false);
		expect(instance.holding).toBeUndefined();
		expect(clock.pending).toEqual([]);
	});

	it('lets one job a minute start on a machine that stays busy', () => {
		const { clock, cpu, crowded } = throttle();
		cpu.foreign = 1;
		let started = 0;
		for (let second = 0; second < 300; second++) {
			// Two jobs ask at each look.
			for (let job = 0; job < 2; job++) if (!crowded()) started++;
			clock.advance(1000);
		}
		expect(started).toBe(4);
	});

	it('stops looking when nothing is held any more', () => {
		const { clock, cpu, crowded } = throttle();
		cpu.foreign = 1;
		crowded();
		clock.advance(60_000);
		expect([cpu.samples, clock.pending]).toEqual([1, []]);
		// The old sample says nothing about now.
		expect(crowded()).toBe(true);
		expect(clock.pending).toEqual([250]);
	});

	it('holds nothing where the processors, or our own share, are not known', () => {
		const { cpu, crowded } = throttle();
		cpu.reports = false;
		expect(crowded()).toBe(false);
		const other = throttle();
		other.cpu.known = false;
		other.cpu.foreign = 1;
		expect(other.crowded()).toBe(true);
		other.clock.advance(250);
		expect(other.crowded()).toBe(false);
	});
});
