/** What waiting for a person means for slots and times. */
import { expect, test } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { Asked } from '../../../shared/question.ts';
import { task } from '../../support/queue.ts';
import { openScheduler } from '../../support/scheduler.ts';

const SURE: Asked = {
	id: 'sure',
	question: 'Sure?',
	schema: { type: 'object', properties: { sure: { type: 'boolean' } } },
};
const YES = { question: 'sure', value: { sure: true }, by: 'test' };

/** One place in the queue, and who runs has it. */
async function open(...specs: Partial<JobSpecInput>[]) {
	const scheduler = openScheduler();
	const { queue, running } = scheduler;
	await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
	const jobs = await queue.enqueue(...specs.map((spec) => task(spec)));
	scheduler.loop.wake();
	await scheduler.settle();
	const runOf = (id = '') => {
		const run = running.get(id);
		if (run === undefined) throw new Error(`Job ${id} does not run.`);
		return run;
	};
	const jobOf = (id = '') => queue.jobs.get(id).job;
	return { ...scheduler, ids: jobs.map(({ id }) => id), runOf, jobOf };
}

test('the slot is kept for a minute, then others run, and an answered run goes on beside them', async () => {
	const { queue, ids, runOf, jobOf, advance, settle, running } = await open({}, {}, {});
	const [asking = '', next = '', last = ''] = ids;
	runOf(asking).asks(SURE);
	await advance(59_000, 1000);
	expect([...running.keys()]).toEqual([asking]);
	expect(jobOf(asking)).toMatchObject({ state: 'running', phase: 'run', question: SURE });
	await advance(1000);
	expect([...running.keys()]).toEqual([asking, next]);

	await queue.jobs.answer(asking, YES);
	await settle();
	expect(runOf(asking).answers).toEqual([['sure', '{"sure":true}']]);
	expect(jobOf(asking)).toMatchObject({ state: 'running', question: null });
	// There is one too many now: the next waits for both.
	runOf(next).exit();
	await settle();
	expect(running.has(last)).toBe(false);
	runOf(asking).exit();
	await settle();
	expect([...running.keys()]).toEqual([last]);
});

test('an answer in time leaves everything as it was', async () => {
	const { queue, ids, runOf, advance, running } = await open({}, {});
	const [asking = ''] = ids;
	runOf(asking).asks(SURE);
	await advance(30_000);
	await queue.jobs.answer(asking, YES);
	await advance(120_000);
	expect([...running.keys()]).toEqual([asking]);
});

test('the time limit stands still, and goes on with the answer', async () => {
	const { queue, ids, runOf, jobOf, advance } = await open({ timeoutMs: 10_000 });
	const [asking = ''] = ids;
	await advance(9000, 1000);
	runOf(asking).asks(SURE);
	await advance(3_600_000, 60_000);
	expect(jobOf(asking).state).toBe('running');
	await queue.jobs.answer(asking, YES);
	await advance(2000, 1000);
	expect(jobOf(asking)).toMatchObject({ state: 'failed', stopReason: 'timeout' });
});

test('who is paused meanwhile needs a slot again, and waits for its answer for another minute', async () => {
	const { queue, ids, runOf, jobOf, advance, settle, running, loop } = await open(
		{ timeoutMs: 1000 },
		{},
	);
	const [asking = '', next = ''] = ids;
	runOf(asking).asks(SURE);
	await advance(60_000);
	expect(running.has(next)).toBe(true);
	await queue.jobs.pause({ ids: [asking] });
	await settle();
	expect(jobOf(asking)).toMatchObject({ state: 'paused', question: SURE });
	await queue.jobs.resume({ ids: [asking] });
	loop.wake();
	await settle();
	expect(jobOf(asking).state).toBe('paused');
	runOf(next).exit();
	await settle();
	expect(jobOf(asking)).toMatchObject({ state: 'running', question: SURE });
	await advance(30_000);
	const [later = ''] = (await queue.enqueue(task())).map(({ id }) => id);
	await settle();
	expect(running.has(later)).toBe(false);
	await advance(30_000);
	expect(running.has(later)).toBe(true);
});

test('a new question takes the place of the open one, whose answer comes too late', async () => {
	const { queue, ids, runOf, jobOf, settle, advance } = await open({ timeoutMs: 1000 });
	const [asking = ''] = ids;
	runOf(asking).asks({ ...SURE, id: 'first' });
	runOf(asking).asks(SURE);
	await settle();
	await expect(queue.jobs.answer(asking, { ...YES, question: 'first' })).rejects.toMatchObject({
		kind: 'CONFLICT',
	});
	await advance(5000);
	await queue.jobs.answer(asking, YES);
	await expect(queue.jobs.answer(asking, YES)).rejects.toMatchObject({ kind: 'CONFLICT' });
	await settle();
	expect(runOf(asking).answers).toEqual([['sure', '{"sure":true}']]);
	expect(jobOf(asking).question).toBeNull();
});
