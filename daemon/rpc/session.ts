/** One client's connection: LSP's lifecycle, authentication, and the way of every request to its handler. */
import type { Socket } from 'node:net';
import type { BuildStamp } from '../../shared/build.ts';
import { errorMessage, RPC_CODES, SemanticaError } from '../../shared/errors.ts';
import { LIMITS } from '../../shared/jobTerms.ts';
import { PROVE } from '../../shared/proof.ts';
import {
	type InitializationOptions,
	initializeSchema,
	type Method,
	proveSchema,
	requests,
} from '../../shared/protocol/requests.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts';
import { FrameError } from '../../shared/rpc/framing.ts';
import { Outbox } from '../../shared/rpc/outbox.ts';
import { RpcError } from '../../shared/rpc/rpcError.ts';
import type { Handlers, Session } from './asking.ts';
import { CheckedParams, RefusedParams } from './large/outcome.ts';
import { OpenRequests, type RequestSignal } from './openRequests.ts';
import { originOf, workerOrigin } from './origin.ts';
import { refusalOf } from './refusal.ts';
import { invalidParams, toRpcError } from './responses.ts';
import type { JobIdentity, Tokens, WorkerIdentity } from './tokens.ts';
import { assertMayAsk, type ToolScope, toolScope } from './tools.ts';
import { MAX_OUTPUT_BYTES, MessageReader, type ReadElsewhere } from './transport.ts';

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
	/** Set while something is half made that may not be told of before this resolves. */
	readonly settled?: () => Promise<void> | undefined;
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

/** Answered also while a request of many jobs is half made. */
const READS_NO_JOBS: ReadonlySet<Method> = new Set([
	...(['settings/get', 'activity/report', 'window/report'] as const),
	...(['worker/alive', 'worker/progress', 'worker/log'] as const),
]);

type Phase = 'new' | 'ready' | 'shutdown';

/** Serves the socket until it closes. `authenticated` is called once the client proved who it is: `own`, a process of ours. */
export function serveSession(
	socket: Socket,
	options: SessionOptions,
	authenticated: (own: boolean) => void,
): void {
	const outbox = new Outbox(socket);
	const open = new OpenRequests(
		{
			answer,
			send,
			onClose: (callback) => session.onClose(callback),
			notified(method) {
				if (method !== 'exit') return;
				outbox.flush();
				socket.end();
			},
			refused(method, error) {
				options.failed(error);
				return toRpcError(error, (detail) => options.warn(`${method}: ${detail}`));
			},
			answered(method, ms) {
				if (phase === 'ready' && isMethod(method)) options.answered?.(method, ms);
			},
		},
		(bytes) => reader.ended(bytes),
	);
	const reader = new MessageReader(socket, options.readElsewhere, {
		receive: (message, bytes) => open.receive(message, bytes),
		broken(error) {
			if (socket.destroyed) return;
			if (error instanceof FrameError) lastWord(error);
			else session.drop(errorMessage(error));
		},
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
	// One that is reset is closed like any other.
	socket.on('error', () => socket.destroy());
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
			send(JSON.stringify({ jsonrpc: '2.0', method, params }));
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
		reader.end();
		closed = true;
		for (const callback of closing) callback();
	});
	function send(body: string): void {
		outbox.send(body);
		if (socket.writableLength > MAX_OUTPUT_BYTES) session.drop('It did not take its answers.');
	}

	// Nothing more can be understood, but the client can still be told why; what it sends meanwhile is lost.
	function lastWord({ code, message }: FrameError): void {
		options.warn(`A client was disconnected: ${message}`);
		outbox.send(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }));
		outbox.flush();
		socket.end();
		socket.resume();
		const timer = setTimeout(() => socket.destroy(), LAST_WORD_MS);
		closing.add(() => clearTimeout(timer));
	}

	function answer(method: string, params: unknown, signal: RequestSignal): unknown {
		if (method === 'initialize') return initialize(params);
		if (method === PROVE) return prove(params);
		if (phase === 'new') {
			throw new RpcError(
				RPC_CODES.serverNotInitialized,
				'The first request must be "initialize", with the token in initializationOptions.',
			);
		}
		if (phase === 'shutdown') {
			throw new RpcError(RPC_CODES.invalidRequest, 'This connection was shut down.');
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
			throw new RpcError(
				RPC_CODES.methodNotFound,
				`This version of Semantica does not answer "${method}".`,
			);
		}
		assertMayAsk(method, session);
		// The table pairs each method with the handler of its own parameters; TypeScript cannot follow that.
		const ask = handler as (...asked: unknown[]) => unknown;
		const given = checked(method, params);
		const settled = READS_NO_JOBS.has(method) ? undefined : options.settled?.();
		if (settled === undefined) return ask(given, session, signal);
		return settled.then(() => ask(given, session, signal));
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
			throw new RpcError(RPC_CODES.invalidRequest, 'This connection is already initialized.');
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

function isMethod(method: string): method is Method {
	return Object.hasOwn(requests, method);
}
