/** Functions as jobs: what a worker is handed, what it may do with it, and what becomes of it when it goes. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type DaemonConnection, isResponseError } from '../../../shared/client/connection.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import { enqueue, jobEnd, jobWhen, readWholeLog, startDaemon } from '../../support/daemon.ts';
import { startWorker } from '../../support/workers.ts';

const embed = (more: object = {}) => ({ type: 'acme.embed', graceMs: 50, ...more });

describe('a function', () => {
	test('waits for a worker, is handed over, begun, reported on and ended', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const [id = ''] = await enqueue(client, embed({ payload: { text: 'hello' } }));
		const before = await client.request('job/explain', { id });
		expect(before.summary).toBe('waits for a worker that does acme.embed; none is connected');
		const worker = await startWorker(daemon, { type: 'acme.embed' });
		const run = await worker.handed();
		expect(run).toEqual({
			id,
			run: 1,
			attempt: 1,
			type: 'acme.embed',
			payload: { text: 'hello' },
			deadlineAt: null,
		});
		expect(await worker.begin(run)).toEqual([id]);
		await worker.connection.request('worker/progress', { id, run: 1, progress: { current: 1 } });
		await worker.connection.request('worker/log', { id, run: 1, text: 'one vector' });
		expect(await worker.succeed(run, { vectors: 1 })).toBe(true);
		// What was answered is kept: it need not be waited for.
		const { job, runs } = await client.request('job/get', { id });
		expect(job).toMatchObject({
			state: 'succeeded',
			stopReason: 'exit',
			result: { vectors: 1 },
			attempt: 1,
			progress: { current: 1 },
		});
		expect(runs).toHaveLength(1);
		expect(await readWholeLog(client, id)).toMatch(
			/^\[semantica\] run 1, attempt 1, .*\none vector\n$/,
		);
		expect(await worker.succeed(run), 'twice').toBe(false);
	});

	test('with a large payload reads it from a file, which goes with the run', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed' });
		const text = 'x'.repeat(50_000);
		await enqueue(client, embed({ payload: { text } }));
		const { payloadPath = '', ...run } = await worker.handed();
		expect(JSON.parse(readFileSync(payloadPath, 'utf8'))).toEqual({ text });
		await worker.begin(run);
		await worker.succeed(run);
		expect(() => readFileSync(payloadPath)).toThrow(/ENOENT/);
	});

	test('that was not begun goes back uncharged when its worker goes; a begun one is interrupted', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const first = await startWorker(daemon, { type: 'acme.embed', concurrency: 3 });
		const ids = await enqueue(client, embed(), embed(), embed({ restartable: true }));
		const runs = [await first.handed(), await first.handed(), await first.handed()];
		const [a, b, c] = ids.map((id) => runs.find((run) => run.id === id));
		if (a === undefined || b === undefined || c === undefined) throw new Error('Not all came.');
		await first.begin(b, c);
		first.connection.dispose();
		const begun = await jobEnd(daemon, b.id);
		expect(begun).toMatchObject({ state: 'failed', stopReason: 'interrupted', attempt: 1 });
		const back = await jobWhen(daemon, a.id, ({ state }) => state === 'queued');
		expect(back).toMatchObject({ attempt: 0, startedAt: null });
		await jobWhen(daemon, c.id, ({ state }) => state === 'queued');
		const { summary } = await client.request('job/explain', { id: a.id });
		expect(summary).toMatch(
			/^waits for a worker that does acme.embed; the last one left \d+ seconds? ago/,
		);
		const second = await startWorker(daemon, { type: 'acme.embed', concurrency: 2 });
		const again = [await second.handed(), await second.handed()];
		expect(again.map(({ id, run, attempt }) => [id, run, attempt]).sort()).toEqual(
			[
				[a.id, 2, 1],
				[c.id, 2, 1],
			].sort(),
		);
		const [one, two] = again;
		if (one === undefined || two === undefined) throw new Error('Not all came.');
		// What began under an earlier number is over.
		expect(await second.succeed({ ...one, run: 1 })).toBe(false);
		expect(await second.succeed(one)).toBe(true);
		expect(await second.succeed(two)).toBe(true);
		expect(await jobEnd(daemon, a.id)).toMatchObject({ state: 'succeeded', attempt: 1 });
	});

	test('is stopped by word, and after its grace time whatever the worker says', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed', concurrency: 2 });
		const [handed = '', begun = ''] = await enqueue(client, embed(), embed());
		const runs = [await worker.handed(), await worker.handed()];
		const run = runs.find(({ id }) => id === begun);
		if (run === undefined) throw new Error('It did not come.');
		await worker.begin(run);
		await client.request('job/cancel', { ids: [handed] });
		expect(await worker.stopped()).toMatchObject({ id: handed, cause: 'cancel' });
		expect(await jobEnd(daemon, handed)).toMatchObject({ state: 'cancelled' });
		expect(await worker.begin({ ...run, id: handed })).toEqual([]);
		await client.request('job/cancel', { ids: [begun] });
		expect(await worker.stopped()).toEqual({ id: begun, run: 1, cause: 'cancel', graceMs: 50 });
		expect(await jobEnd(daemon, begun)).toMatchObject({ state: 'cancelled' });
		expect(await worker.succeed(run), 'after its stop').toBe(false);
	});

	test('that takes too long is stopped and tried again; one that asks for it waits as long as it says', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, {
			type: 'acme.embed',
			timeoutMs: 3000,
			maxAttempts: 3,
		});
		const backoff = { baseMs: 1, jitter: 0 };
		const [id = ''] = await enqueue(client, embed({ backoff }));
		const first = await worker.handed();
		await worker.begin(first);
		expect(await worker.stopped()).toMatchObject({ id, run: 1, cause: 'timeout' });
		const second = await worker.handed();
		expect(second).toMatchObject({ id, run: 2, attempt: 2 });
		await worker.begin(second);
		await worker.connection.request('worker/finish', {
			results: [{ id, run: 2, outcome: 'retry', error: 'the model sleeps', afterMs: 1 }],
		});
		const third = await worker.handed();
		expect(third).toMatchObject({ run: 3, attempt: 3 });
		await worker.begin(third);
		await worker.connection.request('worker/finish', {
			results: [{ id, run: 3, outcome: 'failed', error: 'no model' }],
		});
		expect(await jobEnd(daemon, id)).toMatchObject({
			state: 'failed',
			error: { code: 'FUNCTION', message: 'no model' },
		});
	});

	test('that may be run again goes back to the queue when a person pauses it; another refuses', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed', concurrency: 2 });
		const [again = '', once = ''] = await enqueue(client, embed({ restartable: true }), embed());
		const runs = [await worker.handed(), await worker.handed()];
		await worker.begin(...runs);
		const answer = await client.request('job/pause', { ids: [again, once] });
		expect(answer.skipped.map(({ id }) => id)).toEqual([once]);
		expect(await worker.stopped()).toMatchObject({ id: again, cause: 'pause' });
		const held = await jobWhen(daemon, again, ({ state }) => state === 'queued');
		expect(held).toMatchObject({ held: true, attempt: 0 });
	});

	test('takes its queue and its bounds from the latest registration, also when nobody is there', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const types = [
			{ type: 'acme.embed', queue: 'models', maxAttempts: 4, restartable: true, timeoutMs: 9000 },
			{ type: 'acme.other' },
		];
		const worker = await startWorker(daemon, ...types);
		worker.connection.dispose();
		await daemon.kill();
		await daemon.restart();
		const later = await daemon.connect();
		const ids = await enqueue(
			later,
			embed(),
			embed({ type: 'acme.other' }),
			embed({ type: 'a.b' }),
		);
		const jobs = await Promise.all(ids.map((id) => later.request('job/get', { id })));
		const kept = { queue: 'models', maxAttempts: 4, restartable: true, timeoutMs: 9000 };
		expect(jobs[0]?.job).toMatchObject(kept);
		const usual = { queue: 'default', maxAttempts: 1, restartable: false, timeoutMs: null };
		expect(jobs[1]?.job).toMatchObject(usual);
		expect(jobs[2]?.job).toMatchObject(usual);
		client.dispose();
	});

	test('that was not begun goes back when the daemon drains; a begun one may end', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed', concurrency: 2 });
		const [begun = '', handed = ''] = await enqueue(client, embed(), embed());
		const runs = [await worker.handed(), await worker.handed()];
		const run = runs.find(({ id }) => id === begun);
		if (run === undefined) throw new Error('It did not come.');
		await worker.begin(run);
		await client.request('system/drain', { reason: 'test', mode: 'finish' });
		expect(await worker.stopped()).toMatchObject({ id: handed, cause: 'drain' });
		expect(await worker.succeed(run)).toBe(true);
		await client.closed;
		await daemon.kill();
		await daemon.restart();
		const later = await daemon.connect();
		expect((await later.request('job/get', { id: handed })).job).toMatchObject({
			state: 'queued',
			attempt: 0,
		});
		expect((await later.request('job/get', { id: begun })).job.state).toBe('succeeded');
	});

	test('survives the daemon’s death by the rules: not begun uncharged, begun as restartable says', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const worker = await startWorker(daemon, { type: 'acme.embed', concurrency: 4 });
		const [handed = '', again = '', once = '', done = ''] = await enqueue(
			client,
			embed(),
			embed({ restartable: true }),
			embed(),
			embed(),
		);
		const runs = [];
		for (let n = 0; n < 4; n++) runs.push(await worker.handed());
		await worker.begin(...runs.filter(({ id }) => id !== handed));
		const last = runs.find(({ id }) => id === done);
		expect(last !== undefined && (await worker.succeed(last, 7))).toBe(true);
		await daemon.kill();
		await daemon.restart();
		const later = await daemon.connect();
		const state = async (id: string) => (await later.request('job/get', { id })).job;
		expect(await state(handed)).toMatchObject({ state: 'queued', attempt: 0 });
		expect(await state(again)).toMatchObject({ state: 'queued', attempt: 0 });
		expect(await state(once)).toMatchObject({ state: 'failed', stopReason: 'interrupted' });
		expect(await state(done)).toMatchObject({ state: 'succeeded', result: 7 });
	});
});

describe('a worker that asks for what it may not', () => {
	async function refusal(
		client: DaemonConnection,
		types: ParamsInput<'worker/register'>['types'],
		more = {},
	) {
		const error: unknown = await client
			.request('worker/register', { name: 'bad', types, ...more })
			.catch((thrown: unknown) => thrown);
		return isResponseError(error) ? error.data?.path : undefined;
	}

	test('is told where', async () => {
		const client = await (await startDaemon()).connect();
		expect(await refusal(client, [{ type: 'command' }])).toBe('types[0].type');
		expect(await refusal(client, [{ type: 'index.files' }])).toBe('types[0].type');
		expect(await refusal(client, [{ type: 'a.b' }, { type: 'a.b' }])).toBe('types');
		expect(await refusal(client, [{ type: 'a.b' }], { prefetch: 5 })).toBe('prefetch');
		const many = Array.from({ length: 10_000 }, (_, n) => ({ type: `a.t${n}` }));
		expect(await refusal(client, many)).toBe('types');
	});

	test('gets no run of somebody else’s, and no result beyond what is kept', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		await expect(client.request('worker/alive', {})).rejects.toThrow(/is no worker/);
		const worker = await startWorker(daemon, { type: 'acme.embed' });
		const other = await startWorker(daemon, { type: 'acme.other' });
		const [id = ''] = await enqueue(client, embed());
		const run = await worker.handed();
		expect(await other.begin(run)).toEqual([]);
		expect(await other.succeed(run)).toBe(false);
		await worker.begin(run);
		await expect(worker.succeed(run, 'x'.repeat(1_000_000))).rejects.toThrow(/at most 16384/);
		expect((await client.request('job/get', { id })).job.state).toBe('running');
		expect(await worker.succeed(run)).toBe(true);
	});
});
