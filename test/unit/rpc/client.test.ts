/** A client's end: answers to whom they belong, what was not asked for after whoever listens, and losses told. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSocket } from '../../../shared/client/endpoint.ts';
import { RpcClient } from '../../../shared/rpc/client.ts';
import { FrameParser } from '../../../shared/rpc/framing.ts';
import { RpcError } from '../../../shared/rpc/rpcError.ts';

const frame = (message: unknown): string => {
	const body = JSON.stringify(message);
	return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};
let made = 0;

async function open() {
	const server = createServer();
	const path = join(tmpdir(), `semantica-client-${process.pid}-${++made}`);
	server.listen(path);
	await once(server, 'listening');
	const accepted = once(server, 'connection') as Promise<[Socket]>;
	const client = new RpcClient(await openSocket(path), { lost: () => new Error('lost') });
	const [other] = await accepted;
	onTestFinished(() => {
		client.dispose();
		other.destroy();
		server.close();
	});
	const frames = new FrameParser();
	const heard = async () => {
		for (;;) {
			const body = frames.next();
			if (body !== undefined) return JSON.parse(body.toString());
			frames.append((await once(other, 'data'))[0]);
		}
	};
	return { client, other, heard };
}

test('answers go to who asked, in whatever order they come, and numbers are exact', async () => {
	const { client, other, heard } = await open();
	const [a, b] = [client.request('a', {}), client.request('b', { x: 1 })];
	const [first, second] = [await heard(), await heard()];
	expect(second).toMatchObject({ method: 'b', params: { x: 1 } });
	const exact = `{"jsonrpc":"2.0","id":${second.id},"result":[12345678901234567890,-0,1e-7]}`;
	other.write(`Content-Length: ${exact.length}\r\n\r\n${exact}`);
	const error = { code: 4001, message: 'No.', data: { path: 'id' } };
	other.write(frame({ jsonrpc: '2.0', id: 99, result: 'nobody asked' }));
	other.write(frame({ jsonrpc: '2.0', id: first.id, error }));
	expect(JSON.stringify(await b)).toBe('[12345678901234567890,-0,1e-7]');
	await expect(a).rejects.toEqual(new RpcError(4001, 'No.', { path: 'id' }));
});

test('who listens once it was answered hears what came in the same piece', async () => {
	const { client, other, heard } = await open();
	const asked = client.request('subscribe', {});
	const { id } = await heard();
	const more = [1, 2].map((n) => frame({ jsonrpc: '2.0', method: 'changed', params: n }));
	other.write(frame({ jsonrpc: '2.0', id, result: {} }) + more.join(''));
	await asked;
	const told: unknown[] = [];
	await new Promise<void>((resolve) => {
		client.onNotification('changed', (params) => {
			if (told.push(params) === 2) resolve();
		});
	});
	expect(told).toEqual([1, 2]);
});

test('a signal asks the other side to give up', async () => {
	const { client, other, heard } = await open();
	const controller = new AbortController();
	const asked = client.request('long', {}, controller.signal);
	const { id } = await heard();
	controller.abort();
	expect(await heard()).toMatchObject({ method: '$/cancelRequest', params: { id } });
	other.write(frame({ jsonrpc: '2.0', id, error: { code: -32800, message: 'Given up.' } }));
	await expect(asked).rejects.toMatchObject({ code: -32800 });
	await expect(client.request('more', {}, controller.signal)).rejects.toBe(
		controller.signal.reason,
	);
});

test.each([
	['goes', (other: Socket) => other.destroy()],
	['cannot be understood', (other: Socket) => other.write('Content-Length: 2\r\n\r\nno')],
])('what is asked is lost when the other side %s', async (_, how) => {
	const { client, other, heard } = await open();
	const asked = client.request('a', {});
	await heard();
	how(other);
	await expect(asked).rejects.toThrow('lost');
	await client.closed;
	await expect(client.request('b', {})).rejects.toThrow('lost');
});
