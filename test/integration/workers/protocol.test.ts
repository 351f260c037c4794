/** What a worker's runs may say as their jobs, how they are stopped, and workers that do what they should not. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectOver, isResponseError } from '../../../shared/client/connection.ts';
import { openSocket } from '../../../shared/client/endpoint.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import { enqueue, jobEnd, jobWhen, startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { startWorker } from '../../support/workers.ts';

const embed = (more: object = {}) => ({ type: 'acme.embed', graceMs: 50, ...more });

async function connectWith(daemon: TestDaemon, token: string) {
	const socket = await openSocket(daemon.state.endpoint);
	const connection = await connectOver(socket, { token, client: 'handler', version: '0' });
	onTestFinished(() => connection.dispose());
	return connection;
}

/** Of a promise that rejects with what the daemon says. */
async function code(asked: Promise<unknown>): Promise<number> {
	const error: unknown = await asked.then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (!isResponseError(error)) throw new Error('It was not refused.', { cause: error });
	return error.code;
}

describe('a run of a worker', () => {
	test('has a token of its own, which speaks as the job and ends with the run', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed', concurrency: 2 });
		const [id = '', stranger = ''] = await enqueue(client, embed(), embed());
		const runs = [await worker.handed(), await worker.handed()];
		const mine = runs.find((run) => run.id === id);
		if (mine === undefined) throw new Error('It was not handed over.');
		const { runs: begun } = await worker.connection.request('worker/started', {
			runs: [{ id, run: mine.run }],
		});
		const run = await connectWith(daemon, begun[0]?.token ?? '');
		const [child = ''] = await enqueue(run, embed({ runAt: Date.now() + 3_600_000 }));
		const { job } = await run.request('job/get', { id: child });
		expect(job).toMatchObject({ parentId: id, origin: `job/${id}` });
		expect(await code(run.request('job/get', { id: stranger }))).toBe(ERROR_CODES.UNAUTHORIZED);
		const types = [{ type: 'acme.embed' }];
		const register = run.request('worker/register', { name: 'child', types });
		expect(await code(register)).toBe(ERROR_CODES.FORBIDDEN);
		await client.request('job/cancel', { ids: [child] });
		await worker.succeed(mine);
		expect(await code(run.request('job/get', { id }))).toBe(ERROR_CODES.UNAUTHORIZED);
		// What it asks for beside its runs says which worker asked.
		const [own = ''] = await enqueue(worker.connection, embed({ runAt: Date.now() + 3_600_000 }));
		const asked = await client.request('job/get', { id: own });
		expect(asked.job).toMatchObject({ parentId: null, origin: 'worker/test' });
	});

	test('is stopped by a newer job of its subject and by its deadline, and the newer one follows', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed', concurrency: 2 });
		const about = { subject: 'file:///a', supersede: 'abort' };
		const [older = ''] = await enqueue(client, embed(about));
		const first = await worker.handed();
		await worker.begin(first);
		const [newer = ''] = await enqueue(client, embed(about));
		expect(await worker.stopped()).toMatchObject({ id: older, cause: 'supersede' });
		expect(
			await worker.connection.request('worker/finish', {
				results: [{ id: older, run: 1, outcome: 'interrupted' }],
			}),
		).toEqual({ taken: [true] });
		expect(await jobEnd(daemon, older)).toMatchObject({ state: 'superseded' });
		const second = await worker.handed();
		expect(second.id).toBe(newer);
		await worker.begin(second);
		expect(await worker.succeed(second)).toBe(true);
		const [late = ''] = await enqueue(client, embed({ deadlineAt: Date.now() + 200 }));
		const third = await worker.handed();
		await worker.begin(third);
		expect(await worker.stopped()).toMatchObject({ id: late, cause: 'deadline' });
		expect(await jobEnd(daemon, late)).toMatchObject({ state: 'expired', stopReason: 'deadline' });
		expect(await worker.succeed(third)).toBe(false);
	});
});

describe('a function', () => {
	test('is refused what only a process can have, by path', async () => {
		const client = await (await startDaemon()).connect();
		const refused = {
			limits: { memoryMB: 100 },
			ready: { pattern: 'up' },
			retryOn: [1],
			surroundings: { umask: 0 },
			onConstraintLost: 'pause',
		};
		for (const [path, value] of Object.entries(refused)) {
			await expect(enqueue(client, embed({ [path]: value })), path).rejects.toMatchObject({
				code: ERROR_CODES.VALIDATION,
				data: { path: expect.stringContaining(path) },
			});
		}
	});
});

describe('a worker', () => {
	test('that floods holds up nobody else, and all that it said is there', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed' });
		const [id = ''] = await enqueue(client, embed());
		const run = await worker.handed();
		await worker.begin(run);
		const said: Promise<unknown>[] = [];
		for (let n = 0; n < 1000; n++) {
			const name = { id, run: 1 };
			said.push(worker.connection.request('worker/log', { ...name, text: 'x'.repeat(1000) }));
			const progress = { current: n };
			said.push(worker.connection.request('worker/progress', { ...name, progress }));
		}
		await client.request('job/get', { id });
		await Promise.all(said);
		expect(await worker.succeed(run)).toBe(true);
		const { job } = await client.request('job/get', { id });
		expect(job.progress).toEqual({ current: 999 });
		expect(job.logBytes).toBeGreaterThan(1_001_000);
	});

	test('that dies between result and answer has given its result all the same', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed' });
		const [id = ''] = await enqueue(client, embed());
		await worker.begin(await worker.handed());
		// Sent before the connection ends, and never answered to anybody.
		worker.connection
			.request('worker/finish', {
				results: [{ id, run: 1, outcome: 'succeeded', result: 7 }],
			})
			.catch(() => {});
		await worker.flushed();
		worker.connection.dispose();
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', result: 7 });
	});

	test('of a type that another does with other defaults changes them for what comes after', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		await startWorker(daemon, { type: 'acme.embed', maxAttempts: 2 });
		const later = { runAt: Date.now() + 3_600_000 };
		const [before = ''] = await enqueue(client, embed(later));
		const second = await startWorker(daemon, { type: 'acme.embed', maxAttempts: 5 });
		const [after = ''] = await enqueue(client, embed(later));
		const attempts = async (id: string) =>
			(await client.request('job/get', { id })).job.maxAttempts;
		expect([await attempts(before), await attempts(after)]).toEqual([2, 5]);
		// Whoever goes takes none of it along.
		second.connection.dispose();
		await second.connection.closed;
		const [still = ''] = await enqueue(client, embed(later));
		expect(await attempts(still)).toBe(5);
	});

	test('that never begins what it was handed keeps it until the job is told to end', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed' });
		const [id = ''] = await enqueue(client, embed({ deadlineAt: Date.now() + 300 }));
		await worker.handed();
		expect(await worker.stopped()).toMatchObject({ id, cause: 'deadline' });
		const job = await jobWhen(daemon, id, ({ state }) => state === 'expired');
		expect(job).toMatchObject({ startedAt: null });
	});
});
