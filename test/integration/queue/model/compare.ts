/** What can be seen of both sides, side by side. */
import { expect } from 'vitest';
import { STAGE } from '../../../../daemon/queue/store/codes.ts';
import { storedSpec } from '../../../../daemon/queue/store/storedSpec.ts';
import { SWEEP } from '../../../../daemon/queue/store/sweeps.ts';
import type { JobState } from '../../../../shared/jobTerms.ts';
import { stuckAmong } from '../../../support/model/dependencies.ts';
import { isOpen, type ModelJob } from '../../../support/model/job.ts';
import type { QueueModel } from '../../../support/model/queueModel.ts';
import type { Real } from './step.ts';

/** Both sides agree on everything that can be seen. */
export function compare(model: QueueModel, real: Real, orders: readonly string[]): void {
	const { jobs, dispatch } = real.queue;
	const expected = model.kept.map((job) => ({
		id: job.id,
		generation: job.generation,
		state: job.state,
		phase: job.state !== 'running' ? null : job.awaiting ? 'children' : 'run',
		stopping: isOpen(job) ? job.stop : null,
		held: job.held,
		needsApproval: job.needsApproval,
		question: job.question,
		attempt: job.attempt,
		run: job.run,
		restarts: job.restarts,
		runAt: job.runAt,
		readyAt: job.readyAt,
		retryOf: job.retryOf,
		after: job.after.map(({ target, on, holds }) => ({ id: target.id, on, holds })),
		key: job.key,
		hook: job.hook,
		children: countsOf(model.children(job).map((child) => child.state)),
	}));
	const actual = model.kept.map((job) => {
		const [shown] = jobs.find([job.id], 1).jobs;
		if (shown === undefined) throw new Error(`Job ${job.id} is gone.`);
		const { id, generation, state, phase, stopping, held, attempt, run, runAt } = shown;
		const { restarts } = shown;
		const { retryOf, key, children, progress, after, readyAt, needsApproval } = shown;
		const question = shown.question?.id ?? null;
		const current = progress?.current ?? 0;
		expect(current, 'progress').toBeGreaterThanOrEqual(real.progress.get(id) ?? 0);
		real.progress.set(id, current);
		const moving = {
			state,
			phase,
			stopping,
			held,
			needsApproval,
			question,
			attempt,
			run,
			restarts,
			runAt,
		};
		return {
			id,
			generation,
			...moving,
			readyAt,
			retryOf,
			after,
			key,
			hook: hookOf(real, id),
			children,
		};
	});
	expect(actual).toEqual(expected);
	expect(
		countsOf(Object.entries(jobs.counts()).flatMap(([s, n]) => Array<string>(n).fill(s))),
	).toEqual(countsOf(model.kept.map((job) => job.state)));
	// Counted from what was committed, and so the same as counted now.
	expect(waitingCounts(real)).toEqual(waitingRows(real));
	expect([...orders].sort()).toEqual(model.takeOrders().sort());
	// Whoever is above others ends last.
	expect(
		model.kept.filter((job) => isOpen(job) && job.parent !== null && !isOpen(job.parent)),
	).toEqual([]);
	expect(stuckAmong(model.kept)).toEqual([]);
	expect(real.queue.parts.sweeps.pending()).toBe(model.sweeping);
	expect(neverTold(real)).toEqual([]);
	expect(dispatch.nextTime()).toBe(model.nextTime());
	const texts = (sets: readonly object[]) =>
		[...new Set(sets.map((set) => JSON.stringify(set)))].sort();
	expect(texts(dispatch.needs())).toEqual(texts(model.needs()));
	expect(dispatch.unfinishedCount()).toBe(model.kept.filter(isOpen).length);
}

/** What its command is told of the end that began it. */
function hookOf({ queue: { parts } }: Real, id: string): ModelJob['hook'] {
	const env = storedSpec(parts.table.need(id)).command?.env ?? {};
	if (env['SEMANTICA_HOOK'] === undefined) return null;
	expect(env['OWN']).toBe('one');
	return {
		n: Number(env['SEMANTICA_HOOK']),
		job: env['SEMANTICA_HOOK_JOB_ID'] ?? '',
		state: env['SEMANTICA_HOOK_STATE'] as JobState,
		count: Number(env['SEMANTICA_HOOK_COUNT']),
	};
}

/** Those that wait for what has ended, and that no group to come will tell. */
function neverTold({ queue: { db } }: Real): string[] {
	return db
		.prepare<[], string>(
			`SELECT waiter.id FROM dependencies AS one
			 JOIN jobs AS waiter ON waiter.generation = one.waiter
			 JOIN jobs AS target ON target.generation = one.target
			 WHERE one.holds IS NULL AND waiter.stage <> ${STAGE.ended} AND target.stage = ${STAGE.ended} AND NOT EXISTS
			 (SELECT 1 FROM sweeps WHERE root = one.target AND kind = ${SWEEP.release}
			  AND after < one.waiter AND upto >= one.waiter)`,
		)
		.pluck()
		.all();
}

type Waits = Record<string, number>;

function waitingCounts({ queue: { parts } }: Real): Waits {
	const found: Waits = {};
	for (const queue of parts.counters.queues()) {
		parts.counters.waiting.each(queue, (reason, waitClass, count) => {
			const key = `${queue} ${reason} ${waitClass ?? ''}`;
			found[key] = (found[key] ?? 0) + count;
		});
	}
	return found;
}

function waitingRows({ queue: { db } }: Real): Waits {
	const rows = db
		.prepare<[], { name: string; n: number }>(
			`SELECT queue || ' ' || CASE stage WHEN 1 THEN 'slot' WHEN 2 THEN iif(attempt > 0, 'backoff', 'delayed')
			 WHEN 3 THEN 'subject' WHEN 4 THEN 'held' WHEN 7 THEN 'event' WHEN 9 THEN 'dependency' ELSE 'other' END || ' ' ||
			 iif(stage = 1, class, '') AS name, count(*) AS n FROM jobs WHERE state = 0 GROUP BY name`,
		)
		.all();
	return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
}

function countsOf(states: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
	return counts;
}
