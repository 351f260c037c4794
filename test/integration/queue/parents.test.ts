import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { FakeClock, openQueue, task } from '../../support/queue.ts';

describe('parents', () => {
	it('run their children, and end when the last child has', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const parentId = parent?.id ?? '';
		const [a, b] = await queue.enqueue(task({ parentId }), task({ parentId }));
		await queue.exit(parentId, 0);
		expect(queue.jobs.get(parentId).job).toMatchObject({
			state: 'running',
			phase: 'children',
			children: { queued: 2 },
		});
		expect(await queue.claim()).toEqual([a?.id, b?.id]);
		await queue.exit(a?.id ?? '', 0);
		expect(queue.jobs.get(parentId).job.state).toBe('running');
		await queue.exit(b?.id ?? '', 0);
		expect(queue.jobs.get(parentId).job).toMatchObject({
			state: 'succeeded',
			children: { succeeded: 2 },
		});
	});

	it('fail with counts when a child did not succeed', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const parentId = parent?.id ?? '';
		const [a, b] = await queue.enqueue(task({ parentId }), task({ parentId }));
		await queue.claim();
		await queue.exit(a?.id ?? '', 0);
		await queue.exit(b?.id ?? '', 3);
		await queue.exit(parentId, 0);
		expect(queue.jobs.get(parentId).job).toMatchObject({
			state: 'failed',
			stopReason: 'children',
			error: { code: 'CHILDREN', message: expect.stringContaining('1 failed') },
		});
	});

	it('take open children with them when they fail or are cancelled', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const parentId = parent?.id ?? '';
		const [running] = await queue.enqueue(task({ parentId }));
		await queue.claim();
		const [waiting] = await queue.enqueue(task({ parentId }));
		await queue.jobs.cancel({ ids: [parentId] });
		await queue.swept();
		expect(queue.jobs.get(waiting?.id ?? '').job.state).toBe('cancelled');
		expect(queue.jobs.get(running?.id ?? '').job).toMatchObject({
			state: 'running',
			stopping: 'cancel',
		});
		await queue.exit(running?.id ?? '', 0);
		await queue.exit(parentId, 0);
		expect(queue.jobs.get(parentId).job).toMatchObject({ state: 'cancelled', exitCode: 0 });
	});

	it.each(['cancel', 'supersede'] as const)(
		'stopped by %s end, and free their subject, only when no child runs any more',
		async (cause) => {
			const file = join(temporaryFolder(), 'jobs.db');
			const clock = new FakeClock();
			const first = openQueue({ file, clock });
			const [parent] = await first.enqueue(task({ subject: 's' }));
			const parentId = parent?.id ?? '';
			await first.claim();
			const [middle] = await first.enqueue(task({ parentId }), task({ parentId, queue: 'stuck' }));
			await first.jobs.updateQueue({ name: 'stuck', paused: true });
			await first.claim();
			const [part] = await first.enqueue(task({ parentId: middle?.id ?? '' }));
			await first.claim();
			for (const id of [parentId, middle?.id ?? '']) await first.exit(id, 0);
			const abort = cause === 'supersede';
			if (!abort) await first.jobs.cancel({ ids: [parentId] });
			const supersede = abort ? 'abort' : 'queued';
			const [newer] = await first.enqueue(task({ subject: 's', supersede }));
			expect(newer?.superseded).toEqual(abort ? [parentId] : []);
			await first.swept();
			const end = abort ? 'superseded' : 'cancelled';
			const stopping = { state: 'running', phase: 'children', stopping: cause };
			expect(first.jobs.get(parentId).job).toMatchObject({
				...stopping,
				children: { running: 1, [end]: 1 },
			});
			expect(first.jobs.get(middle?.id ?? '').job).toMatchObject(stopping);
			expect(first.jobs.explain(parentId).summary).toMatch(/being stopped.*children/);
			await expect(first.enqueue(task({ parentId }))).rejects.toMatchObject({ kind: 'VALIDATION' });
			expect(await first.claim()).toEqual([]);

			// It stands over the death of the daemon: only what had a process is left to be settled.
			const queue = openQueue({ file, clock, idsUsed: 6 });
			expect(queue.dispatch.unfinished().map(({ id }) => id)).toEqual([part?.id]);
			const outcome = { kind: 'interrupted' } as const;
			await queue.dispatch.finish({ id: part?.id ?? '', run: 1, outcome });
			expect(queue.jobs.get(parentId).job).toMatchObject({
				state: end,
				stopReason: cause,
				exitCode: 0,
				children: { [end]: 2 },
			});
			expect(await queue.claim()).toEqual([newer?.id]);
		},
	);

	it('whose own run failed end as it did, when no child runs any more', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task({ subject: 's' }));
		const parentId = parent?.id ?? '';
		await queue.claim();
		// One that was to be run again after its own stop is not run again either.
		const again = task({ parentId, maxAttempts: 2, backoff: { baseMs: 0 } });
		const [child] = await queue.enqueue(again);
		await queue.claim();
		await queue.dispatch.stopRun(child?.id ?? '', 1, 'timeout');
		await queue.exit(parentId, 7);
		const [newer] = await queue.enqueue(task({ subject: 's' }));
		expect(queue.jobs.get(parentId).job).toMatchObject({ state: 'running', phase: 'children' });
		expect(await queue.claim()).toEqual([]);
		await queue.exit(child?.id ?? '', 1);
		expect(queue.jobs.get(child?.id ?? '').job.state).toBe('cancelled');
		expect(queue.jobs.get(parentId).job).toMatchObject({
			state: 'failed',
			stopReason: 'exit',
			exitCode: 7,
			error: { code: 'EXIT' },
		});
		expect(await queue.claim()).toEqual([newer?.id]);
	});

	it('that are run again after an interruption have their children superseded, and end by those of the last run', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task({ restartable: true }));
		const parentId = parent?.id ?? '';
		await queue.claim();
		const again = task({ parentId, restartable: true });
		const [first, second] = await queue.enqueue(again, again, again);
		await queue.jobs.updateQueue({ name: 'default', concurrency: 3 });
		await queue.claim();
		// As when the daemon died: the parent comes first, then its children.
		for (const { id, run } of queue.dispatch.unfinished()) {
			await queue.dispatch.finish({ id, run, outcome: { kind: 'interrupted' } });
		}
		await queue.swept();
		expect(queue.jobs.get(parentId).job).toMatchObject({
			state: 'queued',
			attempt: 0,
			children: { superseded: 3 },
		});
		for (const { id } of [first, second].filter((one) => one !== undefined)) {
			expect(queue.jobs.get(id).job.state).toBe('superseded');
		}
		expect(await queue.claim()).toEqual([parentId]);
		const [last] = await queue.enqueue(again);
		await queue.exit(parentId, 0);
		expect(await queue.claim()).toEqual([last?.id]);
		await queue.exit(last?.id ?? '', 0);
		expect(queue.jobs.get(parentId).job).toMatchObject({
			state: 'succeeded',
			run: 2,
			children: { superseded: 3, succeeded: 1 },
		});
	});

	it('are cancelled by who cancels them while they are being superseded, and their children too', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task({ subject: 's' }));
		const parentId = parent?.id ?? '';
		await queue.claim();
		const [child] = await queue.enqueue(task({ parentId }));
		await queue.claim();
		await queue.exit(parentId, 0);
		await queue.enqueue(task({ subject: 's', supersede: 'abort' }));
		await queue.jobs.cancel({ ids: [parentId] });
		await queue.exit(child?.id ?? '', 0);
		for (const id of [parentId, child?.id ?? '']) {
			expect(queue.jobs.get(id).job).toMatchObject({ state: 'cancelled', stopReason: 'cancel' });
		}
	});

	it('refuse children once they are finished or being stopped, or nested too deep', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const parentId = parent?.id ?? '';
		await queue.jobs.cancel({ ids: [parentId] });
		await expect(queue.enqueue(task({ parentId }))).rejects.toMatchObject({ kind: 'VALIDATION' });
		await queue.exit(parentId, 0);
		await expect(queue.enqueue(task({ parentId }))).rejects.toMatchObject({ kind: 'VALIDATION' });

		let [deep] = await queue.enqueue(task());
		for (let depth = 1; depth <= 4; depth++) {
			[deep] = await queue.enqueue(task({ parentId: deep?.id ?? '' }));
		}
		await expect(queue.enqueue(task({ parentId: deep?.id ?? '' }))).rejects.toMatchObject({
			data: { path: 'jobs[0].parentId' },
		});
	});

	it('refuse a part that has the subject of any job above it, since each would wait for the other', async () => {
		const queue = openQueue();
		const [top] = await queue.enqueue(task({ subject: 's', supersede: 'none' }));
		const [middle] = await queue.enqueue(task({ parentId: top?.id ?? '', subject: 't' }));
		for (const supersede of ['queued', 'abort', 'none'] as const) {
			const part = task({ parentId: middle?.id ?? '', subject: 's', supersede });
			await expect(queue.enqueue(part)).rejects.toMatchObject({
				kind: 'VALIDATION',
				data: { path: 'jobs[0].subject' },
			});
		}
		expect(queue.jobs.get(top?.id ?? '').job.state).toBe('queued');
	});

	it('do not end when the only part they wait for is replaced by another', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const parentId = parent?.id ?? '';
		const [older] = await queue.enqueue(task({ parentId, subject: 's' }));
		await queue.exit(parentId, 0);
		const [newer] = await queue.enqueue(task({ parentId, subject: 's' }));
		expect(newer?.superseded).toEqual([older?.id]);
		expect(queue.jobs.get(parentId).job).toMatchObject({ state: 'running', phase: 'children' });
		expect(await queue.claim()).toEqual([newer?.id]);
		await queue.exit(newer?.id ?? '', 0);
		expect(queue.jobs.get(parentId).job).toMatchObject({
			state: 'succeeded',
			children: { superseded: 1, succeeded: 1 },
		});
	});

	it('keep their subject while only children are left, but no slot', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		const [parent] = await queue.enqueue(task({ subject: 's' }));
		await queue.claim();
		const [child] = await queue.enqueue(task({ parentId: parent?.id ?? '' }));
		const [next] = await queue.enqueue(task({ subject: 's' }));
		await queue.exit(parent?.id ?? '', 0);
		expect(await queue.claim()).toEqual([child?.id]);
		await queue.exit(child?.id ?? '', 0);
		expect(queue.jobs.get(parent?.id ?? '').job.state).toBe('succeeded');
		expect(await queue.claim()).toEqual([next?.id]);
	});
});
