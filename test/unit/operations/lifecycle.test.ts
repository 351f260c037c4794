import { describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../daemon/operations/lifecycle.ts';
import type { DrainMode } from '../../../shared/protocol/draining.ts';
import { FakeClock } from '../../support/queue.ts';

/** A daemon in which one job runs and goes on until it is interrupted. */
function busy(options: { recorded?: Promise<void> } = {}) {
	const calls: string[] = [];
	const clock = new FakeClock();
	let running = 1;
	let end = () => {};
	const ended = new Promise<void>((resolve) => {
		end = resolve;
	});
	const lifecycle = new Lifecycle({
		clock,
		idleExitMs: () => 1000,
		staysForSchedules: true,
		log: () => {},
		drainingChanged: () => {},
		leave: (draining) =>
			calls.push(draining?.mode === 'handover' ? 'leave to a successor' : 'leave'),
		workload: {
			running: () => running,
			unfinished: () => 1,
			scheduled: () => false,
			clients: () => 1,
			stopClaiming: () => calls.push('stopClaiming'),
			settled: () => Promise.resolve(),
			async interruptAll() {
				calls.push('interruptAll');
				running = 0;
				end();
			},
			whenGone: () => ended,
			serving: () => 0,
			whenOnlyServing: async () => {},
			whenIdle: () => options.recorded ?? ended,
		},
	});
	/** What runs ends, and the daemon leaves. */
	const left = async () => {
		running = 0;
		end();
		while (!calls.some((call) => call.startsWith('leave'))) await Promise.resolve();
	};
	return { lifecycle, calls, clock, ended, left };
}

const drain = (mode: DrainMode, reason: string = mode) => ({
	mode,
	reason,
	timeoutMs: 600_000,
});

describe('draining', () => {
	it('that has begun is not held up by who asks for less', async () => {
		const { lifecycle, calls, clock, ended } = busy();
		expect(lifecycle.drain(drain('finish', 'an update'))).toEqual({ mode: 'finish', running: 1 });
		expect(lifecycle.drain(drain('whenIdle'))).toEqual({ mode: 'finish', running: 1 });
		expect(lifecycle.draining?.reason).toBe('an update');
		expect(lifecycle.refusal()).toMatch(/shutting down \(an update\)/);
		clock.advance(600_000);
		await ended;
		expect(calls).toEqual(['stopClaiming', 'stopClaiming', 'interruptAll']);
	});

	it('does not wait for ever for what cannot be recorded', async () => {
		const { lifecycle, calls, clock } = busy({ recorded: new Promise(() => {}) });
		lifecycle.drain(drain('stop'));
		await new Promise(setImmediate);
		expect(calls).not.toContain('leave');
		clock.advance(5000);
		expect(calls).toContain('leave');
	});

	it('is hastened by who asks for more', async () => {
		const { lifecycle, calls, ended } = busy();
		lifecycle.drain(drain('whenIdle'));
		expect(lifecycle.refusal()).toBeUndefined();
		lifecycle.drain(drain('finish'));
		expect(lifecycle.refusal()).toMatch(/shutting down \(finish\)/);
		expect(lifecycle.drain(drain('stop'))).toEqual({ mode: 'stop', running: 1 });
		await ended;
		expect(calls).toContain('interruptAll');
		expect(lifecycle.draining?.reason).toBe('stop');
	});

	it('for a successor goes on taking work and starts none of it, as long as it takes', async () => {
		const { lifecycle, calls, clock } = busy();
		expect(lifecycle.drain(drain('handover', 'the next one'))).toEqual({
			mode: 'handover',
			running: 1,
		});
		// Every client of the newer build asks for it.
		lifecycle.drain(drain('handover', 'the next one'));
		expect(lifecycle.refusal()).toBeUndefined();
		clock.advance(30 * 86_400_000);
		expect(calls).toEqual(['stopClaiming']);
	});

	it.each([
		['handover', 'leave to a successor'],
		['stop', 'leave'],
		['finish', 'leave'],
	] as const)('for a successor, then to %s: what was asked last counts', async (mode, how) => {
		const { lifecycle, calls, left } = busy();
		lifecycle.drain(drain('handover'));
		lifecycle.drain(drain(mode));
		await left();
		expect(calls.at(-1)).toBe(how);
	});
});

describe('a daemon that nobody needs', () => {
	function idle(staysForSchedules: boolean, scheduled: () => boolean) {
		const clock = new FakeClock();
		let left = false;
		const lifecycle = new Lifecycle({
			clock,
			idleExitMs: () => 600_000,
			staysForSchedules,
			log: () => {},
			drainingChanged: () => {},
			leave: () => {
				left = true;
			},
			workload: {
				running: () => 0,
				unfinished: () => 0,
				scheduled,
				clients: () => 0,
				stopClaiming: () => {},
				settled: () => Promise.resolve(),
				interruptAll: () => Promise.resolve(),
				whenGone: () => Promise.resolve(),
				serving: () => 0,
				whenOnlyServing: async () => {},
				whenIdle: () => Promise.resolve(),
			},
		});
		lifecycle.workloadChanged();
		return { lifecycle, clock, left: () => left };
	}

	it('stays for a schedule until that will be due no more', () => {
		let scheduled = true;
		const { lifecycle, clock, left } = idle(true, () => scheduled);
		clock.advance(86_400_000);
		expect(left()).toBe(false);
		scheduled = false;
		lifecycle.workloadChanged();
		clock.advance(600_000);
		expect(left()).toBe(true);
	});

	it('leaves after a minute with schedules alone where they are not to keep it', () => {
		const { clock, left } = idle(false, () => true);
		clock.advance(59_999);
		expect(left()).toBe(false);
		clock.advance(1);
		expect(left()).toBe(true);
	});

	it('asks nothing more once it leaves: the last clients go when the store is closed', () => {
		let closed = false;
		const { lifecycle, clock, left } = idle(true, () => {
			if (closed) throw new Error('The database connection is not open');
			return false;
		});
		clock.advance(600_000);
		expect(left()).toBe(true);
		closed = true;
		expect(() => lifecycle.workloadChanged()).not.toThrow();
	});
});
