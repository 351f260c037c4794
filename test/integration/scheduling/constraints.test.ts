/** Constraints in the queue: who may start, how long they wait, and what is waived. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { AC, enqueueOne, FakeMachine, job, open } from '../../support/machine.ts';
import { openQueue, task } from '../../support/queue.ts';

describe('constraints', () => {
	it('keep a job waiting, and nobody behind it', async () => {
		const { queue, machine } = open();
		machine.ac = false;
		const waiting = await enqueueOne(queue, { ...AC, priority: 50 });
		const free = await enqueueOne(queue, {});
		expect(await queue.claim()).toEqual([free]);
		expect(job(queue, waiting)).toMatchObject({
			state: 'queued',
			constraints: { power: 'ac', idle: false },
			onConstraintLost: 'finish',
		});
		expect(queue.jobs.explain(waiting)).toMatchObject({
			runnable: false,
			reasons: [{ kind: 'power', message: 'waiting for AC power' }],
			position: 0,
		});
		machine.ac = true;
		expect(await queue.claim()).toEqual([waiting]);
	});

	it('are asked once per class, and a change of power touches no rows', async () => {
		const { queue, machine } = open();
		machine.ac = false;
		await queue.enqueue(...Array.from({ length: 200 }, () => task(AC)));
		const version = () => Number(queue.db.pragma('data_version', { simple: true }));
		const changes = () => queue.db.prepare('SELECT total_changes() AS n').get();
		const before = [version(), changes()];
		machine.asked = 0;
		expect(await queue.claim()).toEqual([]);
		expect(machine.asked).toBe(1);
		machine.ac = true;
		machine.ac = false;
		expect(await queue.claim()).toEqual([]);
		expect([version(), changes()]).toEqual(before);
		expect(queue.db.prepare('SELECT count(*) AS n FROM wait_classes').get()).toEqual({ n: 1 });
	});

	it('that say nothing cost no class', async () => {
		const { queue } = open();
		await enqueueOne(queue, { constraints: { power: 'any', maxWaitMs: 5 } });
		expect(queue.db.prepare('SELECT count(*) AS n FROM wait_classes').get()).toEqual({ n: 0 });
		expect(queue.dispatch.nextTime()).toBeUndefined();
	});

	it('are still known after a restart', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const first = openQueue({ file });
		const id = await enqueueOne(first, { constraints: { idle: true, minBattery: 30 } });
		await first.parts.close();
		first.db.close();
		const machine = new FakeMachine();
		const second = openQueue({ file, clock: first.clock, conditions: machine, idsUsed: 1 });
		expect(second.dispatch.needs()).toEqual([{ power: 'any', minBattery: 30, idle: true }]);
		machine.idle = false;
		expect(await second.claim()).toEqual([]);
		machine.idle = true;
		expect(await second.claim()).toEqual([id]);
		expect(second.dispatch.needs()).toEqual([]);
	});

	it('need watching only while a job could start or would step aside', async () => {
		const { queue, machine } = open();
		machine.ac = false;
		const later = queue.clock.now() + 1000;
		const id = await enqueueOne(queue, { ...AC, runAt: later, onConstraintLost: 'pause' });
		expect(queue.dispatch.needs()).toEqual([]);
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		expect(queue.dispatch.needs()).toHaveLength(1);
		await queue.jobs.pause({ ids: [id] });
		expect(queue.dispatch.needs()).toEqual([]);
		await queue.jobs.resume({ ids: [id] });
		machine.ac = true;
		await queue.claim();
		expect(queue.dispatch.needs()).toHaveLength(1);
		await queue.exit(id, 0);
		expect(queue.dispatch.needs()).toEqual([]);
	});

	it('refuse requeue for what is not restartable, by path', async () => {
		const { queue } = open();
		await expect(
			queue.enqueue(task(), task({ ...AC, onConstraintLost: 'requeue' })),
		).rejects.toMatchObject({ kind: 'VALIDATION', data: { path: 'jobs[1].onConstraintLost' } });
		await queue.enqueue(task({ ...AC, onConstraintLost: 'requeue', restartable: true }));
	});
});

describe('the longest wait', () => {
	it('begins when all else is ready, and waives power, battery and idleness', async () => {
		const { queue, machine } = open();
		machine.ac = false;
		machine.idle = false;
		const constraints = { power: 'ac', idle: true, maxWaitMs: 60_000 } as const;
		const runAt = queue.clock.now() + 10_000;
		const id = await enqueueOne(queue, { constraints, runAt, onConstraintLost: 'pause' });
		expect(queue.dispatch.nextTime()).toBe(runAt);
		queue.clock.advance(10_000);
		await queue.dispatch.advance();
		expect(queue.dispatch.nextTime()).toBe(runAt + 60_000);
		expect(queue.jobs.explain(id).reasons[0]).toMatchObject({
			message: 'waiting for AC power; starts without it in 1 min 0 s',
			until: runAt + 60_000,
		});
		queue.clock.advance(59_999);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([]);
		queue.clock.advance(1);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([id]);
		// What was waived cannot be lost.
		await queue.dispatch.reviewConditions();
		expect(job(queue, id).state).toBe('running');
		expect(queue.dispatch.nextTime()).toBeUndefined();
	});

	it('counts anew for a retry', async () => {
		const { queue, machine } = open();
		machine.ac = false;
		const constraints = { power: 'ac', maxWaitMs: 1000 } as const;
		const id = await enqueueOne(queue, { constraints, maxAttempts: 2, backoff: { baseMs: 0 } });
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		await queue.claim();
		await queue.exit(id, 1);
		expect(await queue.claim()).toEqual([]);
		expect(queue.dispatch.nextTime()).toBe(queue.clock.now() + 1000);
	});

	it('does not waive an event, and starts when that has fired', async () => {
		const { queue, machine } = open();
		machine.ac = false;
		const constraints = { power: 'ac', event: 'git.commit', maxWaitMs: 1000 } as const;
		const id = await enqueueOne(queue, { constraints });
		queue.clock.advance(5000);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([]);
		expect(queue.jobs.explain(id).reasons).toMatchObject([
			{ kind: 'event', message: 'waiting for the event "git.commit"' },
		]);
		await queue.jobs.emit('git.commit', '');
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([]);
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([id]);
	});
});

describe('run now', () => {
	it('waives constraints once', async () => {
		const { queue, machine } = open();
		machine.ac = false;
		const constraints = { power: 'ac', event: 'never' } as const;
		const more = { maxAttempts: 2, backoff: { baseMs: 0 }, onConstraintLost: 'pause' } as const;
		const id = await enqueueOne(queue, { constraints, ...more });
		await queue.jobs.runNow({ ids: [id] });
		expect(await queue.claim()).toEqual([id]);
		await queue.dispatch.reviewConditions();
		expect(job(queue, id).state).toBe('running');
		await queue.exit(id, 1);
		expect(await queue.claim()).toEqual([]);
		expect(queue.jobs.explain(id).reasons).toMatchObject([{ kind: 'power' }]);
	});
});

describe('a crowded machine', () => {
	it('runs one job per queue, and what is urgent', async () => {
		const { queue, machine } = open();
		machine.busy = true;
		const a = await enqueueOne(queue, {});
		const second = await enqueueOne(queue, {});
		const b = await enqueueOne(queue, { queue: 'other' });
		const urgent = await enqueueOne(queue, { queue: 'other', priority: 50 });
		expect(new Set(await queue.claim())).toEqual(new Set([urgent, a]));
		expect(queue.jobs.explain(second).reasons).toMatchObject([{ kind: 'cpu' }]);
		await queue.exit(urgent, 0);
		expect(await queue.claim()).toEqual([b]);
		machine.busy = false;
		expect(await queue.claim()).toEqual([second]);
	});
});
