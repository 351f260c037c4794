/** Processes that do one run each at a time: taken again while they are warm, and given up after that. */
import { expect, test } from 'vitest';
import type { Worker } from '../../../daemon/workers/registry.ts';
import { createPool } from '../../../daemon/workers/started/pool.ts';
import type { Standing, StandingEnd } from '../../../daemon/workers/started/standing.ts';
import { FakeClock } from '../../support/queue.ts';

interface Process {
	readonly standing: Standing;
	stopped: boolean;
	end(): void;
}

function open({ registers = true } = {}) {
	const clock = new FakeClock();
	const processes: Process[] = [];
	const pool = createPool({
		clock,
		idleMs: 30_000,
		retire() {},
		start(onRegistered) {
			const { promise, resolve } = Promise.withResolvers<StandingEnd>();
			const worker = {} as Worker;
			const outcome = { kind: 'exit', exitCode: 1, signal: null } as const;
			const end = () => resolve({ outcome, how: 'ended', last: '', registered: registers });
			const process: Process = {
				stopped: false,
				end,
				standing: {
					ended: promise,
					worker,
					get stopping() {
						return process.stopped;
					},
					stop() {
						process.stopped = true;
						end();
					},
				} as unknown as Standing,
			};
			processes.push(process);
			if (registers) onRegistered(worker);
			else end();
			return process.standing;
		},
	});
	async function take() {
		const taken = await pool.take();
		if ('end' in taken) throw new Error('It did not register.');
		return taken;
	}
	return { clock, pool, processes, take };
}

test('as many as run at once; one that is free is taken again, and ends 30 s after its last run', async () => {
	const { clock, processes, take } = open();
	const [a, b] = [await take(), await take()];
	expect(processes).toHaveLength(2);
	a.giveBack(false);
	const again = await take();
	expect(again.standing).toBe(a.standing);
	clock.advance(600_000);
	expect(processes.map(({ stopped }) => stopped)).toEqual([false, false]);
	again.giveBack(false);
	clock.advance(29_999);
	b.giveBack(false);
	clock.advance(1);
	expect(processes.map(({ stopped }) => stopped)).toEqual([true, false]);
	clock.advance(30_000);
	expect(processes.map(({ stopped }) => stopped)).toEqual([true, true]);
	expect(clock.pending).toEqual([]);
	expect((await take()).standing).not.toBe(a.standing);
});

test('one that has grown, or has died, is not taken again', async () => {
	const { processes, take } = open();
	const grown = await take();
	grown.giveBack(true);
	expect(processes[0]?.stopped).toBe(true);
	const dead = await take();
	dead.giveBack(false);
	processes[1]?.end();
	await dead.standing.ended;
	expect((await take()).standing).toBe(processes[2]?.standing);
});

test('one that ends before it registers says how', async () => {
	const { pool } = open({ registers: false });
	expect(await pool.take()).toMatchObject({ end: { how: 'ended', registered: false } });
});
