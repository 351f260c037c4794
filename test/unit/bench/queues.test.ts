import { describe, expect, it } from 'vitest';
import { type Column, createBoard } from '../../bench/queues/board.ts';
import type { QueueSystem } from '../../bench/queues/system.ts';
import { createPerformer } from '../../bench/queues/tasks.ts';

/** A queue in memory, which may be told to err. */
function memoryQueue(
	fault: { ids?: 'doubled'; run?: 'twice'; keep?: 'forgets'; drop?: 'job 3' } = {},
) {
	const waiting: string[] = [];
	let began: ((id: string) => void) | undefined;
	let enqueued = 0;
	const run = () => {
		for (const id of began === undefined ? [] : waiting.splice(0)) {
			if (fault.drop === id) continue;
			began?.(id);
			if (fault.run === 'twice' && id === 'job 3') began?.(id);
		}
	};
	const add = async (n: number, count: number) => {
		const ids = Array.from({ length: count }, (_, i) => `job ${n + i}`);
		enqueued += count;
		waiting.push(...(fault.keep === 'forgets' ? ids.slice(1) : ids));
		run();
		return fault.ids === 'doubled' ? ids.map(() => 'job 0') : ids;
	};
	const system: QueueSystem = {
		enqueue: async (n) => (await add(n, 1))[0] ?? '',
		enqueueMany: add,
		async work(_atOnce, hear) {
			began = hear;
			run();
			return {
				async stop() {
					began = undefined;
				},
			};
		},
		unfinished: async () => waiting.length,
	};
	return {
		perform: createPerformer({ system, tuned: true, serverPid: undefined }),
		enqueued: () => enqueued,
	};
}

describe('tasks', () => {
	it('measure a queue that keeps its word', async () => {
		const { perform, enqueued } = memoryQueue();
		const started = await perform({ do: 'start', jobs: 10, spacingMs: 0 });
		expect(started.wrong).toBeUndefined();
		expect(started.values['p50']).toBeLessThanOrEqual(started.values['p99'] ?? 0);
		const drained = await perform({ do: 'drain', jobs: 2500, atOnce: 8 });
		expect(drained.wrong).toBeUndefined();
		expect(drained.values['perSecond']).toBeGreaterThan(0);
		for (const task of [
			{ do: 'alone', jobs: 10 },
			{ do: 'pipelined', jobs: 50, width: 8 },
			{ do: 'bulk', jobs: 2500 },
		] as const) {
			const outcome = await perform(task);
			expect(outcome.wrong, task.do).toBeUndefined();
			expect(outcome.cpu, task.do).toBeGreaterThanOrEqual(0);
		}
		expect(enqueued()).toBe(10 + 2500 + 10 + 50 + 2500);
	});

	it('find jobs that ran twice, were lost or got the same id', async () => {
		const twice = memoryQueue({ run: 'twice' });
		expect((await twice.perform({ do: 'drain', jobs: 20, atOnce: 1 })).wrong).toMatch(/ran/);
		const careless = memoryQueue({ drop: 'job 3' });
		expect((await careless.perform({ do: 'drain', jobs: 20, atOnce: 1 })).wrong).toMatch(/19, 19/);
		const lone = memoryQueue({ drop: 'job 3' });
		expect((await lone.perform({ do: 'start', jobs: 5, spacingMs: 0 })).wrong).toMatch(/started/);
		const forgetful = memoryQueue({ keep: 'forgets' });
		expect((await forgetful.perform({ do: 'bulk', jobs: 20 })).wrong).toMatch(/20 .* 19/);
		const confused = memoryQueue({ ids: 'doubled' });
		expect((await confused.perform({ do: 'pipelined', jobs: 20, width: 4 })).wrong).toMatch(
			/1 of them different/,
		);
	});
});

describe('the board', () => {
	const column = (name: string): Column => ({
		name,
		what: name,
		unit: 'jobs/s',
		better: 'higher',
		table: 'Enqueue',
	});

	it('lays out columns with every contender, measured, given up or wrong', () => {
		const board = createBoard();
		for (const value of [1, 2]) board.add(column('alone'), 'ours', { value, cpu: value * 10 });
		board.add(column('alone'), 'theirs', { value: 5, wrong: 'one job was lost' });
		board.giveUp('theirs', 'failed: it ended');
		board.giveUp('absent', 'not installed');
		board.add(column('bulk'), 'ours', { value: 3 });
		const [alone, bulk] = board.figures(() => 'ours', ['ours', 'theirs', 'absent', 'unheard of']);
		expect(alone).toMatchObject({ ours: [1, 2], cpu: [10, 20], label: 'ours' });
		expect(alone?.others).toEqual([
			{ label: 'theirs', values: [5], void: 'one job was lost' },
			{ label: 'absent', values: [], absent: 'not installed' },
		]);
		expect(bulk?.others?.[0]).toEqual({ label: 'theirs', values: [], absent: 'failed: it ended' });
	});

	it('voids a column in which ours has nothing', () => {
		const board = createBoard();
		board.add(column('alone'), 'theirs', { value: 5 });
		board.giveUp('ours', 'failed: no daemon');
		expect(board.figures(() => 'ours', ['theirs'])[0]?.void).toBe('failed: no daemon');
	});
});
