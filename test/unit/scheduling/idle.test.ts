import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CpuSample, foreignLoad } from '../../../daemon/scheduling/cpu/load.ts';
import { createOwnCpu } from '../../../daemon/scheduling/cpu/own.ts';
import { IdleWatch } from '../../../daemon/scheduling/idleWatch.ts';
import { createWakeTimers } from '../../../daemon/scheduling/suspend.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { FakeClock } from '../../support/queue.ts';

const RULES = {
	sampleMs: 10_000,
	windowMs: 60_000,
	quietMs: 120_000,
	idleBelow: 0.2,
	busyAbove: 0.6,
};

/** Processors that are as busy as they are told to be. */
class FakeCpu {
	foreign = 0;
	own: number | undefined = 0;
	reports = true;
	samples = 0;
	readonly #clock: FakeClock;
	#at: number;
	#busy = 0;
	#total = 0;
	#ours = 0;

	constructor(clock: FakeClock) {
		this.#clock = clock;
		this.#at = clock.monotonic();
	}

	/** Call before a load changes, so that the time before it is counted with the old one. */
	settle(): void {
		const passed = this.#clock.monotonic() - this.#at;
		this.#at += passed;
		this.#total += passed;
		this.#busy += passed * Math.min(1, this.foreign + (this.own ?? 0));
		this.#ours += passed * (this.own ?? 0);
	}

	readonly sample = (): CpuSample | undefined => {
		this.samples++;
		this.settle();
		if (!this.reports) return undefined;
		return {
			at: this.#at,
			busyMs: this.#busy,
			totalMs: this.#total,
			ownMs: this.own === undefined ? undefined : this.#ours,
		};
	};
}

function watch() {
	const clock = new FakeClock();
	const cpu = new FakeCpu(clock);
	let changes = 0;
	const idle: IdleWatch = new IdleWatch({
		sample: cpu.sample,
		rules: RULES,
		clock,
		timers: createWakeTimers(clock, () => idle.reset()),
		changed: () => changes++,
	});
	return { clock, cpu, idle, changes: () => changes, verdict: () => idle.state.verdict };
}

describe('idleness', () => {
	it('is not watched until it is needed', () => {
		const { clock, cpu, idle } = watch();
		clock.advance(3_600_000);
		idle.activity();
		expect([cpu.samples, clock.pending]).toEqual([0, []]);
		idle.setNeeded(true);
		expect(clock.pending).toEqual([10_000]);
		idle.setNeeded(false);
		expect(clock.pending).toEqual([]);
	});

	it('needs a whole quiet window, without heartbeat and without load', () => {
		const { clock, idle, verdict, changes } = watch();
		clock.advance(RULES.quietMs);
		idle.setNeeded(true);
		clock.advance(59_999);
		expect(verdict()).toBe('unknown');
		clock.advance(1);
		expect(verdict()).toBe('idle');
		expect(changes()).toBe(1);
		idle.activity();
		expect(idle.state).toMatchObject({ verdict: 'busy', reason: 'an editor was used 1 s ago' });
		clock.advance(RULES.quietMs - 1);
		expect(verdict()).toBe('busy');
		clock.advance(10_000);
		expect(verdict()).toBe('idle');
	});

	it('does not begin before this daemon has watched long enough', () => {
		const { clock, idle, verdict } = watch();
		idle.setNeeded(true);
		clock.advance(RULES.quietMs - 1);
		expect(verdict()).toBe('busy');
		clock.advance(1);
		expect(verdict()).toBe('idle');
	});

	it('is not ended by the load of our own jobs', () => {
		const { clock, cpu, idle, verdict } = watch();
		clock.advance(RULES.quietMs);
		idle.setNeeded(true);
		clock.advance(60_000);
		cpu.settle();
		cpu.own = 0.95;
		clock.advance(600_000);
		expect(verdict()).toBe('idle');
	});

	it('ends with foreign load, but not with a little of it', () => {
		const { clock, cpu, idle, verdict } = watch();
		clock.advance(RULES.quietMs);
		idle.setNeeded(true);
		clock.advance(60_000);
		cpu.settle();
		cpu.foreign = 0.4;
		clock.advance(300_000);
		expect(verdict()).toBe('idle');
		cpu.settle();
		cpu.foreign = 0.8;
		clock.advance(20_000);
		expect(idle.state).toMatchObject({
			verdict: 'busy',
			reason: 'the processors are 80 % busy',
		});
		// What is busy comes back only below the lower limit.
		cpu.settle();
		cpu.foreign = 0.4;
		clock.advance(300_000);
		expect(verdict()).toBe('busy');
	});

	it('is unknown, not idle, where a source is missing', () => {
		const without = watch();
		without.cpu.reports = false;
		without.clock.advance(RULES.quietMs);
		without.idle.setNeeded(true);
		without.clock.advance(600_000);
		expect(without.verdict()).toBe('unknown');

		const { clock, cpu, idle, verdict } = watch();
		cpu.own = undefined;
		cpu.foreign = 0.9;
		clock.advance(RULES.quietMs);
		idle.setNeeded(true);
		clock.advance(600_000);
		expect(verdict()).toBe('unknown');
		// Little load is little load, whoever causes it.
		cpu.settle();
		cpu.foreign = 0.1;
		clock.advance(70_000);
		expect(verdict()).toBe('idle');
	});

	it("is not what a laptop's sleep looks like", () => {
		const { clock, idle, verdict } = watch();
		clock.advance(RULES.quietMs);
		idle.setNeeded(true);
		clock.advance(30_000);
		clock.suspend(8 * 3_600_000);
		clock.advance(30_000);
		expect(verdict()).toBe('busy');
		clock.advance(RULES.quietMs);
		expect(verdict()).toBe('idle');
	});
});

