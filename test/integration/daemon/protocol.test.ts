/** The life of a connection, and what is said to a client that does it wrong. */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readToken } from '../../../shared/client/endpoint.ts';
import { ERROR_CODES, RPC_CODES } from '../../../shared/errors.ts';
import { PROTOCOL_VERSION } from '../../../shared/protocol/version.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { openSession, openWire, type WireClient } from './wire.ts';

const SOME_ID = '018f4d2e-7c3a-7b1e-9f00-0123456789ab';
const job = { type: 'command', command: { command: 'true' } };

/** Whatever one client did, another one is still served. */
async function expectServed(daemon: TestDaemon): Promise<void> {
	const other = await openSession(daemon);
	expect((await other.ask('system/status', {})).result).toMatchObject({ pid: daemon.state.pid });
	other.socket.destroy();
}

async function refusal(client: WireClient, method: string, params?: unknown) {
	const { error } = await client.ask(method, params);
	if (error === undefined) throw new Error(`${method} was carried out.`);
	expect(error.message).toMatch(/\.$/);
	return { code: error.code, kind: error.data?.kind, path: error.data?.path };
}

describe('initialize', () => {
	test('comes first: anything before it is refused, and may be asked again after it', async () => {
		const daemon = await startDaemon();
		const client = await openWire(daemon);
		for (const method of ['system/status', 'job/list', 'shutdown', 'no/such']) {
			expect((await refusal(client, method, {})).code).toBe(RPC_CODES.serverNotInitialized);
		}
		const { result } = await client.initialize();
		expect(result).toMatchObject({
			capabilities: {},
			serverInfo: { name: 'semantica', version: daemon.state.version },
			semantica: {
				protocol: PROTOCOL_VERSION,
				instance: daemon.state.instance,
				buildId: daemon.state.buildId,
			},
		});
		expect((await client.ask('system/status', {})).result).toBeDefined();
	});

	test('comes once', async () => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		expect(await client.initialize()).toMatchObject({ error: { code: RPC_CODES.invalidRequest } });
		expect((await client.ask('system/status', {})).result).toBeDefined();
	});

	test('is lenient about fields of LSP and of clients to come', async () => {
		const daemon = await startDaemon();
		const client = await openWire(daemon);
		const { result } = await client.ask('initialize', {
			processId: 7,
			clientInfo: { name: 'x' },
			capabilities: { workspace: { applyEdit: true } },
			workspaceFolders: null,
			initializationOptions: {
				token: await readToken(daemon.paths),
				client: 'vscode',
				version: '9',
				workspaceFolders: ['file:///a'],
				inventedLater: { deep: true },
			},
		});
		expect(result).toBeDefined();
	});

	test.each<[string, unknown]>([
		['without parameters', undefined],
		['without options', { capabilities: {} }],
		['without a token', { initializationOptions: {} }],
		['with an empty token', { initializationOptions: { token: '' } }],
		['with a wrong token', { initializationOptions: { token: 'f'.repeat(64) } }],
		['with a token that is no text', { initializationOptions: { token: { $ne: null } } }],
		['with a token that is a book', { initializationOptions: { token: 'f'.repeat(100_000) } }],
	])('%s is refused and the connection closed', async (_name, params) => {
		const daemon = await startDaemon();
		const client = await openWire(daemon);
		expect(await refusal(client, 'initialize', params)).toMatchObject({
			code: ERROR_CODES.UNAUTHORIZED,
			kind: 'UNAUTHORIZED',
		});
		await client.closed;
		await expectServed(daemon);
	});
});

describe('shutdown and exit', () => {
	test('end this connection and no other', async () => {
		const daemon = await startDaemon();
		const other = await openSession(daemon);
		const client = await openSession(daemon);
		expect((await client.ask('shutdown')).result).toBeNull();
		expect((await refusal(client, 'system/status', {})).code).toBe(RPC_CODES.invalidRequest);
		client.send({ method: 'exit' });
		await client.closed;
		expect((await other.ask('system/status', {})).result).toBeDefined();
	});

	test('exit alone ends it too, before initialize as well', async () => {
		const daemon = await startDaemon();
		const client = await openWire(daemon);
		client.send({ method: 'exit' });
		await client.closed;
		await expectServed(daemon);
	});
});

