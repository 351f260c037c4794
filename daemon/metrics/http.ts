/**
 * The port for Prometheus, where a person opened it: 127.0.0.1 only, GET /metrics only, to whoever knows the token.
 * A page in a browser cannot read it: its Host is another, and it knows no token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Result } from '../../shared/protocol/requests.ts';

export interface HttpOptions {
	readonly port: number;
	/** Undefined where no token is asked for. */
	readonly token: string | undefined;
	/** Somebody came without it: the file that has it may be gone. */
	readonly refused: () => void;
	readonly scrape: () => Promise<Result<'system/metrics'>>;
}

export interface MetricsServer {
	close(): Promise<void>;
}

const MAX_CONNECTIONS = 4;
/** From its first byte to its last, and what is read slower is not read. */
const CONNECTION_MS = 5000;
const MAX_HEADER_BYTES = 8192;
/** Node would look at connections by a timer; ours have one each, while they are there. */
const NEVER = 2 ** 31 - 1;

/** @throws what `listen` says, as where the port is taken. */
export async function openMetricsServer(options: HttpOptions): Promise<MetricsServer> {
	// Nobody else here speaks HTTP: whoever opens no port does not load it.
	const { createServer } = await import('node:http');
	const { port, scrape } = options;
	const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
	const expected = options.token === undefined ? undefined : digest(`Bearer ${options.token}`);

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const refusal = refusalOf(request);
		if (refusal !== undefined) {
			if (refusal.status === 401) options.refused();
			respond(response, refusal.status, 'text/plain; charset=utf-8', `${refusal.sentence}\n`);
			return;
		}
		const { contentType, text } = await scrape();
		respond(response, 200, contentType, text);
	}

	function refusalOf({ headers, method, url = '' }: IncomingMessage) {
		if (!hosts.has((headers.host ?? '').toLowerCase())) {
			return { status: 403, sentence: `Ask for http://127.0.0.1:${port}/metrics.` };
		}
		if (url.split('?', 1)[0] !== '/metrics') {
			return { status: 404, sentence: 'There is nothing but /metrics.' };
		}
		if (method !== 'GET') return { status: 405, sentence: 'Only GET is answered.' };
		if (expected !== undefined && !timingSafeEqual(digest(headers.authorization ?? ''), expected)) {
			return {
				status: 401,
				sentence:
					'Say the token in "Authorization: Bearer TOKEN". It stands in run/metrics-token of the data folder.',
			};
		}
		return undefined;
	}

	const server = createServer(
		{
			maxHeaderSize: MAX_HEADER_BYTES,
			headersTimeout: 0,
			requestTimeout: 0,
			connectionsCheckingInterval: NEVER,
		},
		(request, response) => {
			answer(request, response).catch(() => response.destroy());
		},
	);
	server.maxConnections = MAX_CONNECTIONS;
	server.on('connection', (socket) => {
		const timer = setTimeout(() => socket.destroy(), CONNECTION_MS);
		socket.once('close', () => clearTimeout(timer));
	});
	await listen(server, port);
	// It keeps no daemon that wants to leave.
	server.unref();
	return {
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

function respond(response: ServerResponse, status: number, type: string, text: string): void {
	response.writeHead(status, {
		'Content-Type': type,
		'Content-Length': Buffer.byteLength(text),
		'Cache-Control': 'no-store',
		'X-Content-Type-Options': 'nosniff',
		Connection: 'close',
		...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
		...(status === 405 ? { Allow: 'GET' } : {}),
	});
	response.end(text);
}

function listen(server: Server, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
			server.off('error', reject);
			server.on('error', () => {});
			resolve();
		});
	});
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
