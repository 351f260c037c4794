/** Constraints that are lost while the job runs: it finishes, stands still, or goes back to the queue. */
import { describe, expect, it } from 'vitest';
import { AC, enqueueOne, job, open } from '../../support/machine.ts';

describe('a constraint lost while the job runs', () => {
	it('changes nothing by default', async () => {
		const { queue, machine, orders } = open();
		const id = await enqueueOne(queue, AC);
		await queue.claim();
		machine.ac = false;
		await queue.dispatch.reviewConditions();
		expect([job(queue, id).state, orders]).toEqual(['running', []]);
	});

	it('pauses it, without holding it; it goes on by itself', async () => {
		const { queue, machine, orders } = open();
		const id = await enqueueOne(queue, { ...AC, onConstraintLost: 'pause' });
		await queue.claim();
		machine.ac = false;
		await queue.dispatch.reviewConditions();
		await queue.dispatch.reviewConditions();
		const pause = { kind: 'pause', id, run: 1, reason: 'waiting for AC power' };
		expect(orders).toEqual([pause]);
		await queue.dispatch.pauseCarriedOut(id, 1, true);
		expect(job(queue, id)).toMatchObject({ state: 'paused', held: false, run: 1 });
		expect(queue.jobs.explain(id)).toMatchObject({
			runnable: false,
			reasons: [
				{ kind: 'yielded', message: expect.stringContaining('paused by itself') },
				{ kind: 'power' },
			],
		});
		await queue.claim();
		expect(job(queue, id).state).toBe('paused');
		machine.ac = true;
		await queue.claim();
		expect(job(queue, id)).toMatchObject({ state: 'running', run: 1, attempt: 1 });
		expect(orders.slice(1)).toMatchObject([{ kind: 'resume', id, run: 1 }]);
	});

	it('that comes back before it was paused lets it go on', async () => {
		const { queue, machine, orders } = open();
		const id = await enqueueOne(queue, { ...AC, onConstraintLost: 'pause' });
		await queue.claim();
		machine.ac = false;
		await queue.dispatch.reviewConditions();
		machine.ac = true;
		await queue.dispatch.reviewConditions();
		expect(orders.map((order) => order.kind)).toEqual(['pause', 'resume']);
		await queue.dispatch.pauseCarriedOut(id, 1, true);
		expect(orders.map((order) => order.kind)).toEqual(['pause', 'resume', 'resume']);
		expect(job(queue, id).state).toBe('running');
	});

	it("stays paused by a person's word until that is taken back and the constraint holds", async () => {
		const { queue, machine } = open();
		const id = await enqueueOne(queue, { ...AC, onConstraintLost: 'pause' });
		await queue.claim();
		machine.ac = false;
		await queue.dispatch.reviewConditions();
		await queue.dispatch.pauseCarriedOut(id, 1, true);
		await queue.jobs.pause({ ids: [id] });
		machine.ac = true;
		await queue.claim();
		expect(job(queue, id)).toMatchObject({ state: 'paused', held: true });
		machine.ac = false;
		await queue.jobs.resume({ ids: [id] });
		await queue.claim();
		expect(job(queue, id)).toMatchObject({ state: 'paused', held: false });
		expect(queue.jobs.explain(id).reasons).toMatchObject([{ kind: 'yielded' }, { kind: 'power' }]);
		machine.ac = true;
		await queue.claim();
		expect(job(queue, id).state).toBe('running');
	});

	it('keeps a job paused that a person let go on meanwhile, and says why', async () => {
		const { queue, machine } = open();
		const id = await enqueueOne(queue, { ...AC, onConstraintLost: 'pause' });
		await queue.claim();
		await queue.jobs.pause({ ids: [id] });
		await queue.dispatch.pauseCarriedOut(id, 1, true);
		machine.ac = false;
		await queue.jobs.resume({ ids: [id] });
		await queue.claim();
		expect(job(queue, id).state).toBe('paused');
		expect(queue.jobs.explain(id).reasons).toMatchObject([{ kind: 'power' }]);
		machine.ac = true;
		await queue.claim();
		expect(job(queue, id).state).toBe('running');
	});

	it('is waived by Run Now for what stepped aside, too', async () => {
		const { queue, machine, orders } = open();
		const id = await enqueueOne(queue, { ...AC, onConstraintLost: 'pause' });
		await queue.claim();
		machine.ac = false;
		await queue.dispatch.reviewConditions();
		await queue.dispatch.pauseCarriedOut(id, 1, true);
		await queue.jobs.runNow({ ids: [id] });
		await queue.claim();
		await queue.dispatch.reviewConditions();
		expect(job(queue, id).state).toBe('running');
		expect(orders.map((order) => order.kind)).toEqual(['pause', 'resume']);
	});

	it('requeues it without charging the attempt', async () => {
		const { queue, machine, orders } = open();
		const spec = { ...AC, onConstraintLost: 'requeue', restartable: true, maxAttempts: 1 } as const;
		const id = await enqueueOne(queue, spec);
		await queue.claim();
		machine.ac = false;
		await queue.dispatch.reviewConditions();
		expect(orders).toMatchObject([{ kind: 'stop', reason: 'waiting for AC power' }]);
		const outcome = { kind: 'signal', signal: 'SIGTERM' } as const;
		await queue.dispatch.finish({ id, run: 1, outcome });
		expect(job(queue, id)).toMatchObject({ state: 'queued', attempt: 0 });
		expect(queue.jobs.get(id).runs).toMatchObject([{ reason: 'interrupted' }]);
		expect(await queue.claim()).toEqual([]);
		machine.ac = true;
		expect(await queue.claim()).toEqual([id]);
		expect(job(queue, id)).toMatchObject({ attempt: 1, run: 2 });
	});

	it('cancels for good when a person cancels meanwhile', async () => {
		const { queue, machine } = open();
		const spec = { ...AC, onConstraintLost: 'requeue', restartable: true } as const;
		const id = await enqueueOne(queue, spec);
		await queue.claim();
		machine.ac = false;
		await queue.dispatch.reviewConditions();
		await queue.jobs.cancel({ ids: [id] });
		await queue.dispatch.finish({ id, run: 1, outcome: { kind: 'signal', signal: 'SIGTERM' } });
		expect(job(queue, id).state).toBe('cancelled');
	});

	it('requeues what cannot be paused but restarted, and lets the rest go on', async () => {
		const { queue, machine, orders } = open();
		const spec = { ...AC, onConstraintLost: 'pause' } as const;
		const kept = await enqueueOne(queue, { ...spec, restartable: true });
		const other = await enqueueOne(queue, spec);
		await queue.claim();
		machine.ac = false;
		await queue.dispatch.reviewConditions();
		for (const id of [kept, other]) await queue.dispatch.pauseCarriedOut(id, 1, false);
		await queue.dispatch.finish({
			id: kept,
			run: 1,
			outcome: { kind: 'signal', signal: 'SIGTERM' },
		});
		expect(job(queue, kept).state).toBe('queued');
		await queue.dispatch.reviewConditions();
		expect(job(queue, other).state).toBe('running');
		expect(orders.filter(({ id, kind }) => id === other && kind === 'pause')).toHaveLength(1);
	});
});
