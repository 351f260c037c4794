/** Functions among the rules of the queue: which limits bind them, and which do not. */
import { describe, expect, it } from 'vitest';
import type { WorkerRoom, Workers } from '../../../daemon/queue/ports/workers.ts';
import { createFunctionTypes, type FunctionTypes } from '../../../daemon/workers/types.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

/** Workers with so many places for each type. */
function workersWith(places: Record<string, number>, maxFunctions = 100): Workers {
	const room = (): WorkerRoom => {
		const left = { ...places };
		return {
			has: (type) => (left[type] ?? 0) > 0,
			take: (type) => {
				left[type] = (left[type] ?? 0) - 1;
			},
			giveBack: (type) => {
				left[type] = (left[type] ?? 0) + 1;
			},
		};
	};
	return {
		room,
		anybody: () => true,
		present: (type) => type in places,
		unmet: (type) => ((places[type] ?? 0) > 0 ? undefined : `waits for a worker that does ${type}`),
		maxFunctions: () => maxFunctions,
	};
}

function open(workers: Workers): TestQueue {
	const late: { types?: FunctionTypes } = {};
	const queue = openQueue({ workers, handlerOf: (type) => late.types?.handlerOf(type) });
	late.types = createFunctionTypes(queue.db);
	return queue;
}

const embed = (more: object = {}) => ({ type: 'acme.embed', ...more });
const job = (queue: TestQueue, id = '') => queue.jobs.get(id).job;

describe('a function', () => {
	it('without a worker holds nothing up, whatever its priority', async () => {
		const queue = open(workersWith({}));
		const [, command] = await queue.enqueue(embed({ priority: 90 }), task());
		expect(await queue.claim()).toEqual([command?.id]);
	});

	it('takes no slot of commands, and none is taken from it', async () => {
		const queue = open(workersWith({ 'acme.embed': 3 }));
		await queue.jobs.updateQueue({ name: '*', concurrency: 1 });
		const all = await queue.enqueue(task(), task(), embed(), embed(), embed(), embed());
		const ids = all.map(({ id }) => id);
		expect(await queue.claim()).toEqual([ids[0], ids[2], ids[3], ids[4]]);
		await queue.exit(ids[0] ?? '', 0);
		expect((await queue.claim())[0]).toBe(ids[1]);
	});

	it('counts in its queue only where somebody set how many run at once', async () => {
		const queue = open(workersWith({ 'acme.embed': 10 }));
		await queue.enqueue(...Array.from({ length: 7 }, () => embed()));
		expect(await queue.claim()).toHaveLength(7);
		await queue.jobs.updateQueue({ name: 'models', concurrency: 2 });
		const own = await queue.enqueue(
			embed({ queue: 'models' }),
			embed({ queue: 'models' }),
			task({ queue: 'models' }),
		);
		expect(await queue.claim()).toEqual([own[0]?.id, own[1]?.id]);
		expect(queue.jobs.explain(own[2]?.id ?? '').summary).toMatch(/queue models runs 2 at a time/);
	});

	it('is bounded in all by the setting', async () => {
		const queue = open(workersWith({ 'acme.embed': 10 }, 2));
		await queue.enqueue(embed(), embed(), embed());
		expect(await queue.claim()).toHaveLength(2);
		expect(await queue.claim()).toEqual([]);
	});

	it('waits for its worker also when a person wants it now, and when it has waited long enough for power', async () => {
		const places: Record<string, number> = {};
		const queue = open(workersWith(places));
		const [now, waived] = await queue.enqueue(
			embed({ runAt: queue.clock.now() + 60_000 }),
			embed({ constraints: { power: 'ac', maxWaitMs: 1000 } }),
		);
		await queue.jobs.runNow({ ids: [now?.id ?? ''] });
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([]);
		expect(queue.jobs.explain(now?.id ?? '').reasons).toMatchObject([{ kind: 'worker' }]);
		places['acme.embed'] = 2;
		expect((await queue.claim()).sort()).toEqual([now?.id, waived?.id].sort());
	});

	it('that was handed over and not begun was never run', async () => {
		const queue = open(workersWith({ 'acme.embed': 1 }));
		const [handed] = await queue.enqueue(embed());
		const id = handed?.id ?? '';
		await queue.claim();
		await queue.dispatch.finish({
			id,
			run: 1,
			outcome: { kind: 'interrupted', uncleanBoot: 'boot' },
		});
		expect(job(queue, id)).toMatchObject({ state: 'queued', attempt: 0, run: 1, startedAt: null });
		expect(queue.jobs.get(id).runs).toEqual([]);
		await queue.claim();
		queue.clock.advance(500);
		expect(await queue.dispatch.begin([{ id, run: 1 }])).toEqual([]);
		expect(await queue.dispatch.begin([{ id, run: 2 }])).toEqual([{ id, run: 2 }]);
		expect(job(queue, id)).toMatchObject({ attempt: 1, startedAt: queue.clock.now() });
		await queue.dispatch.finish({ id, run: 2, outcome: { kind: 'interrupted' } });
		expect(job(queue, id)).toMatchObject({ state: 'failed', stopReason: 'interrupted' });
	});

	it('waits with its parent’s conditions and for a worker of its own; a command below it for none', async () => {
		const queue = open(workersWith({ 'acme.embed': 1, 'acme.part': 1 }));
		const [parent] = await queue.enqueue(embed());
		await queue.claim();
		const parts = await queue.enqueueBy(parent?.id ?? '', { type: 'acme.part' }, task(), {
			type: 'acme.nobody',
		});
		expect(await queue.claim()).toEqual([parts[0]?.id, parts[1]?.id]);
	});

	it('for which nobody is there keeps no daemon', async () => {
		const queue = open(workersWith({ 'acme.here': 0 }));
		const [absent] = await queue.enqueue(embed());
		await queue.enqueue(task({ after: [{ id: absent?.id ?? '', on: 'ended' }] }));
		expect(queue.dispatch.unfinishedCount()).toBe(0);
		await queue.enqueue({ type: 'acme.here' });
		expect(queue.dispatch.unfinishedCount()).toBe(1);
	});

	it.each([{ ready: { pattern: 'up' } }, { retryOn: [1] }, { onConstraintLost: 'pause' as const }])(
		'does not take what only a process has: %o',
		async (more) => {
			const queue = open(workersWith({}));
			await expect(queue.enqueue(embed(more))).rejects.toThrow(/function/);
		},
	);
});