describe('a request that is wrong', () => {
	test('is answered with its code and path, and the connection goes on', async () => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		const invalid = { code: RPC_CODES.invalidParams };
		const cases: [string, unknown, object][] = [
			['no/such', {}, { code: RPC_CODES.methodNotFound }],
			['toString', {}, { code: RPC_CODES.methodNotFound }],
			['__proto__', {}, { code: RPC_CODES.methodNotFound }],
			['job/enqueue', undefined, { ...invalid, path: 'jobs' }],
			['job/enqueue', { jobs: [] }, { ...invalid, path: 'jobs' }],
			['job/enqueue', { jobs: Array(1001).fill(job) }, { ...invalid, path: 'jobs' }],
			['job/enqueue', { jobs: [job, { ...job, nice: 1 }] }, { ...invalid, path: 'jobs[1].nice' }],
			[
				'job/enqueue',
				{ jobs: [{ ...job, priority: 101 }] },
				{ ...invalid, path: 'jobs[0].priority' },
			],
			['job/get', { id: '../../etc/passwd' }, { ...invalid, path: 'id' }],
			['job/get', [SOME_ID], { ...invalid, path: '' }],
			['job/list', { limit: 201 }, { ...invalid, path: 'limit' }],
			['job/list', { filter: { colour: 'red' } }, { ...invalid, path: 'filter.colour' }],
			['job/list', { cursor: 'nonsense' }, { code: 4000, kind: 'VALIDATION', path: 'cursor' }],
			['job/cancel', {}, { ...invalid, path: 'ids' }],
			['job/cancel', { filter: {} }, { ...invalid, path: 'filter' }],
			['log/read', { id: SOME_ID, maxBytes: 3 }, { ...invalid, path: 'maxBytes' }],
			['log/read', { id: SOME_ID, offset: -1 }, { ...invalid, path: 'offset' }],
			['log/read', { id: SOME_ID }, { code: 4001, kind: 'NOT_FOUND' }],
			['log/subscribe', { id: SOME_ID }, { code: 4001, kind: 'NOT_FOUND' }],
			['job/get', { id: SOME_ID }, { code: 4001, kind: 'NOT_FOUND' }],
			['job/explain', { id: SOME_ID }, { code: 4001, kind: 'NOT_FOUND' }],
			['queue/update', { name: 'default' }, invalid],
			['queue/update', { name: 'a b', paused: true }, { ...invalid, path: 'name' }],
			['queue/update', { name: '*', concurrency: 0 }, { ...invalid, path: 'concurrency' }],
			['queue/list', { all: true }, { ...invalid, path: 'all' }],
			['system/drain', { reason: 'x', mode: 'now' }, { ...invalid, path: 'mode' }],
		];
		for (const [method, params, expected] of cases) {
			expect(
				await refusal(client, method, params),
				`${method} ${JSON.stringify(params)?.slice(0, 80)}`,
			).toMatchObject(expected);
		}
		expect((await client.ask('job/list', {})).result).toMatchObject({ jobs: [] });
	});

	test('what the schema lets pass but makes no sense is told by meaning and path', async () => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		const enqueued = async (...jobs: object[]) => refusal(client, 'job/enqueue', { jobs });
		const validation = { code: ERROR_CODES.VALIDATION, kind: 'VALIDATION' };
		expect(await enqueued(job, { type: 'compile' })).toEqual({
			...validation,
			path: 'jobs[1].type',
		});
		expect(await enqueued({ type: 'command' })).toEqual({ ...validation, path: 'jobs[0].command' });
		expect(await enqueued({ ...job, command: { command: 'make', cwd: 'relative' } })).toEqual({
			...validation,
			path: 'jobs[0].command.cwd',
		});
		expect(await enqueued({ ...job, parentId: SOME_ID })).toEqual({
			...validation,
			path: 'jobs[0].parentId',
		});
		for (const workspace of [
			'file:///no/such/folder',
			'/plain/path',
			'https://a/b',
			'file:///etc/passwd',
			'file://host/a',
			'file:///%00',
		]) {
			expect(await enqueued({ ...job, workspace }), workspace).toEqual({
				...validation,
				path: 'jobs[0].workspace',
			});
		}
		// All or nothing: none of the good jobs beside them was taken.
		expect((await client.ask('job/list', {})).result).toMatchObject({ jobs: [] });
	});

	test('one that is refused never disturbs one before it that takes longer', async () => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		const workspace = `file://${daemon.home}`;
		const slow = Array.from({ length: 20 }, () =>
			client.ask('job/enqueue', { jobs: [{ ...job, workspace }] }),
		);
		const refused = Array.from({ length: 20 }, () =>
			refusal(client, 'job/enqueue', { jobs: [{ type: 'compile' }] }),
		);
		const [taken, refusals] = await Promise.all([Promise.all(slow), Promise.all(refused)]);
		for (const { result } of taken) expect(result).toMatchObject({ jobs: [{}] });
		for (const { code } of refusals) expect(code).toBe(ERROR_CODES.VALIDATION);
		expect((await client.ask('job/list', { limit: 1 })).result).toMatchObject({
			total: { value: 20 },
		});
	});
});

