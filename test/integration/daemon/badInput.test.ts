/** What clients should not send, and what they may just send: at the bounds, beyond them, and both at once. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { ERROR_CODES, RPC_CODES } from '../../../shared/errors.ts';
import { type JobSpecInput, jobSchema } from '../../../shared/job.ts';
import { isFinished } from '../../../shared/jobTerms.ts';
import { enqueue, jobEnd, jobWhen, shell, startDaemon } from '../../support/daemon.ts';
import { createRandom } from '../../support/random.ts';
import { follow } from './follower.ts';
import { paused } from './pausedDaemon.ts';
import { framed, openSession } from './wire.ts';

const YEAR_10000 = Date.UTC(10_000, 0, 1);
const END_OF_TIME = 8_640_000_000_000_000;

/** JSON nested so many levels deep. */
function nested(levels: number): unknown {
	let value: unknown = 'leaf';
	for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { value };
	return value;
}

describe('a job', () => {
	test('with every field at its bound is taken, kept and given back as it was sent', async () => {
		const { daemon, connection } = await paused();
		const command = { command: '/bin/sh', args: ['-c', ''], env: { A: '' }, shell: false };
		const room = 256 * 1024 - JSON.stringify({ ...command, cwd: '/' }).length;
		const most: JobSpecInput = {
			type: 'command',
			title: '🙂'.repeat(100),
			queue: 'q'.repeat(64),
			subject: 'ü'.repeat(256),
			supersede: 'none',
			debounceMs: 3_600_000,
			maxDelayMs: 3_600_000,
			key: 'ü'.repeat(64),
			priority: 100,
			command: { ...command, args: ['-c', 'x'.repeat(room)], cwd: '/' },
			payload: nested(32),
			workspace: `file://${daemon.home}`,
			tag: 't'.repeat(64),
			runAt: END_OF_TIME,
			ttlMs: Number.MAX_SAFE_INTEGER,
			deadlineAt: END_OF_TIME,
			timeoutMs: Number.MAX_SAFE_INTEGER,
			maxAttempts: 100,
			backoff: { baseMs: 86_400_000, factor: 10, maxMs: 86_400_000, jitter: 1 },
			retryOn: Array.from({ length: 256 }, (_, code) => code),
			restartable: true,
			constraints: {
				power: 'ac',
				minBattery: 100,
				idle: true,
				event: 'e'.repeat(128),
				maxWaitMs: Number.MAX_SAFE_INTEGER,
			},
			onConstraintLost: 'requeue',
			graceMs: 60_000,
		};
		const least: JobSpecInput = {
			type: 'command',
			title: 't',
			queue: 'q',
			subject: 's',
			supersede: 'abort',
			debounceMs: 0,
			maxDelayMs: 0,
			key: 'k',
			priority: -100,
			command: { command: 'c' },
			payload: null,
			workspace: null,
			tag: 't',
			runAt: 0,
			ttlMs: 1,
			deadlineAt: 0,
			timeoutMs: 1,
			maxAttempts: 1,
			backoff: { baseMs: 0, factor: 1, maxMs: 0, jitter: 0 },
			retryOn: [],
			restartable: false,
			constraints: { power: 'any', minBattery: 0, idle: false, event: 'e', maxWaitMs: 1 },
			onConstraintLost: 'finish',
			graceMs: 0,
		};
		const [mostId = '', leastId = ''] = await enqueue(connection, most, least);
		const { job } = await connection.request('job/get', { id: mostId });
		const { payload: _, command: sent, ...fields } = most;
		expect(job).toMatchObject(fields);
		expect(job.command?.args).toEqual(sent?.args);
		expect(jobSchema.strict().parse(job)).toEqual(job);
		expect(await connection.request('job/explain', { id: mostId })).toMatchObject({
			reasons: [{ kind: 'time', until: END_OF_TIME }],
		});
		// Its deadline was long ago.
		const ended = await jobWhen(daemon, leastId, (found) => isFinished(found.state));
		expect(ended).toMatchObject({ state: 'expired', priority: -100, tag: 't' });
		const { jobs } = await connection.request('job/list', { sort: 'createdAt' });
		expect(jobs.map(({ id }) => id)).toEqual([mostId, leastId]);
	});

	test('of far times waits for them, and hurries nobody', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const far = [YEAR_10000, END_OF_TIME].map((runAt) => shell('true', { runAt }));
		const ids = await enqueue(connection, ...far);
		const patient = shell('true', {
			ttlMs: Number.MAX_SAFE_INTEGER,
			timeoutMs: Number.MAX_SAFE_INTEGER,
			deadlineAt: YEAR_10000,
		});
		const [now = ''] = await enqueue(connection, patient);
		expect((await jobEnd(daemon, now)).state).toBe('succeeded');
		for (const [index, id] of ids.entries()) {
			const { job, explanation } = await connection.request('job/get', { id });
			expect(job).toMatchObject({ state: 'queued', runAt: far[index]?.runAt });
			expect(explanation.reasons).toMatchObject([
				{ kind: 'time', message: expect.stringMatching(/in \d{7,} days/) },
			]);
		}
		await daemon.kill();
		await daemon.restart();
		const { jobs } = await (await daemon.connect()).request('job/list', {
			filter: { state: ['queued'] },
			sort: 'createdAt',
		});
		expect(jobs.map(({ id }) => id)).toEqual(ids);
	});
});

