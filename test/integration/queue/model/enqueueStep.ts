/** Jobs are asked for. */
import { expect } from 'vitest';
import type { JobSpecInput } from '../../../../shared/job.ts';
import type { ModelEntry } from '../../../support/model/entering.ts';
import type { ModelJob, ModelSpec } from '../../../support/model/job.ts';
import type { QueueModel } from '../../../support/model/queueModel.ts';
import { describeSpec, inputOf } from './specs.ts';
import { nth, type Step, step } from './step.ts';

/** Each names a job that there is, or one of the same request. */
export interface AnyCondition {
	readonly pick: number;
	readonly within: boolean;
	readonly on: 'succeeded' | 'ended' | 'ready';
}

type AnyEntry = readonly [ModelSpec, number | null, readonly AnyCondition[]];

/** Siblings where there are some, newer ones mostly: old ones have all ended. */
function targetOf(
	model: QueueModel,
	parent: ModelJob | null,
	{ pick, within, on }: AnyCondition,
	own: number,
): ModelJob | number | undefined {
	if (within) return pick % Math.max(2, own);
	const siblings = parent === null ? [] : model.children(parent);
	if (parent !== null && on === 'ready' && pick % 2 === 0) return parent;
	const isFit = (job: ModelJob) => on !== 'ready' || job.spec.ready || pick % 5 === 0;
	const all = (siblings.length > 0 ? siblings : model.all).filter(isFit);
	return nth(pick % 3 === 0 ? all : all.slice(-8), pick);
}

/** @param needsApproval An AI tool asks, and a person must approve it first. */
export function enqueue(entries: readonly AnyEntry[], needsApproval = false): Step {
	const text = entries
		.map(
			([s, parent, after]) => `${describeSpec(s)} under ${parent} after ${JSON.stringify(after)}`,
		)
		.join(' and ');
	return step(`enqueue ${needsApproval ? 'unapproved ' : ''}${text}`, async (model, real) => {
		const prepared = entries.map(
			([s, parentIndex, wanted], own): ModelEntry & { input: JobSpecInput } => {
				const parent = parentIndex === null ? null : (nth(model.all, parentIndex) ?? null);
				const after = wanted.flatMap((one) => {
					const target = targetOf(model, parent, one, own);
					return target === undefined ? [] : [{ target, on: one.on }];
				});
				const named = after.map(({ target, on }) =>
					typeof target === 'number' ? { index: target, on } : { id: target.id, on },
				);
				const input = inputOf(s, model.now, parent, real.workspaces, named);
				const sent = JSON.stringify({
					...input,
					runAt: undefined,
					deadlineAt: undefined,
					priority: undefined,
				});
				return { spec: s, parent, sent, needsApproval, after, input };
			},
		);
		const { enqueue, enqueueUnapproved } = real.queue;
		const asked = needsApproval ? enqueueUnapproved : enqueue;
		const answers = await asked(...prepared.map(({ input }) => input)).catch(
			(error: unknown) => (error as { kind: string }).kind,
		);
		if (typeof answers === 'string') expect(answers).toBe(model.enqueue(prepared, []));
		else {
			const expected = model.enqueue(
				prepared,
				answers.map((answer) => answer.id),
			);
			expect(answers.map(({ generation: _, ...answer }) => answer)).toEqual(expected);
		}
	});
}
