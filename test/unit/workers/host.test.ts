/** When a worker of config.json is started, ends, and is given up: with time in the test's hand. */
import { describe, expect, test } from 'vitest';
import type { Worker } from '../../../daemon/workers/registry.ts';
import { createHost, type Host } from '../../../daemon/workers/started/host.ts';
import type { Standing, StandingEnd } from '../../../daemon/workers/started/standing.ts';
import { FakeClock } from '../../support/queue.ts';

const ENTRY = {
	name: 'embed',
	types: ['acme.embed'],
	command: { command: 'node', args: [], cwd: '/', env: {}, shell: false },
	idleMs: 60_000,
};

interface Process {
	readonly worker: { held: number };
	stopped: boolean;
	register(): void;
	end(end: Partial<StandingEnd>): Promise<void>;
}

function open() {
	const clock = new FakeClock();
	const processes: Process[] = [];
	const warnings: string[] = [];
	const host: Host = createHost(ENTRY, {
		clock,
		logFile: '/log',
		retire() {},
		changed() {},
		warn: (sentence) => warnings.push(sentence),
		start(onRegistered) {
			const { promise, resolve } = Promise.withResolvers<StandingEnd>();
			const worker = { held: 0 };
			let registered = false;
			const process: Process = {
				worker,
				stopped: false,
				register() {
					registered = true;
					onRegistered(worker as Worker);
				},
				async end(end) {
					const outcome = { kind: 'exit', exitCode: 1, signal: null } as const;
					resolve({ outcome, how: 'ended with exit code 1', last: '', registered, ...end });
					await promise;
					await Promise.resolve();
				},
			};
			processes.push(process);
			return {
				pid: 1,
				get worker() {
					return registered ? (worker as Worker) : undefined;
				},
				ended: promise,
				stop() {
					process.stopped = true;
				},
			} as unknown as Standing;
		},
	});
	const last = () => processes.at(-1) as Process;
	return { clock, host, processes, last, warnings };
}

describe('a worker that dies before it registers', () => {
	test('is started again after ever longer pauses, and is broken after five times, until it is restarted', async () => {
		const { clock, host, processes, last, warnings } = open();
		for (const wait of [1000, 2000, 4000, 8000]) {
			host.wanted();
			host.wanted();
			await last().end({ last: 'no model\n  at all' });
			expect(host.shown().state).toBe('waiting');
			expect(host.unmet()).toMatch(/which ended with exit code 1 and is started again soon/);
			host.wanted();
			expect(clock.pending).toEqual([wait]);
			clock.advance(wait);
		}
		host.wanted();
		await last().end({ last: 'no model\n  at all' });
		expect(processes).toHaveLength(5);
		expect(host.serves).toBe(false);
		expect(host.unmet()).toBe(
			'waits for its worker embed, which is broken. It died 5 times before it registered; the last time it ended with exit code 1 and printed last: no model | at all. Mend it and run: semantica worker restart embed',
		);
		expect(warnings).toHaveLength(1);
		expect(clock.pending).toEqual([]);
		host.wanted();
		expect(processes).toHaveLength(5);
		await host.end();
		host.wanted();
		expect(processes).toHaveLength(6);
	});

	test('counts anew once it has registered', async () => {
		const { clock, host, last } = open();
		for (let n = 0; n < 12; n++) {
			host.wanted();
			if (n % 4 === 3) last().register();
			await last().end({});
			clock.advance(60_000);
		}
		expect(host.serves).toBe(true);
	});
});

describe('a worker without work', () => {
	test('is ended after its idle time, counted from the end of its last run', async () => {
		const { clock, host, processes, last } = open();
		host.wanted();
		last().register();
		clock.advance(59_999);
		last().worker.held = 1;
		host.loadChanged();
		clock.advance(600_000);
		expect(last().stopped).toBe(false);
		last().worker.held = 0;
		host.loadChanged();
		clock.advance(59_999);
		expect(last().stopped).toBe(false);
		clock.advance(1);
		expect(last().stopped).toBe(true);
		expect(host.shown().state).toBe('stopping');
		await last().end({});
		// Its end was asked for: it is started again at once when there is work.
		expect(host.shown().state).toBe('idle');
		host.wanted();
		expect(processes).toHaveLength(2);
	});
});
