/** Messages that are read on a thread of their own mean what small ones mean. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { ERROR_CODES, RPC_CODES } from '../../../shared/errors.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { connectKnown, frame, request } from './rawClient.ts';

const LARGE = 2 * 1024 * 1024;
const spaces = ' '.repeat(LARGE);
const command = { command: '/bin/cat', args: [], cwd: '/' };

async function pausedDaemon(): Promise<{ daemon: TestDaemon; connection: DaemonConnection }> {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await connection.request('queue/update', { name: '*', paused: true });
	return { daemon, connection };
}

function enqueue(id: number, ...jobs: string[]): Buffer {
	return frame(
		`{"jsonrpc":"2.0","id":${id},"method":"job/enqueue","params":{"jobs":[${jobs.join(',')}]}}`,
	);
}

function job(payload: string, more = ''): string {
	return `{"type":"command","command":${JSON.stringify(command)}${more},"payload":${payload}}`;
}

async function payloadOf(connection: DaemonConnection, id: string): Promise<string> {
	let text = '';
	for (let offset = 0; ; ) {
		const part = await connection.request('job/payload', { id, offset, maxBytes: 1024 * 1024 });
		text += part.text;
		if (part.eof) return text;
		offset = part.nextOffset;
	}
}

function digest(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

const idsIn = (answer: unknown): string[] =>
	(answer as { result: { jobs: { id: string }[] } }).result.jobs.map(({ id }) => id);

describe('a large message', () => {
	it.each([
		['one large payload', [`{"id":12345678901234567890,"z":-0,"2":1,${spaces}"é":"€𝄞"}`]],
		['one large text', [JSON.stringify(`é𝄞${spaces}`)]],
		['many payloads', Array.from({ length: 300 }, (_, n) => `[${n}.0,${' '.repeat(9000)}1e3]`)],
	])('hands each command its payload as it was written: %s', async (_, payloads) => {
		const { daemon, connection } = await pausedDaemon();
		const client = await connectKnown(daemon);
		await client.send(enqueue(1, ...payloads.map((payload) => job(payload))));
		const ids = idsIn(await client.answer());
		expect(ids).toHaveLength(payloads.length);
		for (const [n, id] of ids.entries()) {
			const payload = payloads[n] ?? '';
			const expected = payload.startsWith('"') ? (JSON.parse(payload) as string) : payload;
			expect(digest(await payloadOf(connection, id))).toBe(digest(expected));
		}
	});

	it('keeps its place among those of its connection', async () => {
		const { daemon, connection } = await pausedDaemon();
		const client = await connectKnown(daemon);
		await client.send(
			Buffer.concat([
				enqueue(1, job('1')),
				enqueue(2, job(`[${spaces}]`), job('2')),
				enqueue(3, job('3')),
				enqueue(4, job(`[4${spaces}]`)),
				enqueue(5, job('5')),
			]),
		);
		const ids: string[] = [];
		const heard = new Map<unknown, string[]>();
		for (let n = 0; n < 5; n++) {
			const answer = await client.answer();
			heard.set(answer?.id, idsIn(answer));
		}
		for (let n = 1; n <= 5; n++) ids.push(...(heard.get(n) ?? []));
		const { jobs } = await connection.request('job/list', { sort: 'createdAt', filter: {} });
		expect(jobs.map(({ id }) => id)).toEqual(ids);
	});

	it('says the same job by its key as a small one', async () => {
		const { daemon } = await pausedDaemon();
		const client = await connectKnown(daemon);
		const keyed = job(JSON.stringify(`é${' '.repeat(100_000)}`), ',"key":"k"');
		await client.send(enqueue(1, keyed));
		await client.send(enqueue(2, job(`[${spaces}]`), keyed));
		const [first] = idsIn(await client.answer());
		const second = await client.answer();
		expect(idsIn(second)[1]).toBe(first);
	});

	it.each([
		['an unknown field', job(`[${spaces}]`, ',"nice":1'), RPC_CODES.invalidParams, 'jobs[1].nice'],
		[
			'what is nested too deep',
			job(`${'['.repeat(LARGE)}${']'.repeat(LARGE)}`),
			RPC_CODES.invalidParams,
			'jobs[1].payload',
		],
		[
			'half of a surrogate pair',
			job(`"\\ud800${spaces}"`),
			ERROR_CODES.VALIDATION,
			'jobs[1].payload',
		],
		[
			'a payload beyond the bound',
			job(`"${' '.repeat(16 * 1024 * 1024 + 1)}"`),
			ERROR_CODES.TOO_LARGE,
			'jobs[1].payload',
		],
		[
			'a type that nobody knows',
			`{"type":"nobodys","payload":[${spaces}]}`,
			ERROR_CODES.VALIDATION,
			'jobs[1].type',
		],
	])('is refused by path as a small one is: %s', async (_, wrong, code, path) => {
		const { daemon } = await pausedDaemon();
		const client = await connectKnown(daemon);
		await client.send(enqueue(1, job('1'), wrong));
		expect(await client.answer()).toMatchObject({ id: 1, error: { code, data: { path } } });
		// The connection goes on.
		await client.send(frame(request(2, 'queue/list', {})));
		expect(await client.answer()).toMatchObject({ id: 2, result: {} });
	});

	it('that asks for what nobody answers, or answers what nobody asked, hurts nobody', async () => {
		const { daemon } = await pausedDaemon();
		const client = await connectKnown(daemon);
		await client.send(frame(request(1, 'nobody/knows', [spaces])));
		expect(await client.answer()).toMatchObject({
			id: 1,
			error: { code: RPC_CODES.methodNotFound },
		});
		await client.send(frame({ jsonrpc: '2.0', id: 7, result: spaces }));
		await client.send(frame({ jsonrpc: '2.0', method: '$/nothing', params: [spaces] }));
		await client.send(frame(request(2, 'queue/list', {})));
		expect(await client.answer()).toMatchObject({ id: 2, result: {} });
	});

	it.each([
		['no JSON', Buffer.from(`{"jsonrpc":${spaces}`), RPC_CODES.parseError],
		[
			'no UTF-8',
			Buffer.concat([Buffer.from(`"${spaces}`), Buffer.of(0xff, 0x22)]),
			RPC_CODES.parseError,
		],
		['a batch', Buffer.from(`[${spaces}]`), RPC_CODES.invalidRequest],
	])('that cannot be understood ends the connection with the reason: %s', async (_, body, code) => {
		const { daemon } = await pausedDaemon();
		const client = await connectKnown(daemon);
		await client.send(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
		expect(await client.answer()).toMatchObject({ id: null, error: { code } });
		await client.closed;
	});
});
