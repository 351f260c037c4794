/** One client's connection: LSP's lifecycle, authentication, and the way of every request to its handler. */
import type { Socket } from 'node:net';
import {
	type CancellationToken,
	createMessageConnection,
	type Message,
	type MessageConnection,
	ResponseError,
} from 'vscode-jsonrpc/node';
import type { BuildStamp } from '../../shared/build.ts';
import { errorMessage, RPC_CODES, SemanticaError } from '../../shared/errors.ts';
import { LIMITS } from '../../shared/jobTerms.ts';
import { PROVE } from '../../shared/proof.ts';
import {
	type InitializationOptions,
	initializeSchema,
	type Method,
	type Params,
	proveSchema,
	type Result,
	requests,
} from '../../shared/protocol/requests.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts';
import { FrameError } from './framing.ts';
import { CheckedParams, RefusedParams } from './large/outcome.ts';
import { originOf, workerOrigin } from './origin.ts';
import { refusalOf } from './refusal.ts';
import { invalidParams, toResponseError } from './responses.ts';
import type { JobIdentity, Tokens, WorkerIdentity } from './tokens.ts';
import { assertMayAsk, type ToolScope, toolScope } from './tools.ts';
import { BoundedMessageReader, type ReadElsewhere, SocketMessageWriter } from './transport.ts';

