/** Free memory, free disk and an unmetered network as conditions: looked at only while a job waits for them. */
import { describe, expect, test } from 'vitest';
import { task } from '../../support/queue.ts';
import { openScheduler } from '../../support/scheduler.ts';

type Scheduler = ReturnType<typeof openScheduler>;

async function enqueue({ queue, settle }: Scheduler, ...specs: Parameters<typeof task>[0][]) {
	const answers = await queue.enqueue(...specs.map((spec) => task(spec)));
	await settle();
	return answers.map(({ id }) => id);
}

const stateOf = ({ queue }: Scheduler, id: string) => queue.jobs.get(id).job.state;
const why = ({ queue }: Scheduler, id: string) =>
	queue.jobs.explain(id).reasons.map(({ kind, message }) => `${kind}: ${message}`);

describe('a job waits until', () => {
	test('so much memory is free', async () => {
		const scheduler = openScheduler();
		const [id = ''] = await enqueue(scheduler, { constraints: { freeMemoryMB: 2000 } });
		expect(stateOf(scheduler, id)).toBe('queued');
		expect(why(scheduler, id)).toEqual([
			'memory: waiting for 2000 MB of free memory: there are 1000 MB',
		]);
		scheduler.machine.freeMemoryMB = 2000;
		await scheduler.advance(10_000);
		expect(stateOf(scheduler, id)).toBe('running');
	});

	test('a disk has room; each disk is one thing, and one that is gone never has', async () => {
		const scheduler = openScheduler();
		const [small = '', large = '', gone = ''] = await enqueue(
			scheduler,
			{ constraints: { freeDisk: { path: '/a', MB: 500 } } },
			{ constraints: { freeDisk: { path: '/a', MB: 5000 } } },
			{ constraints: { freeDisk: { path: '/gone', MB: 1 } } },
		);
		expect(stateOf(scheduler, small)).toBe('running');
		expect(why(scheduler, large)).toEqual([
			'disk: waiting for 5000 MB of free disk at /a: there are 1000 MB',
		]);
		expect(why(scheduler, gone)).toEqual([
			'disk: waiting for 1 MB of free disk at /gone: there is no such place',
		]);
		scheduler.machine.freeDiskMB = 5000;
		await scheduler.advance(10_000);
		expect(stateOf(scheduler, large)).toBe('running');
		expect(stateOf(scheduler, gone)).toBe('queued');
	});

	test('the network is not metered; a run steps aside from one that is', async () => {
		const scheduler = openScheduler();
		scheduler.machine.metered = true;
		const [id = ''] = await enqueue(scheduler, {
			constraints: { unmetered: true },
			onConstraintLost: 'pause',
		});
		expect(why(scheduler, id)).toEqual([
			'network: waiting for an unmetered network: this one is metered',
		]);
		scheduler.machine.metered = false;
		await scheduler.advance(10_000);
		expect(stateOf(scheduler, id)).toBe('running');
		scheduler.machine.metered = true;
		await scheduler.advance(10_000);
		expect(stateOf(scheduler, id)).toBe('paused');
		scheduler.machine.metered = false;
		await scheduler.advance(20_000);
		expect(stateOf(scheduler, id)).toBe('running');
	});

	test('a network that cost money a moment ago costs it still where nobody answers', async () => {
		const scheduler = openScheduler();
		scheduler.machine.metered = true;
		const [id = ''] = await enqueue(scheduler, { constraints: { unmetered: true } });
		scheduler.machine.metered = 'silent';
		await scheduler.advance(10_000);
		expect(stateOf(scheduler, id)).toBe('queued');
		scheduler.machine.metered = false;
		await scheduler.advance(10_000);
		expect(stateOf(scheduler, id)).toBe('running');
	});

	test('any of it is so, a suspend of the machine later too', async () => {
		const scheduler = openScheduler();
		const ids = await enqueue(
			scheduler,
			{ constraints: { freeMemoryMB: 2000 } },
			{ constraints: { freeDisk: { path: '/a', MB: 5000 } } },
		);
		scheduler.suspend(8 * 3_600_000);
		await scheduler.advance(120_000);
		expect(ids.map((id) => stateOf(scheduler, id))).toEqual(['queued', 'queued']);
		Object.assign(scheduler.machine, { freeMemoryMB: 2000, freeDiskMB: 5000 });
		await scheduler.advance(10_000);
		expect(ids.map((id) => stateOf(scheduler, id))).toEqual(['running', 'running']);
	});

	test('or as long as it is willing to', async () => {
		const scheduler = openScheduler();
		scheduler.machine.metered = true;
		const maxWaitMs = 60_000;
		const ids = await enqueue(
			scheduler,
			{ constraints: { freeMemoryMB: 2000, maxWaitMs } },
			{ constraints: { freeDisk: { path: '/gone', MB: 1 }, maxWaitMs } },
			{ constraints: { unmetered: true, maxWaitMs } },
		);
		await scheduler.advance(59_000);
		expect(ids.map((id) => stateOf(scheduler, id))).toEqual(['queued', 'queued', 'queued']);
		await scheduler.advance(2000);
		expect(ids.map((id) => stateOf(scheduler, id))).toEqual(['running', 'running', 'running']);
	});
});

test('an unknown network counts as unmetered, and that is said', async () => {
	const scheduler = openScheduler();
	scheduler.machine.metered = undefined;
	const [id = ''] = await enqueue(scheduler, { constraints: { unmetered: true } });
	expect(stateOf(scheduler, id)).toBe('running');
	expect(scheduler.conditions.remark({ unmetered: true })).toContain('cannot be told here');
	expect(scheduler.conditions.remark({})).toBeUndefined();
});

test('nothing is read while nobody waits for it', async () => {
	const scheduler = openScheduler();
	await enqueue(scheduler, {});
	await scheduler.advance(120_000);
	expect(scheduler.machine.reads).toBe(0);
	const [id = ''] = await enqueue(scheduler, {
		constraints: { freeDisk: { path: '/a', MB: 5000 } },
	});
	await scheduler.advance(60_000);
	expect(scheduler.machine.reads).toBeGreaterThan(5);
	await scheduler.queue.jobs.cancel({ ids: [id] });
	await scheduler.settle();
	const { reads } = scheduler.machine;
	await scheduler.advance(120_000);
	expect(scheduler.machine.reads).toBe(reads);
});
