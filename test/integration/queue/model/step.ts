/** What a step of a random history is: done to both sides, the queue and its model, and compared. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { QueueModel } from '../../../support/model/queueModel.ts';
import type { TestQueue } from '../../../support/queue.ts';
import type { Workspaces } from './specs.ts';

export interface Real {
	queue: TestQueue;
	readonly workspaces: Workspaces;
	/** Dies, comes up again on the same file, and finds what was running. */
	crash(boot: string): Promise<void>;
	/** Progress shown so far, by job: it never goes back. */
	readonly progress: Map<string, number>;
}

export interface Step {
	/** What it is, so that a failing history can be read. */
	readonly text: string;
	readonly run: (model: QueueModel, real: Real) => Promise<void>;
	readonly [fc.toStringMethod]: () => string;
}

/** So few that most histories meet what is half done. */
export const SWEEP_ROWS = 2;

export const step = (text: string, run: Step['run']): Step => ({
	text,
	async run(model, real) {
		await run(model, real);
		nameHooks(model, real);
	},
	[fc.toStringMethod]: () => text,
});

/** Nobody is told the ids of what hooks begin. */
function nameHooks(model: QueueModel, real: Real): void {
	for (const job of model.kept) {
		if (job.id === '') job.id = real.queue.parts.table.idOf(job.generation) ?? 'nothing began';
	}
}

export const both = (first: Step, second: Step): Step =>
	step(`${first.text}, then ${second.text}`, async (model, real) => {
		await first.run(model, real);
		await second.run(model, real);
	});

export function nth<T>(items: readonly T[], index: number): T | undefined {
	return items[index % Math.max(1, items.length)];
}

export async function sweep(model: QueueModel, real: Real): Promise<void> {
	expect(await real.queue.dispatch.sweep()).toBe(model.sweep(SWEEP_ROWS));
}

export async function sweepAll(model: QueueModel, real: Real): Promise<void> {
	do await sweep(model, real);
	while (model.sweeping);
}
