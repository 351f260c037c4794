/** Runs that are with workers, and what comes late of one that is over. */
import { expect, test } from 'vitest';
import type { RunName } from '../../../daemon/queue/dispatch.ts';
import type { ToldOfRun } from '../../../daemon/queue/execution.ts';
import type { InputFile } from '../../../daemon/queue/ports/payloadStore.ts';
import type { JobRow } from '../../../daemon/queue/store/rows.ts';
import { createRegistry } from '../../../daemon/workers/registry.ts';
import { createFunctionRuns } from '../../../daemon/workers/runs.ts';
import { FakeClock } from '../../support/queue.ts';

const TOLD: ToldOfRun = {
	ready: () => Promise.resolve(),
	begun() {},
	overMemory: () => Promise.resolve(),
	asks() {},
};

function open() {
	const registry = createRegistry(
		() => 100,
		() => 0,
		() => ({
			any: () => false,
			serves: () => false,
			wanted() {},
			unmet: () => undefined,
			loadChanged() {},
		}),
	);
	const connection = { worker: undefined, notify() {}, onClose: () => () => {}, drop() {} };
	const types = [{ type: 'acme.embed', concurrency: 1 }];
	const worker = registry.add(connection, { name: 'w', types }, 0);
	const runs = createFunctionRuns({
		registry,
		dispatch: () => ({ begin: (names: readonly RunName[]) => Promise.resolve([...names]) }),
		logs: {
			openWriter: () => Promise.reject(new Error('Nothing is said here.')),
			closeWriter: () => Promise.resolve(),
			marker: () => '',
			time: () => '',
		},
		tokens: { issue: (id, run) => `${id}/${run}`, revoke() {} },
		clock: new FakeClock(),
		aloneAfterDeaths: 2,
		holding() {},
	});

	/** The job's payload is laid out when the test says so. */
	function handOver(id: string, run = 1) {
		const row = {
			id,
			run,
			attempt: 1,
			type: 'acme.embed',
			workspace: '',
			spec: '{}',
			payload_bytes: 1_000_000,
			log_bytes: 0,
			worker_deaths: 0,
		} as JobRow;
		const input = Promise.withResolvers<InputFile>();
		const payload = { inlineText: () => undefined, layOut: () => input.promise };
		const execution = runs.executor.execute({ row, parentId: null }, payload, TOLD);
		return { execution, input };
	}

	return { registry, runs, worker, handOver };
}

test('a worker that is to leave begins nothing more, and what it has begun it may end', async () => {
	const { registry, runs, worker, handOver } = open();
	const begun = handOver('begun');
	expect(await runs.begin(worker, [{ id: 'begun', run: 1 }])).toHaveLength(1);
	const waiting = handOver('waiting');
	worker.leaving = true;
	registry.retire(worker, 0);
	expect(registry.of(worker.connection)).toBe(worker);
	expect(registry.port.present('acme.embed')).toBe(false);
	expect(registry.assign('acme.embed', false)).toBeUndefined();
	expect(await runs.begin(worker, [{ id: 'waiting', run: 1 }])).toEqual([]);
	const finished = runs.finish(worker, { id: 'begun', run: 1, outcome: 'succeeded' });
	expect((await begun.execution.ended).outcome).toEqual({ kind: 'function', succeeded: true });
	await runs.executor.settled('begun', 1);
	expect(await finished).toBe(true);
	registry.remove(worker, 0);
	runs.lost(worker, Promise.resolve());
	expect(registry.of(worker.connection)).toBeUndefined();
	// It was never begun: held against nobody.
	expect((await waiting.execution.ended).outcome).toEqual({ kind: 'interrupted' });
});

test('a payload that is laid out after its run was stopped is removed, though the run is settled', async () => {
	const { runs, handOver } = open();
	const { execution, input } = handOver('job');
	execution.stop(0, 'cancel');
	await execution.ended;
	await runs.executor.settled('job', 1);
	const removed = new Promise<void>((resolve) => {
		input.resolve({ path: '/input', remove: () => Promise.resolve(resolve()) });
	});
	await removed;
});

test("what fails late of a run that was stopped does not end the job's next one", async () => {
	const { runs, worker, handOver } = open();
	const old = handOver('job', 1);
	old.execution.stop(0, 'cancel');
	await old.execution.ended;
	await runs.executor.settled('job', 1);
	handOver('job', 2);
	old.input.reject(new Error('There is no room.'));
	await expect(old.input.promise).rejects.toThrow();
	// The old run hears of it first.
	await Promise.resolve();
	expect(await runs.begin(worker, [{ id: 'job', run: 2 }])).toHaveLength(1);
});
