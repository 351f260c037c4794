/** What a handler may rely on, also when its client has gone meanwhile. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { serveSession } from '../../../daemon/rpc/session.ts';
import { createTokens } from '../../../daemon/rpc/tokens.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { framed } from './wire.ts';

test('who asks to hear of the close after it is told all the same', async () => {
	const token = 'f'.repeat(64);
	const endpoint = join(temporaryFolder(), 'socket');
	let told = () => {};
	const heard = new Promise<void>((resolve) => {
		told = resolve;
	});
	const server = createServer((socket) => {
		const gone = once(socket, 'close');
		serveSession(
			socket,
			{
				handlers: {
					async 'jobs/subscribe'(_, session) {
						client.destroy();
						await gone;
						session.onClose(told);
						throw new Error('Nobody is there to hear this.');
					},
				},
				tokens: createTokens(token),
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
	const initialize = { processId: null, capabilities: {}, initializationOptions: { token } };
	for (const message of [
		{ id: 1, method: 'initialize', params: initialize },
		{ id: 2, method: 'jobs/subscribe', params: {} },
	]) {
		client.write(framed(JSON.stringify({ jsonrpc: '2.0', ...message })));
	}
	await heard;
	expect(client.destroyed).toBe(true);
});
