/** A wall clock that is set back by hours while jobs wait for seconds. */
import { describe, expect, it } from 'vitest';
import { STATE } from '../../../daemon/queue/store/codes.ts';
import type { JobRow } from '../../../daemon/queue/store/rows.ts';
import { createSuccesses } from '../../../daemon/queue/store/successes.ts';
import { TestMachine } from '../../support/model/machine.ts';
import { openQueue, task } from '../../support/queue.ts';
import { openScheduler } from '../../support/scheduler.ts';

const HOURS = 2 * 3_600_000;

describe('a clock that is set back', () => {
	it('stretches no backoff, no debounce, no longest wait and no ttl', async () => {
		const machine = new TestMachine();
		machine.ac = false;
		const queue = openQueue({ conditions: machine });
		const { clock, dispatch } = queue;
		const [retried] = await queue.enqueue(
			task({ maxAttempts: 2, backoff: { baseMs: 1000, jitter: 0 } }),
		);
		await queue.claim();
		await queue.exit(retried?.id ?? '', 1);
		const [debounced, waived, expired, held] = await queue.enqueue(
			task({ subject: 's', debounceMs: 2000 }),
			task({ constraints: { power: 'ac', maxWaitMs: 3000 } }),
			task({ constraints: { power: 'ac' }, ttlMs: 4000 }),
			task({ runAt: clock.now() + 5000 }),
		);
		clock.suspend(-HOURS);
		expect(dispatch.nextTime()).toBe(0);
		await dispatch.advance();
		expect(dispatch.nextTime()).toBe(clock.now() + 1000);
		clock.advance(3000);
		await dispatch.advance();
		expect(await queue.claim()).toEqual([retried?.id, debounced?.id, waived?.id]);
		clock.advance(1000);
		await dispatch.advance();
		expect(queue.jobs.get(expired?.id ?? '').job.state).toBe('expired');
		// A time that was asked for is a time on the clock.
		expect(queue.jobs.get(held?.id ?? '').job.runAt).toBe(clock.now() - 4000 + HOURS + 5000);
	});

	it('lets what succeeds now be remembered, and what succeeded first be forgotten', () => {
		const { db } = openQueue();
		const successes = createSuccesses(db);
		const succeed = (n: number, now: number) => {
			const row = { generation: n, id: `job ${n}` } as JobRow;
			successes.keep(row, { work: `work ${n}`, digest: 'd', manifest: null });
			successes.ended(row, STATE.succeeded, null, now);
		};
		for (let n = 0; n < 200; n++) succeed(n, HOURS + n);
		for (let n = 200; n < 203; n++) succeed(n, n);
		const remembered = [0, 1, 200, 201, 202].filter((n) => successes.last(`work ${n}`));
		expect(remembered).toEqual([200, 201, 202]);
	});

	it('is noticed by the daemon that starts after it, too', async () => {
		const queue = openQueue();
		await queue.enqueue(task({ subject: 's', debounceMs: 1000 }));
		queue.clock.suspend(-HOURS);
		expect(queue.dispatch.nextTime()).toBe(0);
		await queue.dispatch.advance();
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		expect(await queue.claim()).toHaveLength(1);
	});

	it('is met when a job that was held meanwhile goes on waiting', async () => {
		const queue = openQueue();
		const [one] = await queue.enqueue(task({ subject: 's', debounceMs: 1000 }));
		const ids = [one?.id ?? ''];
		await queue.jobs.pause({ ids });
		queue.clock.suspend(-HOURS);
		await queue.dispatch.advance();
		await queue.jobs.resume({ ids });
		expect(queue.dispatch.nextTime()).toBe(0);
		await queue.dispatch.advance();
		expect(queue.dispatch.nextTime()).toBe(queue.clock.now() + 1000);
	});

	it('lets no run end before it began', async () => {
		const queue = openQueue();
		const [one] = await queue.enqueue(task());
		await queue.claim();
		queue.clock.suspend(-HOURS);
		await queue.exit(one?.id ?? '', 0);
		const { job, runs } = queue.jobs.get(one?.id ?? '');
		expect(job.finishedAt).toBe(job.startedAt);
		expect(runs[0]?.endedAt).toBe(runs[0]?.startedAt);
	});

	it('is met by the timer that the wait had anyway', async () => {
		const { queue, clock, running, advance, settle } = openScheduler();
		const [one] = await queue.enqueue(task({ subject: 's', debounceMs: 1000 }));
		await settle();
		clock.suspend(-HOURS);
		await advance(2000, 1000);
		expect([...running.keys()]).toEqual([one?.id]);
	});
});
