/** Loop, queue and conditions together, on a machine that does what it is told. */
import { describe, expect, it } from 'vitest';
import { type TestQueue, task } from '../../support/queue.ts';
import { IDLE_RULES, openScheduler, POWER_RULES } from '../../support/scheduler.ts';

const state = (queue: TestQueue, id: string) => queue.jobs.get(id).job.state;
const AC = { constraints: { power: 'ac' } } as const;

describe('nothing is probed', () => {
	it('unless a job that could start, or would step aside, needs it', async () => {
		const { queue, clock, machine, advance, settle, running } = openScheduler();
		await queue.enqueue(task(), task({ ...AC, runAt: clock.now() + 600_000 }));
		await settle();
		expect(clock.pending).toEqual([60_000]);
		await advance(595_000);
		expect([machine.reads, machine.samples]).toEqual([0, 0]);
		await advance(5000);
		expect(machine.reads).toBe(1);
		expect(running.size).toBe(2);
		// It finishes whatever becomes of the power, so nobody asks any more.
		await advance(120_000);
		expect([machine.reads, clock.pending]).toEqual([1, []]);
	});

	it('more often than every 10 s while one waits', async () => {
		const { queue, clock, machine, advance, settle } = openScheduler();
		machine.source = 'battery';
		await queue.enqueue(task(AC));
		await settle();
		expect(machine.reads).toBe(1);
		await advance(600_000);
		expect(machine.reads).toBe(61);
		expect(machine.samples).toBe(0);
		expect(clock.pending).toEqual([POWER_RULES.pollMs]);
		await queue.jobs.cancel({ all: true });
		await settle();
		expect(clock.pending).toEqual([]);
	});
});

describe('power', () => {
	it('flapping neither starts nor stops work', async () => {
		const { queue, machine, advance, settle, running } = openScheduler();
		const [bound] = await queue.enqueue(task({ ...AC, onConstraintLost: 'pause' }));
		await settle();
		const run = running.get(bound?.id ?? '');
		expect(run).toBeDefined();
		for (let i = 0; i < 20; i++) {
			machine.source = 'battery';
			await advance(4000, 1000);
			machine.source = 'ac';
			await advance(11_000, 1000);
			expect(run?.paused).toBe(false);
		}
		machine.source = 'battery';
		await advance(16_000, 1000);
		expect(state(queue, bound?.id ?? '')).toBe('paused');
		for (let i = 0; i < 20; i++) {
			machine.source = 'ac';
			await advance(14_000, 1000);
			machine.source = 'battery';
			await advance(11_000, 1000);
			expect(run?.paused).toBe(true);
		}
		machine.source = 'ac';
		await advance(POWER_RULES.pollMs + POWER_RULES.acStableMs, 1000);
		expect(run?.paused).toBe(false);
	});

	it('is asked once more before work starts', async () => {
		const { queue, machine, advance, settle, running } = openScheduler();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		const [first] = await queue.enqueue(task(), task(AC));
		await settle();
		await advance(9000, 3000);
		machine.source = 'battery';
		// The slot becomes free while the last reading, 9 s old, still says that it is plugged in.
		running.get(first?.id ?? '')?.exit();
		await settle();
		expect(running.size).toBe(0);
	});

	it('is asked by whoever asks why a job waits, so that the next answer is true', async () => {
		const { queue, machine, advance, settle } = openScheduler();
		machine.source = 'battery';
		const [job] = await queue.enqueue(task(AC));
		await settle();
		const message = () => queue.jobs.explain(job?.id ?? '').reasons[0]?.message;
		machine.source = 'ac';
		await advance(6000, 6000);
		expect(message()).toBe('waiting for AC power: on battery, 80 %');
		await settle();
		expect(message()).toBe('waiting for AC power: plugged in, starts in 15 s if it stays so');
		expect(machine.reads).toBe(2);
	});

	it('says in words what is waited for', async () => {
		const { queue, machine, advance, settle } = openScheduler();
		machine.source = 'battery';
		machine.percent = 19;
		const [a, b] = await queue.enqueue(task(AC), task({ constraints: { minBattery: 20 } }));
		await settle();
		const message = (id = '') => queue.jobs.explain(id).reasons[0]?.message;
		expect(message(a?.id)).toBe('waiting for AC power: on battery, 19 %');
		expect(queue.jobs.explain(b?.id ?? '').summary).toBe(
			'waiting for 25 % of battery or AC power: on battery, 19 %; 1 job ahead in queue default; start it anyway with Run Now',
		);
		expect(message(b?.id)).toBe('waiting for 25 % of battery or AC power: on battery, 19 %');
		machine.percent = 24;
		await advance(30_000);
		expect(state(queue, b?.id ?? '')).toBe('queued');
		machine.source = 'ac';
		await advance(10_000);
		expect(message(a?.id)).toBe('waiting for AC power: plugged in, starts in 15 s if it stays so');
		await advance(8000, 4000);
		expect(message(a?.id)).toBe('waiting for AC power: plugged in, starts in 7 s if it stays so');
		expect(message(b?.id)).toBe(
			'waiting for 25 % of battery or AC power: plugged in, starts in 7 s if it stays so',
		);
		machine.source = 'unknown';
		await advance(60_000);
		expect(message(a?.id)).toBe('waiting for AC power: as told');
	});
});

