/** A client that sends exactly what a test wants, well-formed or not, and keeps what comes back. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { StreamMessageReader } from 'vscode-jsonrpc/node';
import { openSocket, readToken } from '../../../shared/client/endpoint.ts';
import type { TestDaemon } from '../../support/daemon.ts';

export interface WireMessage {
	readonly id?: number | string | null;
	readonly method?: string;
	readonly params?: unknown;
	readonly result?: unknown;
	readonly error?: {
		readonly code: number;
		readonly message: string;
		readonly data?: { readonly kind?: string; readonly path?: string };
	};
}

export interface WireClient {
	readonly socket: Socket;
	/** Everything received so far. */
	readonly received: readonly WireMessage[];
	write(bytes: string | Buffer): void;
	send(message: object): void;
	/** Sends a request with the next id and resolves with its answer, result or error. */
	ask(method: string, params?: unknown): Promise<WireMessage>;
	/** The first message, already here or yet to come, that satisfies the condition. */
	next(condition: (message: WireMessage) => boolean): Promise<WireMessage>;
	/** Resolves when the daemon has ended the connection. */
	readonly closed: Promise<void>;
	initialize(token?: string): Promise<WireMessage>;
}

export function framed(body: string): Buffer {
	return Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

export async function openWire(daemon: TestDaemon): Promise<WireClient> {
	const socket = await openSocket(daemon.state.endpoint);
	// The daemon may close while we write: that is what some tests are about.
	socket.on('error', () => {});
	const received: WireMessage[] = [];
	const waiting = new Set<() => void>();
	const closed = once(socket, 'close').then(() => {
		for (const look of waiting) look();
	});
	new StreamMessageReader(socket).listen((message) => {
		received.push(message as WireMessage);
		for (const look of [...waiting]) look();
	});
	let lastId = 0;

	const client: WireClient = {
		socket,
		received,
		closed,
		write: (bytes) => void socket.write(bytes),
		send: (message) => client.write(framed(JSON.stringify({ jsonrpc: '2.0', ...message }))),
		async ask(method, params) {
			const id = ++lastId;
			client.send({ id, method, ...(params === undefined ? {} : { params }) });
			return client.next((message) => message.id === id);
		},
		next: (condition) =>
			new Promise((resolve, reject) => {
				const look = () => {
					const found = received.find(condition);
					if (found === undefined && !socket.destroyed) return;
					waiting.delete(look);
					if (found !== undefined) resolve(found);
					else reject(new Error('The connection ended before the message came.'));
				};
				waiting.add(look);
				look();
			}),
		async initialize(token) {
			return client.ask('initialize', {
				processId: null,
				capabilities: {},
				initializationOptions: { token: token ?? (await readToken(daemon.paths)) },
			});
		},
	};
	return client;
}

/** A connection that is already past `initialize`. */
export async function openSession(daemon: TestDaemon): Promise<WireClient> {
	const client = await openWire(daemon);
	await client.initialize();
	return client;
}
