/** What makes series without end, and clocks that jump: answers stay small and right. */
import { expect, it } from 'vitest';
import { historyOf } from '../../../daemon/metrics/history/history.ts';
import { task } from '../../support/queue.ts';
import { measuredQueue } from './measured.ts';
import { samples, sumOf } from './samples.ts';

const HOUR = 3_600_000;
const MANY = 10_000;

it('keeps every answer small when there are ten thousand queues and as many titles', async () => {
	const { queue, metrics, rows } = measuredQueue();
	const { clock, jobs, parts } = queue;
	const start = clock.now();
	for (let n = 0; n < MANY; n += 1000) {
		await queue.enqueue(
			...Array.from({ length: 1000 }, (_, i) =>
				task({ queue: `q${n + i}`, title: `"odd"\n${n + i}` }),
			),
		);
	}
	const { text } = await metrics.scrape();
	const found = samples(text);
	expect(text.length).toBeLessThan(200_000);
	expect(new Set(found.map(({ labels }) => labels['queue'])).size).toBeLessThanOrEqual(52);
	for (const name of [
		'semantica_jobs',
		'semantica_jobs_waiting',
		'semantica_jobs_enqueued_total',
	]) {
		expect(sumOf(found, name, {}), name).toBe(MANY);
	}
	const now = metrics.now({ queues: 50 });
	expect(now.waiting).toEqual({ slot: MANY });
	// With those that are always there.
	expect([now.queues.length, now.moreQueues]).toEqual([50, MANY + 2 - 50]);

	for (let claimed = await queue.claim(); claimed.length > 0; claimed = await queue.claim()) {
		clock.advance(1);
		await Promise.all(claimed.map((id) => queue.exit(id, 0)));
		if (jobs.counts().succeeded >= 2000) break;
	}
	await jobs.cancel({ filter: { state: ['queued'] } });
	clock.advance(HOUR);
	await queue.enqueue(task());
	const told = historyOf(parts.ended, { bucketMs: HOUR, start, to: clock.now() });
	expect(told.queues).toHaveLength(50);
	expect(told.kinds).toHaveLength(20);
	const { succeeded, cancelled } = jobs.counts();
	for (const flow of [told.buckets[0], rows().at(-1)]) {
		expect(flow?.ended).toEqual({ succeeded, cancelled });
		const queues = Object.values(flow?.queues ?? {});
		expect(queues.length).toBeLessThanOrEqual(11);
		expect(queues.reduce((sum, { ended }) => sum + (ended.succeeded ?? 0), 0)).toBe(succeeded);
	}
});

it('says nothing below zero when the clock is set back, and goes on when it leaps', async () => {
	const { queue, metrics } = measuredQueue();
	const { clock } = queue;
	await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
	await queue.enqueue(task(), task());
	const [first = ''] = await queue.claim();
	const longest = async () =>
		sumOf(samples((await metrics.scrape()).text), 'semantica_queue_longest_run_seconds', {});
	clock.suspend(-HOUR);
	const back = samples((await metrics.scrape()).text);
	expect(back.filter(({ value }) => value < 0)).toEqual([]);
	await queue.exit(first, 0);
	await queue.claim();
	expect(await longest()).toBe(0);
	clock.suspend(2 * HOUR);
	expect(await longest()).toBe(7200);
	const found = samples((await metrics.scrape()).text);
	expect(sumOf(found, 'semantica_job_run_seconds_sum', {})).toBe(0);
	expect(sumOf(found, 'semantica_job_wait_seconds_sum', {})).toBe(0);
});