describe('idleness', () => {
	it('starts work after a quiet time and ends it with the first keystroke', async () => {
		const { queue, advance, settle, running, conditions } = openScheduler();
		const [id] = (
			await queue.enqueue(task({ constraints: { idle: true }, onConstraintLost: 'pause' }))
		).map((job) => job.id);
		await settle();
		expect(queue.jobs.explain(id ?? '').reasons[0]?.message).toMatch(
			/^waiting for the machine to be idle: Semantica began to watch 1 s ago$/,
		);
		await advance(IDLE_RULES.quietMs);
		const run = running.get(id ?? '');
		expect(run?.paused).toBe(false);
		conditions.activity();
		await settle();
		expect(state(queue, id ?? '')).toBe('paused');
		expect(run?.notes[0]).toBe(
			'paused: the machine is in use, an editor was used 1 s ago; it goes on by itself',
		);
		await advance(IDLE_RULES.quietMs + IDLE_RULES.sampleMs);
		expect(run?.paused).toBe(false);
	});
});

describe('a suspend', () => {
	it('is no idleness, no timeout and no lost job; due work starts spread', async () => {
		const { queue, clock, suspend, advance, settle, running } = openScheduler();
		const hours = 3_600_000;
		const [busy] = await queue.enqueue(task({ timeoutMs: hours, queue: 'busy' }));
		const [idle] = await queue.enqueue(task({ constraints: { idle: true }, queue: 'idle' }));
		const at = clock.now() + 4 * hours;
		await queue.enqueue(...Array.from({ length: 4 }, () => task({ runAt: at })));
		await settle();
		await advance(90_000);
		suspend(8 * hours);
		while (running.size === 1) await advance(5000);
		const [last] = queue.parts.lists.matching({ queue: ['default'], state: ['queued'] }, 1);
		expect(queue.jobs.explain(last?.id ?? '')).toMatchObject({
			runnable: false,
			reasons: [{ kind: 'spread', until: expect.any(Number) }],
		});
		await advance(50_000);
		expect(state(queue, busy?.id ?? '')).toBe('running');
		expect(state(queue, idle?.id ?? '')).toBe('queued');
		// One at a time, once a second.
		const started = queue.parts.lists
			.matching({ queue: ['default'] }, 10)
			.map(({ id }) => queue.jobs.get(id).job.startedAt ?? 0);
		expect(running.size).toBe(5);
		expect(new Set(started).size).toBe(4);
		await advance(IDLE_RULES.quietMs);
		expect(state(queue, idle?.id ?? '')).toBe('running');
		await advance(hours);
		expect(queue.jobs.get(busy?.id ?? '').job).toMatchObject({
			state: 'failed',
			stopReason: 'timeout',
		});
	});

	it('lets no reading from before it count', async () => {
		const { queue, machine, suspend, advance, settle, running } = openScheduler();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		const [first] = await queue.enqueue(task(), task(AC));
		await settle();
		suspend(8 * 3_600_000);
		machine.source = 'battery';
		await advance(30_000);
		running.get(first?.id ?? '')?.exit();
		await advance(120_000);
		expect(running.size).toBe(0);
		machine.source = 'ac';
		await advance(120_000);
		expect(running.size).toBe(1);
	});
});
