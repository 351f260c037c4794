/** What people ask of jobs that are there. */
import { expect } from 'vitest';
import { isActive, isOpen, type ModelJob, type ModelUpdate } from '../../../support/model/job.ts';
import { nth, type Step, step } from './step.ts';

export const VERBS = [
	'cancel',
	'pause',
	'pause',
	'resume',
	'resume',
	'runNow',
	'remove',
	'retry',
] as const;
type Verb = (typeof VERBS)[number];

/** Jobs to which it makes sense to say so. */
const MEANT: Record<Verb, (job: ModelJob) => boolean> = {
	cancel: isOpen,
	pause: (job) => isActive(job) && !job.held,
	resume: (job) => isOpen(job) && job.held,
	runNow: (job) => isOpen(job) && job.state !== 'running',
	remove: (job) => !isOpen(job),
	retry: (job) => !isOpen(job) || (job.state === 'queued' && job.attempt > 0),
};

export function change(verb: Verb, index: number, any: boolean): Step {
	return step(`${verb} ${index}${any ? ' of all' : ''}`, async (model, real) => {
		const job = nth(any ? model.kept : model.kept.filter(MEANT[verb]), index);
		if (job === undefined) return;
		const targets = { ids: [job.id] };
		if (verb !== 'retry') {
			const { count } = await real.queue.jobs[verb](targets);
			expect(count === 1).toBe(model[verb](job));
			return;
		}
		const dependents = index % 4 !== 0;
		const { count, jobs } = await real.queue.jobs.retry({ ...targets, dependents });
		const done = model.retry(job, jobs[0]?.id ?? '');
		expect(count === 1).toBe(done !== false);
		const made = done === false || done === job ? [] : [done];
		const ids = jobs.slice(1).map(({ id }) => id);
		if (dependents && made.length > 0) made.push(...model.retryWaiters(job, ids));
		expect(jobs).toEqual(made.map(({ id, retryOf }) => ({ id, retryOf })));
	});
}

export function approve(index: number, any: boolean): Step {
	return step(`approve ${index}${any ? ' of all' : ''}`, async (model, real) => {
		const job = nth(any ? model.kept : model.kept.filter((one) => one.needsApproval), index);
		if (job === undefined) return;
		const done = await real.queue.jobs.approve(job.id).then(
			() => true,
			(error: unknown) => (error as { kind: string }).kind !== 'CONFLICT',
		);
		expect(done).toBe(model.approve(job));
	});
}

export function update(index: number, how: ModelUpdate, any: boolean): Step {
	return step(
		`update ${index} ${JSON.stringify(how)}${any ? ' of all' : ''}`,
		async (model, real) => {
			const waits = (job: ModelJob) => isOpen(job) && job.state === 'queued';
			const job = nth(any ? model.kept : model.kept.filter(waits), index);
			if (job === undefined) return;
			const change = how.runAt === undefined ? how : { ...how, runAt: model.now + how.runAt };
			const { count } = await real.queue.jobs.update({ ids: [job.id], ...change });
			expect(count === 1).toBe(model.update(job, change));
			const { priority, queue } = real.queue.jobs.get(job.id).job;
			expect([priority, queue]).toEqual([job.priority, job.spec.queue]);
		},
	);
}
