import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KEPT_RUNS } from '../../../daemon/queue/store/runs.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { FakeClock, openQueue, type TestQueue, task } from '../../support/queue.ts';

const job = (queue: TestQueue, id: string | undefined) => queue.jobs.get(id ?? '').job;

describe('runs and attempts', () => {
	it('keeps the newest runs of a job that is begun anew for ever, and what may still be alive', async () => {
		const queue = openQueue();
		const [job] = await queue.enqueue(task({}));
		queue.db.exec(`WITH RECURSIVE n(run) AS (SELECT 1 UNION ALL SELECT run + 1 FROM n WHERE run < 1004)
			INSERT INTO runs (job, run, attempt, started_at, pgid)
			SELECT generation, n.run, 1, 1, iif(n.run = 3, 77, NULL) FROM jobs, n`);
		queue.db.exec('UPDATE jobs SET run = 1004');
		await queue.claim();
		const runs = queue.jobs.get(job?.id ?? '').runs.map(({ run }) => run);
		expect(runs).toEqual([3, ...Array.from({ length: KEPT_RUNS }, (_, n) => n + 6)]);
	});

	it('retry a failed run after its backoff, then fail for good', async () => {
		const queue = openQueue();
		const backoff = { baseMs: 1000, factor: 3, maxMs: 2000, jitter: 0 };
		const [task1] = await queue.enqueue(task({ maxAttempts: 3, backoff }));
		const waits: number[] = [];
		for (let attempt = 1; attempt <= 3; attempt++) {
			await queue.dispatch.advance();
			expect(await queue.claim()).toEqual([task1?.id]);
			await queue.exit(task1?.id ?? '', 7);
			const now = job(queue, task1?.id);
			if (now.state === 'queued') waits.push(now.runAt - queue.clock.now());
			queue.clock.advance(2000);
		}
		expect(waits).toEqual([1000, 2000]);
		expect(job(queue, task1?.id)).toMatchObject({
			state: 'failed',
			stopReason: 'exit',
			exitCode: 7,
			attempt: 3,
			run: 3,
		});
		expect(queue.jobs.get(task1?.id ?? '').runs.map((run) => run.exitCode)).toEqual([7, 7, 7]);
	});

	it('retry only the exit codes that were asked for', async () => {
		const queue = openQueue();
		const [a] = await queue.enqueue(task({ maxAttempts: 3, retryOn: [75] }));
		const [b] = await queue.enqueue(task({ maxAttempts: 3, retryOn: [75] }));
		await queue.claim();
		await queue.exit(a?.id ?? '', 75);
		await queue.exit(b?.id ?? '', 1);
		expect(job(queue, a?.id).state).toBe('queued');
		expect(job(queue, b?.id).state).toBe('failed');
	});

	it('keep the progress of a failed run in sight, also over a restart in its backoff', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const clock = new FakeClock();
		const backoff = { baseMs: 1000, jitter: 0 };
		const first = openQueue({ file, clock });
		const [a] = await first.enqueue(task({ maxAttempts: 2, backoff }));
		await first.claim();
		first.dispatch.reportProgress(a?.id ?? '', { current: 20 });
		await first.exit(a?.id ?? '', 1);
		// As by kill -9: nobody closes anything.
		const queue = openQueue({ file, clock, idsUsed: 1 });
		expect(job(queue, a?.id)).toMatchObject({ state: 'queued', progress: { current: 20 } });
		clock.advance(1000);
		await queue.dispatch.advance();
		await queue.claim();
		queue.dispatch.reportProgress(a?.id ?? '', { current: 18, total: 30 });
		expect(job(queue, a?.id).progress).toEqual({ current: 20, total: 30 });
		queue.dispatch.reportProgress(a?.id ?? '', { current: 25, total: 30 });
		expect(job(queue, a?.id).progress).toEqual({ current: 25, total: 30 });
	});

	it('are fenced: an older run changes nothing any more', async () => {
		const queue = openQueue();
		const [first] = await queue.enqueue(task({ maxAttempts: 2, backoff: { baseMs: 0 } }));
		const id = first?.id ?? '';
		await queue.claim();
		await queue.exit(id, 1);
		await queue.claim();
		await queue.dispatch.finish({
			id,
			run: 1,
			outcome: { kind: 'exit', exitCode: 0, signal: null },
		});
		expect(job(queue, id)).toMatchObject({ state: 'running', run: 2 });
		await queue.dispatch.stopRun(id, 1, 'timeout');
		expect(job(queue, id).stopping).toBeNull();
	});

	it('do not charge an interruption that ends as superseded either', async () => {
		// Found by the model.
		const queue = openQueue();
		const again = task({ subject: 's', restartable: true });
		const [first] = await queue.enqueue(again);
		await queue.claim();
		await queue.enqueue(again);
		await queue.dispatch.finish({ id: first?.id ?? '', run: 1, outcome: { kind: 'interrupted' } });
		expect(job(queue, first?.id)).toMatchObject({ state: 'superseded', attempt: 0 });
	});

	it('do not charge interruptions', async () => {
		const queue = openQueue();
		const [kept, lost] = await queue.enqueue(task({ restartable: true }), task());
		await queue.claim();
		for (const { id, run } of queue.dispatch.unfinished()) {
			await queue.dispatch.finish({ id, run, outcome: { kind: 'interrupted' } });
		}
		expect(job(queue, kept?.id)).toMatchObject({ state: 'queued', attempt: 0, run: 1 });
		expect(job(queue, lost?.id)).toMatchObject({ state: 'failed', stopReason: 'interrupted' });
		expect(await queue.claim()).toEqual([kept?.id]);
	});
});

