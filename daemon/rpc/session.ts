/** One client's connection: LSP's lifecycle, authentication, and the way of every request to its handler. */
import type { Socket } from 'node:net';
import {
	createMessageConnection,
	type Message,
	type MessageConnection,
	ResponseError,
} from 'vscode-jsonrpc/node';
import { errorMessage, RPC_CODES, SemanticaError } from '../../shared/errors.ts';
import { LIMITS } from '../../shared/job.ts';
import {
	initializeSchema,
	type Method,
	type Params,
	PROTOCOL_VERSION,
	type Result,
	requests,
} from '../../shared/protocol/requests.ts';
import { FrameError } from './framing.ts';
import { invalidParams, toResponseError } from './responses.ts';
import type { JobIdentity, Tokens } from './tokens.ts';
import { BoundedMessageReader, SocketMessageWriter } from './transport.ts';

/** What a handler sees of the connection that asks. */
export interface Session {
	/** Set when a job's own run speaks, which may do little. */
	readonly job: JobIdentity | undefined;
	notify(method: string, params: unknown): void;
	/** Bytes that the client has not taken yet. */
	readonly backlog: number;
	/** Resolves when the client has taken everything, or has gone. */
	drained(): Promise<void>;
	/** Calls it once, also when the connection is closed already. Returns how to forget it. */
	onClose(callback: () => void): () => void;
	/** Drops a client that does not keep up. */
	drop(why: string): void;
}

export type Handlers = {
	readonly [M in Method]?: (params: Params<M>, session: Session) => Result<M> | Promise<Result<M>>;
};

export interface SessionOptions {
	readonly handlers: Handlers;
	readonly tokens: Tokens;
	readonly identity: {
		readonly instance: string;
		readonly buildId: string;
		readonly version: string;
	};
	readonly warn: (sentence: string) => void;
	/** Hears of every error before the client does. */
	readonly failed: (error: unknown) => void;
}

/** A client that has not said `initialize` by then is not one of ours. */
const INITIALIZE_WITHIN_MS = 10_000;
/** Room for `initialize` and no more: what strangers send is held in memory. */
const STRANGER_FRAME_BYTES = 256 * 1024;
/** A frame that has begun, and answers that wait for the client, must make progress. */
const STALLED_MS = 30_000;
/** How long a client that broke the framing may take to read why. */
const LAST_WORD_MS = 2000;

type Phase = 'new' | 'ready' | 'shutdown';

