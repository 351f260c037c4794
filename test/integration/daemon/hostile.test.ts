/** Clients that break the rules: each loses its connection at most, and nobody else notices. */
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, RPC_CODES } from '../../../shared/errors.ts';
import { LIMITS } from '../../../shared/jobTerms.ts';
import { shell, startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { framed, openSession, openWire } from './wire.ts';

/** The daemon is the same one and answers somebody else. */
async function expectServed(daemon: TestDaemon): Promise<void> {
	const other = await openSession(daemon);
	expect((await other.ask('system/status', {})).result).toMatchObject({
		pid: daemon.state.pid,
		instance: daemon.state.instance,
	});
	other.socket.destroy();
}

const NONSENSE: [string, string | Buffer, number][] = [
	['JSON that is none', framed('{"jsonrpc": '), RPC_CODES.parseError],
	['an empty frame', framed(''), RPC_CODES.parseError],
	['a batch', framed('[{"jsonrpc":"2.0","id":1,"method":"x"}]'), RPC_CODES.invalidRequest],
	['a number', framed('7'), RPC_CODES.invalidRequest],
	['null', framed('null'), RPC_CODES.invalidRequest],
	['HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', RPC_CODES.invalidRequest],
	['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}', RPC_CODES.invalidRequest],
	['endless headers', 'X-Flood: 1\r\n'.repeat(100_000), RPC_CODES.invalidRequest],
	['binary', Buffer.alloc(100_000, 0xff), RPC_CODES.invalidRequest],
	['a frame too large', `Content-Length: ${LIMITS.frameBytes + 1}\r\n\r\n{`, ERROR_CODES.TOO_LARGE],
	['a frame of all memory', 'Content-Length: 999999999999\r\n\r\n{', ERROR_CODES.TOO_LARGE],
];

describe('what is no message', () => {
	test('is answered with a sentence and ends the connection, before and after initialize', async () => {
		const daemon = await startDaemon();
		for (const open of [openWire, openSession]) {
			for (const [name, bytes, code] of NONSENSE) {
				const client = await open(daemon);
				client.write(bytes);
				const { error } = await client.next((message) => message.id === null);
				expect(error?.code, name).toBe(code);
				expect(error?.message, name).toMatch(/^[A-Z].*\.$/);
				await client.closed;
			}
		}
		await expectServed(daemon);
	});

	test('does not take back what came before it', async () => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		const enqueued = client.ask('job/enqueue', {
			jobs: [{ type: 'command', command: { command: 'true' } }],
		});
		client.write('nonsense\r\n\r\n');
		await client.closed;
		// The answer may have been lost with the connection; the job may not.
		await enqueued.catch(() => {});
		const other = await openSession(daemon);
		expect((await other.ask('job/list', {})).result).toMatchObject({ total: { value: 1 } });
	});
});

describe('messages that nobody expects', () => {
	test('are passed over', async () => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		client.send({ id: 99, result: {} });
		client.send({ id: null, error: { code: 1, message: '' } });
		client.send({ method: 'no/such/notification', params: { a: 1 } });
		client.send({ method: '$/setTrace', params: { value: 'off' } });
		client.send({ method: '$/cancelRequest', params: { id: 12345 } });
		client.send({ method: 'initialized', params: {} });
		client.send({});
		expect((await client.ask('system/status', {})).result).toBeDefined();
	});

	test('as a cancel of what is being done do not hold up what comes after', async () => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		for (let round = 0; round < 20; round++) {
			const id = `enqueue ${round}`;
			const jobs = [shell('true', { runAt: Date.now() + 3_600_000 })];
			client.write(
				Buffer.concat(
					[
						{ id, method: 'job/enqueue', params: { jobs } },
						{ method: '$/cancelRequest', params: { id } },
					].map((message) => framed(JSON.stringify({ jsonrpc: '2.0', ...message }))),
				),
			);
			// Carried out or given up, but answered.
			await client.next((message) => message.id === id);
			expect((await client.ask('system/status', {})).result).toBeDefined();
		}
	});

	test.each<[string, object]>([
		['a cancel of nothing', { method: '$/cancelRequest' }],
		['a cancel of null', { method: '$/cancelRequest', params: { id: null } }],
		['a request without a usable id', { id: null, method: 'system/status', params: {} }],
		['a request with an object for an id', { id: {}, method: 'system/status', params: {} }],
		['a method that is no text', { id: 1, method: 7, params: {} }],
		['a prototype', { id: 1, method: 'job/list', params: { __proto__: { limit: 1 } } }],
	])('%s hurts nobody else', async (_name, message) => {
		const daemon = await startDaemon();
		const client = await openSession(daemon);
		client.send(message);
		await expectServed(daemon);
	});
});

describe('a subscriber that does not read', () => {
	/** A thousand jobs that will not start: two megabytes to tell of. */
	async function makeNews(daemon: TestDaemon): Promise<void> {
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const jobs = Array.from({ length: 1000 }, (_, i) =>
			shell('true', { title: 't'.repeat(200), subject: `${i} ${'s'.repeat(500)}` }),
		);
		await connection.request('job/enqueue', { jobs });
	}

	test('and says goodbye in the middle of its news does not stop the daemon', async () => {
		const daemon = await startDaemon();
		const stalled = await openSession(daemon);
		await stalled.ask('jobs/subscribe', {});
		// Subscribed later, so whoever reads this one's news knows that the other's are sent as well.
		const witness = await openSession(daemon);
		await witness.ask('jobs/subscribe', {});
		stalled.socket.pause();
		await makeNews(daemon);
		await witness.next((message) => message.method === 'jobs/changed');
		stalled.send({ method: 'exit' });
		await expectServed(daemon);
		await makeNews(daemon);
		await witness.next(
			(message) => message.method === 'jobs/changed' && (message.params as { seq: number }).seq > 1,
		);
		await expectServed(daemon);
	});
});