describe('time', () => {
	it('starts a job at its time, not before', async () => {
		const queue = openQueue();
		const runAt = queue.clock.now() + 60_000;
		const [later] = await queue.enqueue(task({ runAt }));
		expect(queue.dispatch.nextTime()).toBe(runAt);
		expect(await queue.claim()).toEqual([]);
		expect(queue.jobs.explain(later?.id ?? '')).toMatchObject({
			runnable: false,
			reasons: [{ kind: 'time', until: runAt }],
		});
		queue.clock.advance(60_000);
		await queue.dispatch.advance();
		expect(queue.dispatch.nextTime()).toBeUndefined();
		expect(await queue.claim()).toEqual([later?.id]);
	});

	it('is waited for by those alone who asked for one, though the clock is set back', async () => {
		// Found by the property test of constraints.
		const queue = openQueue();
		const runAt = queue.clock.now() + 1000;
		const [plain, again, asked] = await queue.enqueue(
			task(),
			task({ restartable: true }),
			task({ runAt }),
		);
		const ids = [plain?.id ?? '', again?.id ?? '', asked?.id ?? ''];
		queue.clock.advance(500);
		await queue.jobs.pause({ ids: [plain?.id ?? ''] });
		await queue.claim();
		await queue.dispatch.finish({ id: again?.id ?? '', run: 1, outcome: { kind: 'interrupted' } });
		await queue.jobs.pause({ all: true });
		queue.clock.suspend(-60_000);
		await queue.jobs.resume({ ids });
		expect(await queue.claim()).toEqual(ids.slice(0, 2));
		expect(queue.dispatch.nextTime()).toBe(runAt);
	});

	it('expires a job whose ttl ends before its first start, and only then', async () => {
		const queue = openQueue();
		const [started, waiting] = await queue.enqueue(
			task({ ttlMs: 1000, maxAttempts: 2, backoff: { baseMs: 5000, jitter: 0 } }),
			task({ ttlMs: 1000, queue: 'stuck' }),
		);
		await queue.jobs.updateQueue({ name: 'stuck', paused: true });
		await queue.claim();
		await queue.exit(started?.id ?? '', 1);
		queue.clock.advance(2000);
		await queue.dispatch.advance();
		expect(job(queue, waiting?.id)).toMatchObject({ state: 'expired', stopReason: 'ttl' });
		expect(job(queue, started?.id).state).toBe('queued');
	});

	it('stops a running job at its deadline and never retries it', async () => {
		const queue = openQueue();
		const deadlineAt = queue.clock.now() + 1000;
		const [a, b] = await queue.enqueue(
			task({ deadlineAt, maxAttempts: 9 }),
			task({ deadlineAt, queue: 'stuck' }),
		);
		await queue.jobs.updateQueue({ name: 'stuck', paused: true });
		await queue.claim();
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		expect(job(queue, b?.id)).toMatchObject({ state: 'expired', stopReason: 'deadline' });
		expect(job(queue, a?.id)).toMatchObject({ state: 'running', stopping: 'deadline' });
		await queue.exit(a?.id ?? '', 0);
		expect(job(queue, a?.id)).toMatchObject({ state: 'expired', exitCode: 0 });
		expect(queue.dispatch.nextTime()).toBeUndefined();
	});

	it('expires a job that comes back to the queue after a deadline that passed while it was being stopped', async () => {
		const queue = openQueue();
		const deadlineAt = queue.clock.now() + 1000;
		const [slow, moved] = await queue.enqueue(
			task({ deadlineAt, maxAttempts: 2, backoff: { baseMs: 60_000 } }),
			task({ deadlineAt, restartable: true }),
		);
		await queue.claim();
		await queue.dispatch.stopRun(slow?.id ?? '', 1, 'timeout');
		await queue.dispatch.stopRun(moved?.id ?? '', 1, 'interrupted');
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		expect(job(queue, slow?.id).stopping).toBe('timeout');
		await queue.exit(slow?.id ?? '', 1);
		await queue.exit(moved?.id ?? '', 1);
		expect(job(queue, slow?.id).state).toBe('queued');
		await queue.dispatch.advance();
		for (const { id } of [slow, moved].filter((one) => one !== undefined)) {
			expect(job(queue, id)).toMatchObject({ state: 'expired', stopReason: 'deadline' });
		}
		expect(queue.dispatch.nextTime()).toBeUndefined();
	});

	it('lets the parent decide when parent and child reach their deadline together', async () => {
		// Found by the model: the child's deadline overwrote the stop that came with its parent's.
		const queue = openQueue();
		const deadlineAt = queue.clock.now() + 1000;
		const [parent] = await queue.enqueue(task({ deadlineAt }));
		const [child] = await queue.enqueue(task({ deadlineAt, parentId: parent?.id ?? '' }));
		await queue.claim();
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		expect(job(queue, parent?.id).stopping).toBe('deadline');
		expect(job(queue, child?.id).stopping).toBe('cancel');
	});

	it('retries a run that was stopped for its timeout', async () => {
		const queue = openQueue();
		const [slow] = await queue.enqueue(task({ timeoutMs: 10, maxAttempts: 2 }));
		const id = slow?.id ?? '';
		await queue.claim();
		await queue.dispatch.stopRun(id, 1, 'timeout');
		await queue.dispatch.finish({ id, run: 1, outcome: { kind: 'signal', signal: 'SIGKILL' } });
		expect(job(queue, id)).toMatchObject({ state: 'queued', attempt: 1 });
		expect(queue.jobs.get(id).runs[0]).toMatchObject({ reason: 'timeout', signal: 'SIGKILL' });
	});
});

