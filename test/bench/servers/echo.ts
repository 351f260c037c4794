/** The same RPC library with nothing behind it: answers every request at once, with an answer of ordinary size. */
import { createServer } from 'node:net';
import {
	createMessageConnection,
	StreamMessageReader,
	StreamMessageWriter,
} from 'vscode-jsonrpc/node';

const answer = {
	jobs: [
		{
			id: '01a20640-4a5c-7682-bde9-2d8ae4265a74',
			state: 'queued',
			generation: 123_456,
			superseded: [],
			existing: false,
		},
	],
};

const server = createServer((socket) => {
	const rpc = createMessageConnection(
		new StreamMessageReader(socket),
		new StreamMessageWriter(socket),
	);
	rpc.onRequest('echo', () => answer);
	rpc.listen();
	socket.on('error', () => socket.destroy());
});
server.listen(process.argv[2], () => process.stdout.write('ready\n'));
