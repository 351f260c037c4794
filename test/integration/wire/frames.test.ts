import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../shared/jobTerms.ts';
import { startDaemon } from '../../support/daemon.ts';
import { connectKnown, connectRaw, frame, initializeMessage, request } from './rawClient.ts';

const INVALID_PARAMS = -32602;

describe('frames', () => {
	it('are understood wherever the bytes are cut', async () => {
		const daemon = await startDaemon();
		const hello = frame(await initializeMessage(daemon));
		const both = Buffer.concat([hello, frame(request(1, 'queue/list', {}))]);
		const clients = await Promise.all(
			Array.from({ length: both.length - 1 }, async (_, i) => {
				const client = await connectRaw(daemon);
				client.socket.setNoDelay(true);
				await client.send(both.subarray(0, i + 1));
				return { client, rest: both.subarray(i + 1) };
			}),
		);
		for (const { client, rest } of clients) {
			await client.send(rest);
			expect(await client.answer()).toMatchObject({ id: 0, result: { semantica: {} } });
			expect(await client.answer()).toMatchObject({ id: 1, result: { queues: [{}, {}] } });
			client.socket.destroy();
		}
	});

	it('are understood byte by byte, and many at once', async () => {
		const daemon = await startDaemon();
		const client = await connectRaw(daemon);
		for (const byte of frame(await initializeMessage(daemon))) {
			await client.send(Buffer.of(byte));
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(await client.answer()).toMatchObject({ id: 0 });
		const ids = Array.from({ length: 3000 }, (_, i) => i + 1);
		await client.send(Buffer.concat(ids.map((id) => frame(request(id, 'queue/list', {})))));
		for (const id of ids) expect((await client.answer())?.id).toBe(id);
	});

	it.each([
		['no length', 'Content-Type: x\r\n\r\n{}'],
		['two lengths', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}'],
		['a negative length', 'Content-Length: -2\r\n\r\n{}'],
		['a length in words', 'Content-Length: two\r\n\r\n{}'],
		['headers without end', `X: ${'y'.repeat(5000)}`],
		['more than is allowed', `Content-Length: ${LIMITS.frameBytes + 1}\r\n\r\n`],
		['more than a whole number holds', 'Content-Length: 9999999999999999\r\n\r\n'],
		['what is not JSON', frame('{"jsonrpc":')],
		['a batch', frame([request(1, 'queue/list', {})])],
		['nothing', frame('null')],
	])('with %s end their connection and no other', async (_, bytes) => {
		const daemon = await startDaemon();
		const bystander = await daemon.connect();
		for (const client of [await connectRaw(daemon), await connectKnown(daemon)]) {
			await client.send(bytes);
			await client.closed;
		}
		expect((await bystander.request('system/status', {})).pid).toBe(daemon.state.pid);
	});

	it('of strangers are small', async () => {
		const daemon = await startDaemon();
		const stranger = await connectRaw(daemon);
		await stranger.send('Content-Length: 300000\r\n\r\n');
		await stranger.closed;
		const known = await connectKnown(daemon);
		const payload = 'x'.repeat(8_000_000);
		await known.send(frame(request(1, 'queue/list', { payload })));
		expect(await known.answer()).toMatchObject({ id: 1, error: { code: INVALID_PARAMS } });
	});
});

describe('JSON', () => {
	it('that is nested without end is refused with its path', async () => {
		const daemon = await startDaemon();
		const client = await connectKnown(daemon);
		const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
		const job = (payload: string) =>
			`{"type":"command","command":{"command":"true"},"runAt":4000000000000,"payload":${payload}}`;
		const enqueue = (id: number, payload: string) =>
			frame(
				`{"jsonrpc":"2.0","id":${id},"method":"job/enqueue","params":{"jobs":[${job(payload)}]}}`,
			);
		await client.send(enqueue(1, deep(LIMITS.payloadDepth)));
		expect(await client.answer()).toMatchObject({ id: 1, result: { jobs: [{}] } });
		for (const levels of [LIMITS.payloadDepth + 1, 100_000, 1_000_000]) {
			await client.send(enqueue(2, deep(levels)));
			expect(await client.answer()).toMatchObject({
				id: 2,
				error: { code: INVALID_PARAMS, data: { path: 'jobs[0].payload' } },
			});
		}
		await client.send(
			frame(`{"jsonrpc":"2.0","id":3,"method":"job/get","params":${deep(100_000)}}`),
		);
		expect(await client.answer()).toMatchObject({ id: 3, error: { code: INVALID_PARAMS } });
		await client.send(
			frame(`{"jsonrpc":"2.0","id":4,"method":"job/get","params":[${'1,'.repeat(500_000)}1]}`),
		);
		expect(await client.answer()).toMatchObject({ id: 4, error: { code: INVALID_PARAMS } });
	});
});
