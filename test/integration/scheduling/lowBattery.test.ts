/** Work that no person started waits while the battery is low (docs/design.md section 3). */
import { describe, expect, it } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import { task } from '../../support/queue.ts';
import { openScheduler, POWER_RULES, type TestScheduler } from '../../support/scheduler.ts';

const BY_HAND = { constraints: { minBattery: 0 } };

async function onBattery(percent: number): Promise<TestScheduler> {
	const scheduler = openScheduler({ sparing: true });
	scheduler.machine.source = 'battery';
	scheduler.machine.percent = percent;
	return scheduler;
}

async function enqueue({ queue, settle }: TestScheduler, ...specs: JobSpecInput[]) {
	const jobs = await queue.enqueue(...specs);
	await settle();
	return jobs.map(({ id }) => id);
}

describe('a low battery', () => {
	it('holds what nobody started until it is charged well above the limit', async () => {
		const scheduler = await onBattery(19);
		const { queue, machine, advance, running } = scheduler;
		const [id = ''] = await enqueue(scheduler, task());
		expect([...running.keys()]).toEqual([]);
		expect(queue.jobs.explain(id).summary).toBe(
			'waiting for 25 % of battery or AC power: on battery, 19 %; start it anyway with Run Now',
		);
		machine.percent = 24;
		await advance(POWER_RULES.pollMs);
		expect(running.size).toBe(0);
		machine.percent = 25;
		await advance(POWER_RULES.pollMs);
		expect([...running.keys()]).toEqual([id]);
	});

	it('holds nothing at the limit itself, nor on mains, nor where nobody knows the charge', async () => {
		for (const [source, percent] of [
			['battery', 20],
			['ac', 3],
			['unknown', 3],
		] as const) {
			const scheduler = await onBattery(percent);
			scheduler.machine.source = source;
			const ids = await enqueue(scheduler, task());
			expect([...scheduler.running.keys()]).toEqual(ids);
		}
	});

	it('holds nothing that was started by hand: with a charge of its own, Run Now, or Retry', async () => {
		const scheduler = await onBattery(5);
		const { queue, running, settle } = scheduler;
		const [hand = '', kept = ''] = await enqueue(scheduler, task(BY_HAND), task());
		expect([...running.keys()]).toEqual([hand]);
		await queue.jobs.runNow({ ids: [kept] });
		await settle();
		expect(running.has(kept)).toBe(true);
		running.get(kept)?.exit();
		await settle();
		const { jobs } = await queue.jobs.retry({ ids: [kept] });
		await settle();
		expect(running.has(jobs[0]?.id ?? '')).toBe(true);
	});

	it('holds no part of what runs', async () => {
		const scheduler = await onBattery(50);
		const { machine, running } = scheduler;
		const [parentId = ''] = await enqueue(scheduler, task());
		machine.percent = 10;
		const [part = ''] = await enqueue(scheduler, task({ parentId }));
		expect(running.has(part)).toBe(true);
	});

	it('is as low as the setting says, from the moment it says so', async () => {
		const scheduler = await onBattery(30);
		const { queue, machine, running, settle } = scheduler;
		machine.spareBelow = 40;
		const [id = ''] = await enqueue(scheduler, task());
		expect(queue.jobs.explain(id).reasons[0]?.message).toContain('waiting for 45 % of battery');
		machine.spareBelow = 0;
		// Whatever is enqueued next makes the daemon look.
		await enqueue(scheduler, task(BY_HAND));
		expect(running.has(id)).toBe(true);
		const reads = machine.reads;
		await enqueue(scheduler, task());
		await settle();
		expect(machine.reads).toBe(reads);
	});

	it('is not asked for again by each job of a burst before it starts', async () => {
		const scheduler = await onBattery(80);
		const { running, machine } = scheduler;
		await enqueue(scheduler, task());
		const [id = ''] = await scheduler.queue.enqueue(task()).then((jobs) => jobs.map((j) => j.id));
		await scheduler.settle();
		expect(running.has(id)).toBe(true);
		machine.percent = 10;
		// Once a reading tells, nothing starts on an older one.
		await enqueue(scheduler, task({ constraints: { power: 'ac' } }));
		const [late = ''] = await enqueue(scheduler, task());
		expect(running.has(late)).toBe(false);
	});
});

describe('parts of a job that waits for power', () => {
	const ON_MAINS = { constraints: { power: 'ac' }, onConstraintLost: 'pause' } as const;

	it('wait and step aside with it', async () => {
		const scheduler = await onBattery(50);
		const { machine, advance, running, queue, settle } = scheduler;
		machine.source = 'ac';
		const [parentId = ''] = await enqueue(scheduler, task(ON_MAINS));
		const [part = ''] = await enqueue(scheduler, task({ parentId }));
		expect(running.has(part)).toBe(true);
		machine.source = 'battery';
		await advance(POWER_RULES.pollMs + 2 * POWER_RULES.confirmMs);
		expect([running.get(parentId)?.paused, running.get(part)?.paused]).toEqual([true, true]);
		const [later = ''] = await enqueue(scheduler, task({ parentId }));
		await settle();
		expect(queue.jobs.get(later).explanation.reasons[0]?.kind).toBe('power');
	});

	it('do not wait once a person has started it anyway', async () => {
		const scheduler = await onBattery(50);
		const { running, queue, settle } = scheduler;
		const [parentId = ''] = await enqueue(scheduler, task(ON_MAINS));
		await queue.jobs.runNow({ ids: [parentId] });
		await settle();
		const [part = ''] = await enqueue(scheduler, task({ parentId }));
		expect(running.has(part)).toBe(true);
	});
});
