/** A server that accepts a connection and never says a word. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { createConnection } from '../../../daemon/fleet/connection.ts';

async function silentServer() {
	const server = createServer((socket) => socket.resume());
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => void server.close());
	const { port } = server.address() as AddressInfo;
	return { server, address: parseAddress(`postgres://me@127.0.0.1:${port}/postgres`) };
}

test.each(['cut', 'close'] as const)(
	'%s ends an attempt that is under way, its socket too',
	async (how) => {
		const { server, address } = await silentServer();
		const connection = createConnection({ address, password: async () => undefined });
		const accepted = once(server, 'connection');
		const [one, other] = [connection.run('SELECT 1'), connection.listen([])];
		const refused = Promise.all([
			expect(one).rejects.toThrow('The shared queue was left.'),
			expect(other).rejects.toThrow('The shared queue was left.'),
		]);
		const [socket] = await accepted;
		const ended = once(socket, 'close');
		await connection[how]();
		await refused;
		await ended;
		await expect(connection.run('SELECT 1')).rejects.toThrow('The shared queue was left.');
	},
);

test('closing ends a command for the password that goes on', async () => {
	const { address } = await silentServer();
	let stopped: AbortSignal | undefined;
	const asked = Promise.withResolvers<void>();
	const connection = createConnection({
		address,
		password: (signal) => {
			stopped = signal;
			asked.resolve();
			return new Promise(() => {});
		},
	});
	const refused = expect(connection.run('SELECT 1')).rejects.toThrow('The shared queue was left.');
	await asked.promise;
	await connection.close();
	await refused;
	expect(stopped?.aborted).toBe(true);
});
