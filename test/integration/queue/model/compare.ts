/** What can be seen of both sides, side by side. */
import { expect } from 'vitest';
import { isOpen } from '../../../support/model/job.ts';
import type { QueueModel } from '../../../support/model/queueModel.ts';
import type { Real } from './steps.ts';

/** Both sides agree on everything that can be seen. */
export function compare(model: QueueModel, real: Real, orders: readonly string[]): void {
	const { jobs, dispatch } = real.queue;
	const expected = model.kept.map((job) => ({
		id: job.id,
		generation: job.generation,
		state: job.state,
		phase: job.state !== 'running' ? null : job.awaiting ? 'children' : 'run',
		stopping: job.state === 'running' || job.state === 'paused' ? job.stop : null,
		held: job.held,
		attempt: job.attempt,
		run: job.run,
		runAt: job.runAt,
		retryOf: job.retryOf,
		key: job.key,
		children: countsOf(model.children(job).map((child) => child.state)),
	}));
	const actual = model.kept.map((job) => {
		const [shown] = jobs.find([job.id], 1).jobs;
		if (shown === undefined) throw new Error(`Job ${job.id} is gone.`);
		const { id, generation, state, phase, stopping, held, attempt, run, runAt } = shown;
		const { retryOf, key, children, progress } = shown;
		const current = progress?.current ?? 0;
		expect(current, 'progress').toBeGreaterThanOrEqual(real.progress.get(id) ?? 0);
		real.progress.set(id, current);
		const moving = { state, phase, stopping, held, attempt, run, runAt };
		return { id, generation, ...moving, retryOf, key, children };
	});
	expect(actual).toEqual(expected);
	expect(
		countsOf(Object.entries(jobs.counts()).flatMap(([s, n]) => Array<string>(n).fill(s))),
	).toEqual(countsOf(model.kept.map((job) => job.state)));
	expect([...orders].sort()).toEqual(model.takeOrders().sort());
	expect(dispatch.nextTime()).toBe(model.nextTime());
	const texts = (sets: readonly object[]) =>
		[...new Set(sets.map((set) => JSON.stringify(set)))].sort();
	expect(texts(dispatch.needs())).toEqual(texts(model.needs()));
	expect(dispatch.unfinishedCount()).toBe(model.kept.filter(isOpen).length);
}

function countsOf(states: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
	return counts;
}
