import { describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../daemon/operations/lifecycle.ts';
import { FakeClock } from '../../support/queue.ts';

/** A daemon in which one job runs and goes on until it is interrupted. */
function busy() {
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
		log: () => {},
		leave: () => calls.push('leave'),
		workload: {
			running: () => running,
			unfinished: () => 1,
			clients: () => 1,
			stopClaiming: () => calls.push('stopClaiming'),
			settled: () => Promise.resolve(),
			async interruptAll() {
				calls.push('interruptAll');
				running = 0;
				end();
			},
			whenIdle: () => ended,
		},
	});
	return { lifecycle, calls, clock, ended };
}

const drain = (mode: 'whenIdle' | 'finish' | 'stop', reason: string = mode) => ({
	mode,
	reason,
	timeoutMs: 600_000,
});

describe('draining', () => {
	it('that has begun is not held up by who asks for less', async () => {
		const { lifecycle, calls, clock, ended } = busy();
		expect(lifecycle.drain(drain('finish', 'an update'))).toEqual({ mode: 'finish', running: 1 });
		expect(lifecycle.drain(drain('whenIdle'))).toEqual({ mode: 'finish', running: 1 });
		expect(lifecycle.draining).toBe('an update');
		expect(lifecycle.refusal()).toMatch(/shutting down \(an update\)/);
		clock.advance(600_000);
		await ended;
		expect(calls).toEqual(['stopClaiming', 'stopClaiming', 'interruptAll']);
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
		expect(lifecycle.draining).toBe('stop');
	});
});