/** What a handler sees of the connection that asks. */
export interface Session {
	/** Set when a job's own run speaks, which may do little. */
	readonly job: JobIdentity | undefined;
	/** Set when the process of a worker speaks that this daemon started. */
	readonly worker: WorkerIdentity | undefined;
	/** Set when an AI tool's server speaks, which may do little and sees its folders only. */
	readonly tool: ToolScope | undefined;
	/** What jobs that it enqueues say of who asked. */
	readonly origin: string;
	/** It is a worker of this name from now on. */
	works(name: string): void;
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

/** Aborted when the client cancels the request, or has gone; made when it is asked for. */
export type RequestSignal = () => AbortSignal;

export type Handlers = {
	readonly [M in Method]?: (
		params: Params<M>,
		session: Session,
		signal: RequestSignal,
	) => Result<M> | Promise<Result<M>>;
};

export interface SessionOptions {
	readonly handlers: Handlers;
	readonly tokens: Tokens;
	readonly identity: BuildStamp & { readonly instance: string; readonly endpoint: string };
	readonly node: {
		/** A client says which Node it runs on. */
		offered(execPath: string): void;
		/** In a sentence, where the daemon's own is gone. */
		problem(): string | undefined;
	};
	/** What an AI tool may see that was started for these folders, or for none in particular. */
	readonly toolFolders: (wanted: readonly string[] | undefined) => readonly string[];
	readonly readElsewhere: ReadElsewhere;
	readonly warn: (sentence: string) => void;
	/** Hears of every error before the client does. */
	readonly failed: (error: unknown) => void;
	/** Hears how long each request of a client took, whatever its answer. */
	readonly answered?: (method: Method, ms: number) => void;
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

/** Serves the socket until it closes. `authenticated` is called once the client proved who it is: `own`, a process of ours. */
export function serveSession(
	socket: Socket,
	options: SessionOptions,
	authenticated: (own: boolean) => void,
): void {
	const reader = new BoundedMessageReader(socket, options.readElsewhere);
	const writer = new SocketMessageWriter(socket);
	const rpc: MessageConnection = createMessageConnection(reader, writer, quietLogger, {
		messageStrategy: reader,
	});
	reader.maxFrameBytes = STRANGER_FRAME_BYTES;
	const closing = new Set<() => void>();
	let phase: Phase = 'new';
	let closed = false;
	let job: JobIdentity | undefined;
	let worker: WorkerIdentity | undefined;
	let tool: ToolScope | undefined;
	let origin = originOf(undefined);
	let token = '';
	// Every log that is followed may wait for the same drain.
	socket.setMaxListeners(0);

	const session: Session = {
		get job() {
			return job;
		},
		get worker() {
			return worker;
		},
		get tool() {
			return tool;
		},
		get origin() {
			return origin;
		},
		works(name) {
			origin = workerOrigin(name);
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

	rpc.onRequest(async (method: string, params: unknown, token: CancellationToken) => {
		let forget: (() => void) | undefined;
		const askedAt = performance.now();
		const signal = () => {
			const controller = new AbortController();
			const abort = () => controller.abort(cancelled());
			token.onCancellationRequested(abort);
			forget = session.onClose(abort);
			return controller.signal;
		};
		try {
			return await answer(method, params, signal);
		} catch (error) {
			if (token.isCancellationRequested) throw cancelled();
			options.failed(error);
			throw toResponseError(error, (detail) => options.warn(`${method}: ${detail}`));
		} finally {
			forget?.();
			if (phase === 'ready' && isMethod(method)) {
				options.answered?.(method, performance.now() - askedAt);
			}
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

	function answer(method: string, params: unknown, signal: RequestSignal): unknown {
		if (method === 'initialize') return initialize(params);
		if (method === PROVE) return prove(params);
		if (phase === 'new') {
			throw new ResponseError(
				RPC_CODES.serverNotInitialized,
				'The first request must be "initialize", with the token in initializationOptions.',
			);
		}
		if (phase === 'shutdown') {
			throw new ResponseError(RPC_CODES.invalidRequest, 'This connection was shut down.');
		}
		const lasts = job === undefined && worker === undefined;
		if (!lasts && options.tokens.identify(token) === undefined) {
			throw refusal('What this token was given to has ended, and the token with it.');
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
		assertMayAsk(method, session);
		// The table pairs each method with the handler of its own parameters; TypeScript cannot follow that.
		return (handler as (...asked: unknown[]) => unknown)(checked(method, params), session, signal);
	}

	// Whoever asks learns that it is us, and nothing else.
	function prove(params: unknown): { proof: string } {
		const parsed = proveSchema.safeParse(params);
		if (!parsed.success) throw invalidParams(refusalOf(parsed.error));
		return { proof: options.tokens.prove(options.identity.endpoint, parsed.data.nonce) };
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
		({ job, worker } = who);
		clearTimeout(strangerTimer);
		reader.maxFrameBytes = LIMITS.frameBytes;
		authenticated(worker !== undefined);
		const said: InitializationOptions = parsed.success
			? parsed.data.initializationOptions
			: { token };
		const { client, execPath, role, root = '', folders } = said;
		origin =
			worker === undefined
				? originOf(job, client, role === undefined ? undefined : root)
				: workerOrigin(worker.name);
		// A job's token may do less than a tool, whatever else its bearer calls itself.
		const isClient = job === undefined && worker === undefined;
		if (role !== undefined && isClient) {
			tool = toolScope(origin, () => options.toolFolders(folders));
		}
		if (isClient && execPath !== undefined) options.node.offered(execPath);
		const { instance, version, buildId, builtAt } = options.identity;
		const stale = options.node.problem() ?? null;
		return {
			capabilities: {},
			serverInfo: { name: 'semantica', version },
			semantica: { protocol: PROTOCOL_VERSION, instance, version, buildId, builtAt, stale, origin },
		};
	}
}

/** What another thread has checked already is taken as it is. */
function checked(method: Method, params: unknown): unknown {
	if (params instanceof CheckedParams) return params.value;
	if (params instanceof RefusedParams) throw invalidParams(params.refusal);
	const parsed = requests[method].params.safeParse(params ?? {});
	if (!parsed.success) throw invalidParams(refusalOf(parsed.error));
	return parsed.data;
}

function cancelled(): ResponseError<void> {
	return new ResponseError(RPC_CODES.requestCancelled, 'The request was cancelled.');
}

function isMethod(method: string): method is Method {
	return Object.hasOwn(requests, method);
}

const quietLogger = { error: () => {}, warn: () => {}, info: () => {}, log: () => {} };
