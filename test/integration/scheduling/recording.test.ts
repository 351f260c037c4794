/** What happens to a run reaches the database, also where that refuses it for a while. */
import { expect, it } from 'vitest';
import type { Dispatch } from '../../../daemon/queue/dispatch.ts';
import type { ExecutionEnd } from '../../../daemon/queue/execution.ts';
import { ActiveRuns } from '../../../daemon/scheduling/activeRuns.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import { openQueue, task } from '../../support/queue.ts';

type Recorded = 'stopRun' | 'pauseCarriedOut' | 'finish';

/** One run that goes on, on a database that refuses one kind of record until it is told to take it. */
async function startRun(refused: Recorded, kind: 'STORE' | 'DRAINING' = 'STORE') {
	const queue = openQueue();
	const [made] = await queue.enqueue(task({ timeoutMs: 2000 }));
	const id = made?.id ?? '';
	const stopped = Promise.withResolvers<void>();
	const ended = Promise.withResolvers<ExecutionEnd>();
	const refusals: (() => void)[] = [];
	const settled: string[] = [];
	let open = false;
	let asked = 0;
	const record: Dispatch[Recorded] = async (...args: never) => {
		asked++;
		if (!open) throw new SemanticaError(kind, 'It is not to be had.');
		return (queue.dispatch[refused] as (...args: never) => Promise<never>)(...args);
	};
	const runs = new ActiveRuns({
		dispatch: { ...queue.dispatch, [refused]: record },
		executor: {
			execute: () => ({
				ended: ended.promise,
				stop: () => stopped.resolve(),
				pause: async () => true,
				resume: async () => {},
				answer: () => {},
				note: () => {},
			}),
			settled: async (id) => void settled.push(id),
		},
		clock: queue.clock,
		log: () => refusals.shift()?.(),
	});
	queue.parts.feed.onEffects(({ orders }) => {
		for (const order of orders) runs.obey(order);
	});
	for (const claimed of await queue.dispatch.claim(() => 0)) runs.start(claimed);
	return {
		queue,
		id,
		runs,
		stopped: stopped.promise,
		settled,
		asked: () => asked,
		refusal: () => new Promise<void>((resolve) => refusals.push(resolve)),
		open: () => {
			open = true;
		},
		exit: () =>
			ended.resolve({
				outcome: { kind: 'exit', exitCode: 0, signal: null },
				result: undefined,
				logBytes: 0,
			}),
	};
}

it('a timeout stops the run also where it cannot be recorded, and is recorded as soon as it can', async () => {
	const { queue, id, stopped, refusal, open } = await startRun('stopRun');
	const refused = refusal();
	queue.clock.advance(2000);
	await refused;
	await stopped;
	expect(queue.jobs.get(id).job.stopping).toBeNull();
	const recorded = new Promise<void>((resolve) => {
		queue.parts.feed.onEffects(({ changed }) => {
			if (changed.includes(id)) resolve();
		});
	});
	open();
	queue.clock.advance(1000);
	await recorded;
	expect(queue.jobs.get(id).job.stopping).toBe('timeout');
});

it('a timeout that could not be recorded by its own is recorded with the end of the run', async () => {
	const { queue, id, runs, refusal, exit, asked } = await startRun('stopRun');
	const refused = refusal();
	queue.clock.advance(2000);
	await refused;
	exit();
	await runs.whenIdle();
	queue.clock.advance(60_000);
	await new Promise(setImmediate);
	expect(asked()).toBe(1);
	expect(queue.jobs.get(id).job).toMatchObject({ state: 'failed', stopReason: 'timeout' });
});

it('a pause that was carried out is recorded as soon as that can be', async () => {
	const { queue, id, refusal, open } = await startRun('pauseCarriedOut');
	const refused = refusal();
	await queue.jobs.pause({ ids: [id] });
	await refused;
	const paused = new Promise<void>((resolve) => {
		queue.parts.feed.onEffects(({ changed }) => {
			if (changed.includes(id)) resolve();
		});
	});
	open();
	queue.clock.advance(1000);
	await paused;
	expect(queue.jobs.get(id).job).toMatchObject({ state: 'paused', held: true });
});

it('the status of a run is kept until its end is recorded, and by a daemon that ends before', async () => {
	const later = await startRun('finish');
	const refused = later.refusal();
	later.exit();
	await refused;
	expect(later.settled).toEqual([]);
	later.open();
	later.queue.clock.advance(1000);
	await later.runs.whenIdle();
	expect(later.settled).toEqual([later.id]);
	const never = await startRun('finish', 'DRAINING');
	never.exit();
	await never.runs.whenIdle();
	expect(never.settled).toEqual([]);
});