/** Serves the socket until it closes. `authenticated` is called once the client proved who it is. */
export function serveSession(
	socket: Socket,
	options: SessionOptions,
	authenticated: () => void,
): void {
	const reader = new BoundedMessageReader(socket);
	const writer = new SocketMessageWriter(socket);
	const rpc: MessageConnection = createMessageConnection(reader, writer, quietLogger, {
		messageStrategy: reader,
	});
	reader.maxFrameBytes = STRANGER_FRAME_BYTES;
	const closing = new Set<() => void>();
	let phase: Phase = 'new';
	let closed = false;
	let job: JobIdentity | undefined;
	let token = '';
	// Every log that is followed may wait for the same drain.
	socket.setMaxListeners(0);

	const session: Session = {
		get job() {
			return job;
		},
		notify(method, params) {
			if (!socket.destroyed) void rpc.sendNotification(method, params).catch(() => {});
		},
		get backlog() {
			return socket.writableLength;
		},
		drained: () =>
			new Promise((resolve) => {
				const done = () => {
					socket.off('drain', done);
					socket.off('close', done);
					resolve();
				};
				// A socket that is ending drains without a word: only its close is told.
				const taken = !socket.writableNeedDrain && !socket.writableEnded;
				if (socket.destroyed || taken) resolve();
				else socket.once('drain', done).once('close', done);
			}),
		onClose(callback) {
			// Whoever waited for the disk may come when the client has gone.
			if (closed) queueMicrotask(callback);
			else closing.add(callback);
			return () => closing.delete(callback);
		},
		drop(why) {
			options.warn(`A client was disconnected: ${why}`);
			socket.destroy();
		},
	};

	// Not a timeout of the socket: a client that sends a byte now and then would put that off for ever.
	const strangerTimer = setTimeout(() => socket.destroy(), INITIALIZE_WITHIN_MS);
	socket.setTimeout(STALLED_MS, () => {
		if (reader.midFrame) session.drop('It began a message and did not finish it.');
		else if (socket.writableLength > 0) session.drop('It did not take its answers.');
	});
	socket.once('close', () => {
		clearTimeout(strangerTimer);
		rpc.dispose();
		closed = true;
		for (const callback of closing) callback();
	});
	rpc.onError(([error]) => {
		if (socket.destroyed) return;
		if (error instanceof FrameError) lastWord(error);
		else session.drop(errorMessage(error));
	});

	rpc.onRequest(async (method: string, params: unknown) => {
		try {
			return await answer(method, params);
		} catch (error) {
			options.failed(error);
			throw toResponseError(error, (detail) => options.warn(`${method}: ${detail}`));
		}
	});
	rpc.onNotification((method: string) => {
		if (method !== 'exit') return;
		writer.flush();
		socket.end();
	});
	rpc.listen();

	// Nothing more can be understood, but the client can still be told why; what it sends meanwhile is lost.
	function lastWord({ code, message }: FrameError): void {
		options.warn(`A client was disconnected: ${message}`);
		void writer.write({ jsonrpc: '2.0', id: null, error: { code, message } } as Message);
		writer.flush();
		socket.end();
		socket.resume();
		const timer = setTimeout(() => socket.destroy(), LAST_WORD_MS);
		closing.add(() => clearTimeout(timer));
	}

	function answer(method: string, params: unknown): unknown {
		if (method === 'initialize') return initialize(params);
		if (phase === 'new') {
			throw new ResponseError(
				RPC_CODES.serverNotInitialized,
				'The first request must be "initialize", with the token in initializationOptions.',
			);
		}
		if (phase === 'shutdown') {
			throw new ResponseError(RPC_CODES.invalidRequest, 'This connection was shut down.');
		}
		if (job !== undefined && options.tokens.identify(token) === undefined) {
			throw refusal('The run that this token was given to has ended, and the token with it.');
		}
		if (method === 'shutdown') {
			phase = 'shutdown';
			return null;
		}
		const handler = isMethod(method) ? options.handlers[method] : undefined;
		if (handler === undefined || !isMethod(method)) {
			throw new ResponseError(
				RPC_CODES.methodNotFound,
				`This version of Semantica does not answer "${method}".`,
			);
		}
		const parsed = requests[method].params.safeParse(params ?? {});
		if (!parsed.success) throw invalidParams(parsed.error);
		// The table pairs each method with the handler of its own parameters; TypeScript cannot follow that.
		return (handler as (params: unknown, session: Session) => unknown)(parsed.data, session);
	}

	function refusal(sentence: string): SemanticaError {
		// Close only after the answer is on its way.
		setImmediate(() => socket.end());
		return new SemanticaError('UNAUTHORIZED', sentence);
	}

	function initialize(params: unknown): unknown {
		if (phase !== 'new') {
			throw new ResponseError(RPC_CODES.invalidRequest, 'This connection is already initialized.');
		}
		const parsed = initializeSchema.safeParse(params);
		token = parsed.success ? parsed.data.initializationOptions.token : '';
		const who = options.tokens.identify(token);
		if (who === undefined) {
			throw refusal(
				'The token is missing or wrong. Clients read it from run/token in the data folder.',
			);
		}
		phase = 'ready';
		job = who.job;
		clearTimeout(strangerTimer);
		reader.maxFrameBytes = LIMITS.frameBytes;
		authenticated();
		const { instance, buildId, version } = options.identity;
		return {
			capabilities: {},
			serverInfo: { name: 'semantica', version },
			semantica: { protocol: PROTOCOL_VERSION, instance, buildId },
		};
	}
}

function isMethod(method: string): method is Method {
	return Object.hasOwn(requests, method);
}

const quietLogger = { error: () => {}, warn: () => {}, info: () => {}, log: () => {} };