describe('the load of others', () => {
	it('is a difference, within its bounds whatever the counters do', () => {
		const sample = (busyMs: number, totalMs: number, ownMs?: number) => ({
			at: 0,
			busyMs,
			totalMs,
			ownMs,
		});
		expect(foreignLoad(sample(0, 0, 0), sample(0, 0, 0))).toBeUndefined();
		expect(foreignLoad(sample(100, 1000, 50), sample(900, 2000, 150))?.exactly).toBeCloseTo(0.7);
		expect(foreignLoad(sample(0, 0, 0), sample(100, 1000, 400))?.exactly).toBe(0);
		expect(foreignLoad(sample(0, 0), sample(100, 1000, 400))).toEqual({
			atMost: 0.1,
			exactly: undefined,
		});
	});

	it('leaves out the daemon, what it waited for, and the sessions of its children', () => {
		const proc = temporaryFolder();
		// pid (name) state ppid pgrp session tty tpgid flags … utime stime cutime cstime …
		const add = (pid: number, parent: number, session: number, ticks: number[]) => {
			mkdirSync(join(proc, String(pid)));
			const line = `${pid} (a) b) (c) S ${parent} ${pid} ${session} 0 -1 0 0 0 0 0 ${ticks.join(' ')} 20 0`;
			writeFileSync(join(proc, String(pid), 'stat'), line);
		};
		add(10, 1, 10, [1, 2, 3, 4]);
		add(20, 10, 20, [10, 0, 5, 0]);
		add(21, 20, 20, [100, 0, 0, 0]);
		add(22, 1, 20, [1000, 0, 0, 0]);
		add(30, 1, 30, [9999, 0, 0, 0]);
		mkdirSync(join(proc, '40'));
		const untold = () => undefined;
		expect(createOwnCpu('linux', 10, () => 1, untold, proc)()).toBe(10 * (10 + 15 + 100 + 1000));
		expect(createOwnCpu('linux', 10, () => 0, untold, proc)()).toBe(100);
		expect(createOwnCpu('linux', 11, () => 1, untold, proc)()).toBeUndefined();
		expect(createOwnCpu('darwin', 10, () => 1, untold)()).toBeUndefined();
		expect(createOwnCpu('darwin', 10, () => 0, untold)()).toBe(0);
		expect(
			createOwnCpu(
				'win32',
				10,
				() => 1,
				() => 250,
			)(),
		).toBe(250);
		expect(createOwnCpu('win32', 10, () => 1, untold)()).toBeUndefined();
	});
});