describe('stops', () => {
	it('let the first cause win, but cancel overrides supersede', async () => {
		const queue = openQueue();
		const [a] = await queue.enqueue(task({ subject: 's' }));
		const [b] = await queue.enqueue(task());
		await queue.claim();
		await queue.enqueue(task({ subject: 's', supersede: 'abort' }));
		await queue.jobs.cancel({ ids: [a?.id ?? ''] });
		expect(job(queue, a?.id).stopping).toBe('cancel');
		await queue.dispatch.stopRun(b?.id ?? '', 1, 'timeout');
		await queue.jobs.cancel({ ids: [b?.id ?? ''] });
		expect(job(queue, b?.id).stopping).toBe('timeout');
	});

	it('win over a run that asks to be tried again', async () => {
		const queue = openQueue();
		const [one] = await queue.enqueue(task({ maxAttempts: 5 }));
		const id = one?.id ?? '';
		await queue.claim();
		await queue.jobs.cancel({ ids: [id] });
		const again = { afterMs: 0, free: false };
		await queue.dispatch.finish({
			id,
			run: 1,
			outcome: { kind: 'exit', exitCode: 0, signal: null, again },
		});
		expect(job(queue, id)).toMatchObject({ state: 'cancelled', stopReason: 'cancel' });
	});

	it('for a timeout that would be retried give way to a cancel', async () => {
		const queue = openQueue();
		const [a] = await queue.enqueue(task({ maxAttempts: 2 }));
		const id = a?.id ?? '';
		await queue.claim();
		await queue.dispatch.stopRun(id, 1, 'timeout');
		await queue.jobs.cancel({ ids: [id] });
		await queue.exit(id, 1);
		expect(job(queue, id)).toMatchObject({ state: 'cancelled', stopReason: 'cancel' });
	});

	it('are applied before any restart rule', async () => {
		const queue = openQueue();
		const [a] = await queue.enqueue(task({ restartable: true }));
		const id = a?.id ?? '';
		await queue.claim();
		await queue.jobs.cancel({ ids: [id] });
		await queue.dispatch.finish({ id, run: 1, outcome: { kind: 'interrupted' } });
		expect(job(queue, id).state).toBe('cancelled');
	});

	it('for a timeout are one charged run, also where the daemon dies before the processes are gone', async () => {
		const queue = openQueue();
		const backoff = { baseMs: 0, jitter: 0 };
		const specs = [task({ maxAttempts: 2, backoff }), task({ restartable: true })];
		const [retried, last] = await queue.enqueue(...specs);
		await queue.claim();
		for (const { id, run } of queue.dispatch.unfinished()) {
			await queue.dispatch.stopRun(id, run, 'timeout');
			const outcome = { kind: 'interrupted', uncleanBoot: 'boot' } as const;
			await queue.dispatch.finish({ id, run, outcome });
		}
		expect(job(queue, retried?.id)).toMatchObject({ state: 'queued', attempt: 1 });
		expect(job(queue, last?.id)).toMatchObject({ state: 'failed', stopReason: 'timeout' });
		const blamed = queue.db.prepare('SELECT count(*) AS n FROM jobs WHERE unclean > 0');
		expect(blamed.get()).toEqual({ n: 0 });
	});

	it('skip what is finished, saying why', async () => {
		const queue = openQueue();
		const [done] = await queue.enqueue(task());
		await queue.claim();
		await queue.exit(done?.id ?? '', 0);
		const unknown = '00000000-0000-7000-8000-ffffffffffff';
		expect(await queue.jobs.cancel({ ids: [done?.id ?? '', unknown] })).toMatchObject({
			count: 0,
			skippedCount: 2,
			skipped: [{ reason: expect.stringContaining('succeeded') }, { id: unknown }],
		});
		expect(await queue.jobs.cancel({ all: true })).toMatchObject({ count: 0, skippedCount: 0 });
	});
});

