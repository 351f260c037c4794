/** The listening socket and who is connected to it. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { type SessionOptions, serveSession } from './session.ts';

/** The whole backlog of a listening socket (511) may come in one turn. */
const MAX_STRANGERS = 512;
/** Of the files that may be open, strangers take no more than this part: clients and jobs need the rest. */
const PART_OF_FILES = 8;

/** How many connections may not have said who they are yet. `openFiles` is what the process may have. */
export function strangersFor(openFiles: number | undefined): number {
	if (openFiles === undefined) return MAX_STRANGERS;
	return Math.min(MAX_STRANGERS, Math.max(1, Math.floor(openFiles / PART_OF_FILES)));
}

export interface RpcServerOptions extends SessionOptions {
	readonly endpoint: string;
	/** Connections that have not said who they are yet. Beyond this the oldest makes way: ours say it at once. */
	readonly maxStrangers: number;
	/** Called when the number of connected clients changes. */
	readonly clientsChanged: () => void;
}

export class RpcServer {
	readonly #options: RpcServerOptions;
	#server: Server;
	readonly #sockets = new Set<Socket>();
	readonly #clients = new Set<Socket>();
	/** Processes that this daemon started: they are no reason to stay. */
	readonly #own = new Set<Socket>();

	constructor(options: RpcServerOptions) {
		this.#options = options;
		this.#server = createServer((socket) => this.#accept(socket));
	}

	/** Only after the instance lock is held: it removes a stale socket. @throws SemanticaError SYSTEM */
	async listen(): Promise<void> {
		const { endpoint } = this.#options;
		if (process.platform !== 'win32') rmSync(endpoint, { force: true });
		await new Promise<void>((resolve, reject) => {
			this.#server.once('error', (error) =>
				reject(
					new SemanticaError(
						'SYSTEM',
						`Semantica cannot listen on ${endpoint} (${errorMessage(error)}).`,
					),
				),
			);
			this.#server.listen(endpoint, resolve);
		});
		if (process.platform !== 'win32') chmodSync(endpoint, 0o600);
	}

	/** The socket was removed. Who is connected stays so. @throws SemanticaError SYSTEM */
	async listenAnew(): Promise<void> {
		// First: a closing server removes whatever has its socket's name.
		this.#server.close();
		this.#server = createServer((socket) => this.#accept(socket));
		await this.listen();
	}

	get clients(): number {
		return this.#clients.size;
	}

	/** Takes no new connections; those that are there go on. */
	stopListening(): void {
		this.#server.close();
	}

	/** Ends every connection after what was written has left. */
	async close(): Promise<void> {
		this.#server.close();
		// Answers of this turn are still being gathered.
		await nextTurn();
		for (const socket of this.#sockets) socket.end();
		const timer = setTimeout(() => {
			for (const socket of this.#sockets) socket.destroy();
		}, 500);
		await Promise.all(
			[...this.#sockets].map(
				(socket) =>
					new Promise<void>((resolve) => {
						if (socket.destroyed) resolve();
						else socket.once('close', () => resolve());
					}),
			),
		);
		clearTimeout(timer);
	}

	#accept(socket: Socket): void {
		const { maxStrangers } = this.#options;
		const known = this.#clients.size + this.#own.size;
		if (this.#sockets.size - known >= maxStrangers) this.#oldestStranger()?.destroy();
		this.#sockets.add(socket);
		socket.once('close', () => {
			this.#sockets.delete(socket);
			this.#own.delete(socket);
			if (this.#clients.delete(socket)) this.#options.clientsChanged();
		});
		serveSession(socket, this.#options, (own) => {
			if (own) {
				this.#own.add(socket);
				return;
			}
			this.#clients.add(socket);
			this.#options.clientsChanged();
		});
	}

	#oldestStranger(): Socket | undefined {
		for (const socket of this.#sockets) {
			const isKnown = this.#clients.has(socket) || this.#own.has(socket);
			if (!isKnown && !socket.destroyed) return socket;
		}
		return undefined;
	}
}
