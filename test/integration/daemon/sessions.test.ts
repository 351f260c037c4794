/** What a handler may rely on, also when its client has gone meanwhile. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type SessionOptions, serveSession } from '../../../daemon/rpc/session.ts';
import { createTokens } from '../../../daemon/rpc/tokens.ts';
import { FrameParser } from '../../../shared/rpc/framing.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { framed } from './wire.ts';

const TOKEN = 'f'.repeat(64);

/** A server of one session, and a client that has said who it is. */
async function serve(options: Pick<SessionOptions, 'handlers' | 'settled'>) {
	const endpoint = join(temporaryFolder(), 'socket');
	const server = createServer((socket) => {
		serveSession(
			socket,
			{
				...options,
				tokens: createTokens(TOKEN),
				node: { offered: () => {}, problem: () => undefined },
				toolFolders: () => [],
				readElsewhere: () => Promise.reject(new Error('nothing is large')),
				identity: { instance: 'i', buildId: 'b', version: 'v', builtAt: 0, endpoint: 'e' },
				warn: () => {},
				failed: () => {},
			},
			() => {},
		);
	});
	onTestFinished(() => void server.close());
	server.listen(endpoint);
	await once(server, 'listening');
	const client = connect(endpoint);
	const initialize = {
		processId: null,
		capabilities: {},
		initializationOptions: { token: TOKEN },
	};
	const ask = (id: number, method: string, params: object) =>
		client.write(framed(JSON.stringify({ jsonrpc: '2.0', id, method, params })));
	ask(1, 'initialize', initialize);
	return { client, ask };
}

test('who asks to hear of the close after it is told all the same', async () => {
	let told = () => {};
	const heard = new Promise<void>((resolve) => {
		told = resolve;
	});
	const { client, ask } = await serve({
		handlers: {
			async 'jobs/subscribe'(_, session) {
				client.destroy();
				await new Promise<void>((resolve) => session.onClose(resolve));
				session.onClose(told);
				throw new Error('Nobody is there to hear this.');
			},
		},
	});
	ask(2, 'jobs/subscribe', {});
	await heard;
	expect(client.destroyed).toBe(true);
});

test('nobody reads jobs while a request of many is half made; what reads none is answered', async () => {
	const { promise, resolve } = Promise.withResolvers<void>();
	let half: Promise<void> | undefined = promise;
	const asked: string[] = [];
	const { client, ask } = await serve({
		settled: () => half,
		handlers: {
			'queue/list': () => {
				asked.push('queue/list');
				return { queues: [] } as never;
			},
			'settings/get': () => {
				asked.push('settings/get');
				half = undefined;
				resolve();
				return {} as never;
			},
		},
	});
	ask(2, 'queue/list', {});
	ask(3, 'settings/get', {});
	const ids: unknown[] = [];
	const frames = new FrameParser();
	while (ids.length < 3) {
		const body = frames.next();
		if (body !== undefined) ids.push((JSON.parse(body.toString()) as { id: unknown }).id);
		else frames.append((await once(client, 'data'))[0] as Buffer);
	}
	expect(asked).toEqual(['settings/get', 'queue/list']);
	expect(ids).toEqual([1, 3, 2]);
	client.destroy();
});