describe('a time', () => {
	test.each(['runAt', 'ttlMs', 'deadlineAt', 'timeoutMs'])(
		'that is none is refused by its path: %s',
		async (field) => {
			const { daemon, connection } = await paused();
			const client = await openSession(daemon);
			const wrong = [
				'"1"',
				'"tomorrow"',
				'null',
				'true',
				'[1]',
				'{}',
				'1.5',
				'-1',
				'1e400',
				'1e17',
			];
			for (const value of wrong) {
				const good = JSON.stringify(shell('true'));
				const bad = `${good.slice(0, -1)},"${field}":${value}}`;
				const id = `${field} ${value}`;
				client.write(
					framed(
						`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"job/enqueue","params":{"jobs":[${good},${bad}]}}`,
					),
				);
				const { error } = await client.next((message) => message.id === id);
				expect(error, id).toMatchObject({
					code: RPC_CODES.invalidParams,
					data: { path: `jobs[1].${field}` },
				});
			}
			// What JSON does not know ends the connection, and nothing else.
			client.write(
				framed(`{"jsonrpc":"2.0","id":1,"method":"job/list","params":{"${field}":NaN}}`),
			);
			const { error } = await client.next((message) => message.id === null);
			expect(error?.code).toBe(RPC_CODES.parseError);
			await client.closed;
			expect((await connection.request('job/list', {})).jobs).toEqual([]);
		},
	);
});

describe('one bad job among a thousand', () => {
	test.each<[string, object, object]>([
		['a bound', { priority: 101 }, { code: RPC_CODES.invalidParams, path: 'priority' }],
		['a field', { nice: 1 }, { code: RPC_CODES.invalidParams, path: 'nice' }],
		['a meaning', { type: 'compile' }, { code: ERROR_CODES.VALIDATION, path: 'type' }],
		['a payload', { payload: 'p'.repeat(17 * 1024 * 1024) }, { code: 4130, path: 'payload' }],
		[
			'a parent',
			{ parentId: '018f4d2e-7c3a-7b1e-9f00-0123456789ab' },
			{ code: ERROR_CODES.VALIDATION, path: 'parentId' },
		],
	])('is named, and none is taken: %s', async (_what, bad, expected) => {
		const { daemon, connection } = await paused();
		const client = await openSession(daemon);
		const jobs = Array.from({ length: 1000 }, (_, i) =>
			i === 998 ? { ...shell('true'), ...bad } : shell('true', { payload: `${i}` }),
		);
		const { error } = await client.ask('job/enqueue', { jobs });
		const { path, ...rest } = expected as { code: number; path: string };
		expect(error).toMatchObject({ ...rest, data: { path: `jobs[998].${path}` } });
		expect((await connection.request('job/list', {})).total).toEqual({ value: 0, exact: true });
		const [id] = await enqueue(connection, shell('true'));
		const { job } = await connection.request('job/get', { id: id ?? '' });
		expect(job.generation).toBe(1);
	});
});

test('two clients who cancel, retry, pause and supersede the same job at once agree in the end', async () => {
	const daemon = await startDaemon();
	const random = createRandom(4);
	const clients = [await daemon.connect(), await daemon.connect()];
	const follower = await follow(daemon);
	const lock = join(daemon.home, 'lock');
	const overlap = join(daemon.home, 'overlap');
	// Held until the last process of a run is gone, however it ends: two at once would meet there.
	const line = `exec 9> ${lock}; flock -n 9 || echo + >> ${overlap}; sleep 0.03`;
	const job = (supersede: 'queued' | 'abort' | 'none') =>
		shell(line, { subject: 's', supersede, restartable: true, maxAttempts: 3, graceMs: 500 });
	const known: string[] = [];

	async function meddle(client: DaemonConnection, id: string): Promise<void> {
		const ids = [id];
		switch (random.int(0, 6)) {
			case 0:
				await client.request('job/cancel', { ids });
				break;
			case 1:
				await client.request('job/pause', { ids });
				break;
			case 2:
				await client.request('job/resume', { ids });
				break;
			case 3:
				await client.request('job/runNow', { ids });
				break;
			case 4: {
				const { jobs } = await client.request('job/retry', { ids });
				known.push(...jobs.map((made) => made.id));
				break;
			}
			default:
				known.push(...(await enqueue(client, job(random.pick(['queued', 'abort', 'none'])))));
		}
	}

	known.push(...(await enqueue(clients[0] as DaemonConnection, job('none'))));
	for (let round = 0; round < 60; round++) {
		const id = known.at(-1) ?? '';
		await Promise.all(
			clients.flatMap((client) => Array.from({ length: 4 }, () => meddle(client, id))),
		);
		if (round % 3 < 2) continue;
		// Now and then one gets as far as to run.
		await clients[0]?.request('job/resume', { all: true });
		const latest = known.at(-1) ?? '';
		await follower.until((picture) => !['queued', undefined].includes(picture.get(latest)?.state));
	}
	const [client] = clients;
	await client?.request('job/resume', { all: true });
	await follower.until((picture) => known.every((id) => isEnded(picture.get(id)?.state)));
	expect(follower.problems).toEqual([]);
	expect(existsSync(overlap) ? readFileSync(overlap, 'utf8') : '').toBe('');
	expect(follower.picture.size).toBe(known.length);
	const ends = Object.entries(follower.counts).filter(([, n]) => n > 0);
	console.log(`${known.length} jobs: ${ends.map(([state, n]) => `${n} ${state}`).join(', ')}`);
	const [last = ''] = await enqueue(client as DaemonConnection, job('queued'));
	expect((await jobEnd(daemon, last)).state).toBe('succeeded');
	expect(daemon.log()).not.toMatch(/error of its own/);
});

function isEnded(state: Parameters<typeof isFinished>[0] | undefined): boolean {
	return state !== undefined && isFinished(state);
}