describe('retry by hand', () => {
	it('makes a successor that shares the payload and has no key', async () => {
		const queue = openQueue();
		const [failed] = await queue.enqueue(task({ key: 'k', payload: 'text', tag: 't' }));
		await queue.claim();
		await queue.exit(failed?.id ?? '', 1);
		const { jobs } = await queue.jobs.retry({ filter: { tag: 't' } });
		expect(jobs).toHaveLength(1);
		expect(job(queue, jobs[0]?.id)).toMatchObject({
			retryOf: failed?.id,
			key: null,
			state: 'queued',
			payload: { bytes: 4 },
		});
		expect(job(queue, failed?.id).state).toBe('failed');
		const [claimed] = await queue.dispatch.claim(() => 0);
		const payload = claimed && (await queue.dispatch.payload(claimed.row)?.layOut());
		expect(readFileSync(payload?.path ?? '', 'utf8')).toBe('text');
	});

	it('makes a job in backoff due now and refuses what still runs', async () => {
		const queue = openQueue();
		const [backing, running] = await queue.enqueue(
			task({ maxAttempts: 2, backoff: { baseMs: 60_000 } }),
			task(),
		);
		await queue.claim();
		await queue.exit(backing?.id ?? '', 1);
		const result = await queue.jobs.retry({ ids: [backing?.id ?? '', running?.id ?? ''] });
		expect(result).toMatchObject({ count: 1, skippedCount: 1, jobs: [] });
		expect(await queue.claim()).toEqual([backing?.id]);
	});
});
