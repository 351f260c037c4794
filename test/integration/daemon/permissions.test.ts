/** Every request with every kind of token; docs/security.md says the same. */
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectOver, isResponseError } from '../../../shared/client/connection.ts';
import { openSocket } from '../../../shared/client/endpoint.ts';
import { ERROR_CODES, RPC_CODES } from '../../../shared/errors.ts';
import { type Method, type ParamsInput, requests } from '../../../shared/protocol/requests.ts';
import { enqueue, jobEnd, shell, startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { openWire } from './wire.ts';

const METHODS = Object.keys(requests) as Method[];
const NOBODY = '018f4d2e-7c3a-7b1e-9f00-0123456789ab';
const ids = { ids: [NOBODY] };

/** What is well-formed and, where it is carried out, does no harm. A new request must be given one. */
function harmless(own: string): { readonly [M in Method]: ParamsInput<M> } {
	return {
		'job/enqueue': { jobs: [shell('true', { runAt: Date.now() + 3_600_000 })] },
		'job/send': { jobs: [{ on: 'nobody', folder: tmpdir(), spec: { type: 'command' } }] },
		'job/get': { id: own },
		'job/explain': { id: own },
		'job/errors': { id: own },
		'job/payload': { id: own },
		'job/list': { filter: { parentId: own } },
		'job/wait': { ...ids, timeoutMs: 0 },
		'job/cancel': ids,
		'job/retry': ids,
		'job/pause': ids,
		'job/resume': ids,
		'job/runNow': ids,
		'job/remove': ids,
		'job/update': { ...ids, priority: 1 },
		'job/answer': { id: own, question: 'nothing', value: {} },
		'jobs/subscribe': {},
		'log/read': { id: own },
		'log/search': { id: own, pattern: 'nothing' },
		'log/subscribe': { id: own },
		'log/unsubscribe': { id: own },
		'queue/list': {},
		'queue/update': { name: 'default', concurrency: 3 },
		'group/list': {},
		'group/update': { name: 'nobody', limit: 1 },
		'hooks/list': {},
		'hooks/update': { remove: [1] },
		'settings/get': {},
		'settings/update': { values: {}, revision: 0 },
		'schedule/put': { name: 'yearly', spec: shell('true'), when: { cron: '@yearly' } },
		'schedule/update': { name: 'nothing', enabled: false },
		'schedule/list': {},
		'schedule/remove': { name: 'nothing' },
		'schedule/run': { name: 'nothing' },
		'schedule/preview': { when: { cron: '@yearly' } },
		'schedule/subscribe': {},
		'event/emit': { name: 'nothing' },
		'activity/report': {},
		'window/report': { focused: false },
		'index/status': {},
		'index/search': { query: 'nothing', kind: 'words' },
		'index/stale': { workspace: 'file:///nowhere', paths: [] },
		'workspace/symbol': { query: 'nothing' },
		'index/delete': { workspace: 'file:///nowhere' },
		'meaning/plan': { workspace: 'file:///nowhere', endpoint: 'http://[::1]:9/v1', model: 'none' },
		'meaning/on': {
			workspace: 'file:///nowhere',
			endpoint: 'http://[::1]:9/v1',
			model: 'none',
			consent: { root: '/nowhere', origin: 'http://[::1]:9', model: 'none' },
		},
		'meaning/off': { workspace: 'file:///nowhere' },
		'ai/policy': {},
		'ai/approve': { id: own },
		'ai/update': {},
		'ai/folder': { root: tmpdir() },
		'ai/forget': { root: tmpdir() },
		'system/status': {},
		'system/metrics': {},
		'system/diagnose': {},
		'system/maintain': {},
		'stats/now': {},
		'stats/history': { bucketMs: 3_600_000, from: Date.now() - 86_400_000 },
		'worker/register': { name: 'nobody', types: [{ type: 'acme.nothing' }] },
		'worker/started': { runs: [{ id: NOBODY, run: 1 }] },
		'worker/finish': { results: [{ id: NOBODY, run: 1, outcome: 'interrupted' }] },
		'worker/progress': { id: NOBODY, run: 1, progress: { current: 1 } },
		'worker/checkpoint': { id: NOBODY, run: 1, checkpoint: 1 },
		'worker/log': { id: NOBODY, run: 1, text: 'nothing' },
		'worker/alive': {},
		'fleet/key': {},
		'fleet/status': {},
		'fleet/join': { address: 'nowhere', name: 'nobody' },
		'fleet/work': {},
		'fleet/leave': {},
		'fleet/accept': { key: 'self', remove: true },
		'fleet/submit': { jobs: [{ on: 'nobody', spec: { type: 'command' } }] },
		'fleet/migrate': { direction: 'back' },
		'fleet/list': {},
		'worker/list': {},
		'worker/add': {
			name: 'other',
			types: ['acme.other'],
			command: { command: 'true', cwd: tmpdir() },
		},
		'worker/remove': { name: 'nobody' },
		'worker/restart': { name: 'nobody' },
		'system/drain': { reason: 'test', mode: 'whenIdle' },
	};
}

interface Documented {
	readonly person: string;
	readonly run: string;
	readonly worker: string;
	readonly tool: string;
}

/** What the document says of runs' tokens and of tools, request by request. */
function documented(): Map<string, Documented> {
	const text = readFileSync(resolve(import.meta.dirname, '../../../docs/security.md'), 'utf8');
	const rows = text.matchAll(
		/^\| ((?:`\w+\/\w+` ?)+)\| (yes|no) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm,
	);
	return new Map(
		[...rows].flatMap(([, names = '', person = '', run = '', worker = '', tool = '']) =>
			[...names.matchAll(/`([^`]+)`/g)].map(([, name = '']): [string, Documented] => [
				name,
				{ person, run, worker, tool },
			]),
		),
	);
}

async function connectWith(daemon: TestDaemon, token: string) {
	const socket = await openSocket(daemon.state.endpoint);
	const connection = await connectOver(socket, { token, client: 'test', version: '0' });
	onTestFinished(() => connection.dispose());
	return connection;
}

type Connection = Awaited<ReturnType<typeof connectWith>>;

/** An answer that something is not there or not so is one of somebody who may ask. */
async function outcome<M extends Method>(
	connection: Connection,
	method: M,
	params: ParamsInput<M>,
): Promise<'yes' | 'no' | 'never'> {
	try {
		await connection.request(method, params);
		return 'yes';
	} catch (error) {
		if (!isResponseError(error)) throw error;
		expect(error.code, `${method}: ${error.message}`).not.toBe(RPC_CODES.invalidParams);
		if (error.code === ERROR_CODES.FORBIDDEN) {
			expect(error.data).toEqual({ kind: 'policy', rule: 'method' });
			return 'never';
		}
		return error.code === ERROR_CODES.UNAUTHORIZED ? 'no' : 'yes';
	}
}

/** A job that runs until it is told to end, and its run's token. */
async function runningJob(daemon: TestDaemon) {
	const connection = await daemon.connect();
	const [file, end] = [join(daemon.home, 'token-of-run'), join(daemon.home, 'end')];
	const line =
		`printf %s "$SEMANTICA_TOKEN" >'${file}.part' && mv '${file}.part' '${file}'; ` +
		`while [ ! -e '${end}' ]; do sleep 0.05; done`;
	const [id = ''] = await enqueue(connection, shell(line));
	await until(() => existsSync(file), 'it runs');
	return { connection, id, end, token: readFileSync(file, 'utf8') };
}

/** Of a process that the daemon started and that has not registered. */
async function workerToken(daemon: TestDaemon, connection: Connection): Promise<string> {
	const file = join(daemon.home, 'token-of-worker');
	const line = `printf %s "$SEMANTICA_WORKER_TOKEN" >'${file}.part' && mv '${file}.part' '${file}'; sleep 600`;
	await connection.request('worker/add', {
		name: 'holder',
		types: ['acme.nothing'],
		command: { command: '/bin/sh', args: ['-c', line], cwd: daemon.home },
	});
	await enqueue(connection, { type: 'acme.nothing' });
	await until(() => existsSync(file), 'it runs');
	return readFileSync(file, 'utf8');
}

describe('a request', () => {
	test('of each kind stands in docs/security.md, and none that is not', () => {
		expect([...documented().keys()].sort()).toEqual([...METHODS].sort());
	});

	test('is carried out or refused as that says, by the data folder’s token, a run’s, a worker’s, and to a tool', async () => {
		const daemon = await startDaemon();
		const { connection, id, token } = await runningJob(daemon);
		const run = await connectWith(daemon, token);
		const params = harmless(id);
		for (const method of METHODS) {
			const { run: says = '' } = documented().get(method) ?? {};
			const may = says === 'no' || says === 'never' ? says : 'yes';
			expect(await outcome(run, method, params[method]), `${method}, a run`).toBe(may);
		}
		const own = await connectWith(daemon, await workerToken(daemon, connection));
		for (const method of METHODS) {
			const says = documented().get(method)?.worker;
			expect(says, method).toMatch(/^(yes|no|of the runs that it holds|exactly the types.*)$/);
			const may = says === 'no' ? 'no' : 'yes';
			expect(await outcome(own, method, params[method]), `${method}, a worker`).toBe(may);
		}
		const tool = await daemon.tool({ root: daemon.home });
		for (const method of METHODS) {
			const may = documented().get(method)?.tool === 'never' ? 'never' : 'yes';
			expect(await outcome(tool, method, params[method]), `${method}, a tool`).toBe(may);
		}
		// Nothing that was refused was carried out all the same.
		expect((await connection.request('system/status', {})).draining).toBeNull();
		const { queues } = await connection.request('queue/list', {});
		expect(queues.find(({ name }) => name === 'default')?.concurrency).not.toBe(3);
		for (const method of METHODS) {
			const says = documented().get(method)?.person;
			expect(await outcome(connection, method, params[method]), method).toBe(says);
		}
	});

	test('without a token is not answered', async () => {
		const daemon = await startDaemon();
		const client = await openWire(daemon);
		const params = harmless(NOBODY);
		for (const method of METHODS) {
			const { error } = await client.ask(method, params[method]);
			expect(error?.code, method).toBe(RPC_CODES.serverNotInitialized);
		}
	});
});

describe('a run’s token', () => {
	test('is for its own family only', async () => {
		const daemon = await startDaemon();
		const { connection, id, token } = await runningJob(daemon);
		const run = await connectWith(daemon, token);
		const later = { runAt: Date.now() + 3_600_000 };
		const [stranger = ''] = await enqueue(connection, shell('true', later));
		const [child = ''] = await enqueue(run, shell('true', later));
		const [named = ''] = await enqueue(run, shell('true', { ...later, parentId: id }));
		for (const one of [child, named]) {
			expect((await connection.request('job/get', { id: one })).job.parentId).toBe(id);
			expect(await outcome(run, 'job/get', { id: one })).toBe('yes');
		}
		for (const method of ['job/get', 'job/explain', 'job/errors', 'job/payload'] as const) {
			expect(await outcome(run, method, { id: stranger }), method).toBe('no');
		}
		expect(await outcome(run, 'job/list', {})).toBe('no');
		expect(await outcome(run, 'job/list', { filter: { parentId: stranger } })).toBe('no');
		const adopted = { jobs: [shell('true', { parentId: stranger })] };
		expect(await outcome(run, 'job/enqueue', adopted)).toBe('no');
	});

	test('ends with the run, on a connection that is open and for a new one', async () => {
		const daemon = await startDaemon();
		const { id, end, token } = await runningJob(daemon);
		const run = await connectWith(daemon, token);
		expect(await outcome(run, 'job/get', { id })).toBe('yes');
		await (await daemon.connect()).request('job/cancel', { ids: [id] });
		expect(existsSync(end)).toBe(false);
		await jobEnd(daemon, id);
		expect(await outcome(run, 'job/get', { id })).toBe('no');
		await run.closed;
		await expect(connectWith(daemon, token)).rejects.toMatchObject({
			code: ERROR_CODES.UNAUTHORIZED,
		});
	});
});

describe('system/prove', () => {
	test('is answered without a token, and to nothing but a nonce', async () => {
		const daemon = await startDaemon();
		const client = await openWire(daemon);
		const nonce = 'ab'.repeat(32);
		const { result } = await client.ask('system/prove', { nonce });
		expect(result).toEqual({ proof: expect.stringMatching(/^[0-9a-f]{64}$/) });
		for (const params of [
			undefined,
			{},
			{ nonce: '' },
			{ nonce: 'x'.repeat(64) },
			{ nonce: 7 },
			{ nonce, more: 1 },
			{ nonce: 'ab'.repeat(65) },
		]) {
			const { error } = await client.ask('system/prove', params);
			expect(error?.code, JSON.stringify(params)).toBe(RPC_CODES.invalidParams);
		}
		// It makes nobody a client.
		expect((await client.ask('system/status', {})).error?.code).toBe(
			RPC_CODES.serverNotInitialized,
		);
		expect((await client.initialize()).result).toBeDefined();
		expect((await client.ask('system/status', {})).result).toBeDefined();
	});
});