describe('the endpoint', () => {
	test('and everything that lets one in belongs to this user alone', async () => {
		const daemon = await startDaemon();
		const { endpoint } = daemon.state;
		const mode = (path: string) => statSync(path).mode & 0o777;
		expect(mode(daemon.home)).toBe(0o700);
		expect(mode(dirname(endpoint))).toBe(0o700);
		expect(mode(endpoint)).toBe(0o600);
		expect(mode(daemon.paths.tokenFile)).toBe(0o600);
		expect(mode(daemon.paths.stateFile)).toBe(0o600);
		expect(mode(daemon.paths.daemonLog)).toBe(0o600);
	});

	test('takes a crowd that comes at once', async () => {
		const daemon = await startDaemon();
		const clients = await Promise.all(Array.from({ length: 150 }, () => openWire(daemon)));
		const answers = await Promise.all(clients.map((client) => client.initialize()));
		expect(answers.filter((answer) => answer.result === undefined)).toEqual([]);
	});
});

test('requests of one connection commit in the order they came', async () => {
	const daemon = await startDaemon();
	const client = await openSession(daemon);
	await client.ask('queue/update', { name: '*', paused: true });
	const workspace = `file://${daemon.home}`;
	const answers = await Promise.all(
		Array.from({ length: 60 }, (_, i) =>
			// Every other one must look at the disk before it can be committed.
			client.ask('job/enqueue', { jobs: [{ ...job, ...(i % 2 === 0 ? { workspace } : {}) }] }),
		),
	);
	const generations = answers.map(
		({ result }) => (result as { jobs: { generation: number }[] }).jobs[0]?.generation ?? -1,
	);
	expect(generations).toEqual(generations.toSorted((a, b) => a - b));
	expect(new Set(generations).size).toBe(60);
});

describe('what changes jobs comes after what the same connection asked before', () => {
	test('an event after the job that waits for it', async () => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		const workspace = `file://${daemon.home}`;
		const waiting = { ...job, workspace, constraints: { event: 'saved' } };
		const enqueued = client.ask('job/enqueue', { jobs: [waiting] });
		expect((await client.ask('event/emit', { name: 'saved' })).result).toEqual({ released: 1 });
		expect((await enqueued).error).toBeUndefined();
	});

	test.each([
		['job/cancel', 'cancelled'],
		['job/pause', 'queued'],
	])(
		'%s by a filter after jobs that take long, or are not committed yet',
		async (method, state) => {
			const daemon = await startDaemon();
			const client = await openSession(daemon);
			await client.ask('queue/update', { name: '*', paused: true });
			for (const payload of ['small', 'x'.repeat(20_000)]) {
				const tag = `t${payload.length}`;
				const enqueued = client.ask('job/enqueue', { jobs: [{ ...job, payload, tag }] });
				const changed = await client.ask(method, { filter: { tag } });
				expect(changed.result, tag).toMatchObject({ count: 1 });
				expect((await enqueued).result).toMatchObject({ jobs: [{ state: 'queued' }] });
				const listed = await client.ask('job/list', { filter: { tag } });
				expect(listed.result).toMatchObject({ jobs: [{ state, held: method === 'job/pause' }] });
			}
		},
	);

	test.each(['all', 'ids'])('also after many (%s) that are changed piece by piece', async (how) => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		await client.ask('queue/update', { name: '*', paused: true });
		const jobs = Array.from({ length: 900 }, () => ({ ...job, tag: 't' }));
		const enqueued = await client.ask('job/enqueue', { jobs });
		const ids = (enqueued.result as { jobs: { id: string }[] }).jobs.map(({ id }) => id);
		const cancelled = client.ask('job/cancel', how === 'all' ? { all: true } : { ids });
		const retried = await client.ask('job/retry', { filter: { tag: 't' } });
		expect((await cancelled).result).toMatchObject({ count: 900 });
		expect(retried.result).toMatchObject({ count: 900 });
	});
});
