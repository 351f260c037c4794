/** What a worker makes of a daemon that refuses what it says, or goes while it is asked. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Handler, WorkType } from '../../../sdk/api.ts';
import { takeWork } from '../../../sdk/work.ts';
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import { type HandedRun, workerRequests } from '../../../shared/protocol/workers.ts';
import { RpcError } from '../../../shared/rpc/rpcError.ts';

type Names = ParamsInput<'worker/started'>['runs'];
type Ends = ParamsInput<'worker/finish'>['results'];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A daemon to whose answers a test has a say. */
function workerOf(
	handler: Handler,
	says: { started?: (runs: Names) => unknown; finish?: (ends: Ends) => unknown } = {},
	concurrency = 1,
) {
	const listeners = new Map<string, (params: never) => void>();
	const kept: Ends[number][] = [];
	const failures: string[] = [];
	const answers: Record<string, (params: never) => unknown> = {
		'worker/started': async ({ runs }: { runs: Names }) => {
			await says.started?.(runs);
			return { runs: runs.map((name) => ({ ...name, token: 'token' })) };
		},
		'worker/finish': async (params: { results: Ends }) => {
			const { success, data, error } = workerRequests['worker/finish'].params.safeParse(params);
			if (!success) throw new RpcError(-32602, error.message);
			await says.finish?.(data.results);
			kept.push(...data.results);
			return { taken: data.results.map(() => true) };
		},
	};
	const connection = {
		request: async (method: string, params: never) => answers[method]?.(params),
		onNotification: (name: string, listener: (params: never) => void) => {
			listeners.set(name, listener);
		},
	} as unknown as DaemonConnection;
	const work = takeWork(connection, {
		types: new Map<string, WorkType>([['test.it', { handler, concurrency }]]),
		connect: () => Promise.reject(new Error('Nobody connects here.')),
		failed: (error) => failures.push(String(error)),
	});
	const hand = (...payloads: readonly unknown[]): void => {
		const runs = payloads.map(
			(payload, i): HandedRun => ({
				id: String(i),
				run: 1,
				attempt: 1,
				type: 'test.it',
				deadlineAt: 0,
				payload,
			}),
		);
		listeners.get('worker/run')?.({ runs } as never);
	};
	const tell = (name: string, params: object): void => listeners.get(name)?.(params as never);
	return {
		work,
		hand,
		tell,
		kept,
		failures,
		after: (ms: number) => vi.advanceTimersByTimeAsync(ms),
	};
}

const MONTH_MS = 30 * 86_400_000;

test('a run may ask to be tried again after any number of milliseconds', async () => {
	const { hand, kept, failures, after } = workerOf((ms, { retryAfter }) => {
		throw retryAfter(ms as number, 'busy');
	});
	hand(0.5, -1, 1e12, Number.POSITIVE_INFINITY, Number.NaN);
	await after(0);
	expect(failures).toEqual([]);
	expect(kept).toEqual([
		{ id: '0', run: 1, outcome: 'retry', error: 'busy', afterMs: 1 },
		{ id: '1', run: 1, outcome: 'retry', error: 'busy', afterMs: 0 },
		{ id: '2', run: 1, outcome: 'retry', error: 'busy', afterMs: MONTH_MS },
		{ id: '3', run: 1, outcome: 'retry', error: 'busy', afterMs: MONTH_MS },
		{ id: '4', run: 1, outcome: 'failed', error: 'busy' },
	]);
});

test('an end that the daemon refuses takes no other along, and its run fails with the reason', async () => {
	const { hand, kept, failures, after } = workerOf(
		(payload) => payload,
		{
			finish(ends) {
				if (ends.some((end) => 'result' in end && end.result === 'odd')) {
					throw new RpcError(4000, 'Nobody keeps this.');
				}
			},
		},
		3,
	);
	hand(1, 'odd', 2, 3);
	await after(0);
	expect(kept.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual([
		{ id: '0', run: 1, outcome: 'succeeded', result: 1 },
		{ id: '1', run: 1, outcome: 'failed', error: 'Nobody keeps this.' },
		{ id: '2', run: 1, outcome: 'succeeded', result: 2 },
		{ id: '3', run: 1, outcome: 'succeeded', result: 3 },
	]);
	expect(failures).toEqual(['RpcError: Nobody keeps this.']);
});

test('what the daemon could not keep as begun is begun a little later', async () => {
	let full = true;
	const { work, hand, kept, failures, after } = workerOf((payload) => payload, {
		started() {
			if (full) throw new RpcError(5001, 'The disk is full.');
		},
	});
	hand(1, 2);
	await after(1000);
	expect(failures).toEqual(Array(2).fill('RpcError: The disk is full.'));
	full = false;
	await after(1000);
	expect(kept.map(({ id, outcome }) => [id, outcome])).toEqual([
		['0', 'succeeded'],
		['1', 'succeeded'],
	]);
	await work.drain();
});

test('a worker that is stopped leaves what it could not begin', async () => {
	let drained = false;
	const { work, hand, kept, after } = workerOf((payload) => payload, {
		started() {
			throw new RpcError(5001, 'The disk is full.');
		},
	});
	hand(1);
	await after(0);
	void work.drain().then(() => {
		drained = true;
	});
	await after(1000);
	expect(drained).toBe(true);
	expect(kept).toEqual([]);
});

test('a worker whose connection closes before it hears what may begin can be stopped', async () => {
	let drained = false;
	const closing = Promise.withResolvers<void>();
	const { work, hand, failures, after } = workerOf((payload) => payload, {
		started: () => closing.promise,
	});
	hand(1, 2);
	closing.reject(new ConnectionClosed());
	await after(0);
	work.lost();
	void work.drain().then(() => {
		drained = true;
	});
	await after(0);
	expect(drained).toBe(true);
	expect(failures.length).toBe(1);
});

test('another run of a job is stopped while the one before it has not ended yet', async () => {
	const told: string[] = [];
	let endFirst = () => {};
	const { tell, kept, after } = workerOf(
		(_payload, { run, signal }) =>
			new Promise((resolve) => {
				signal.addEventListener('abort', () => told.push(`run ${run}`));
				if (run === 1) endFirst = () => resolve(undefined);
				else signal.addEventListener('abort', () => resolve(undefined));
			}),
		{},
		2,
	);
	const common = { id: 'a', attempt: 1, type: 'test.it', deadlineAt: 0, payload: null };
	tell('worker/run', { runs: [{ ...common, run: 1 }] });
	await after(0);
	tell('worker/stop', { id: 'a', run: 1, cause: 'timeout' });
	tell('worker/run', { runs: [{ ...common, run: 2 }] });
	await after(0);
	endFirst();
	await after(0);
	tell('worker/stop', { id: 'a', run: 2, cause: 'cancel' });
	await after(0);
	expect(told).toEqual(['run 1', 'run 2']);
	expect(kept.map(({ run }) => run)).toEqual([1, 2]);
});

test('a result that is nested without end is refused by its depth, and its run fails with that', async () => {
	const deep = JSON.parse('['.repeat(1500) + ']'.repeat(1500));
	const { hand, kept, after } = workerOf((payload) => (payload === 'deep' ? deep : payload), {}, 2);
	hand('deep', 'flat');
	await after(0);
	expect(kept.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual([
		{ id: '0', run: 1, outcome: 'failed', error: expect.stringContaining('nested deeper than 32') },
		{ id: '1', run: 1, outcome: 'succeeded', result: 'flat' },
	]);
});
