/**
 * vscode-languageclient behind the RpcClient port. A bundle of its own, loaded when somebody first needs the
 * daemon, so it shares no classes with the rest of the extension: only types and plain objects.
 * Its habits that the comments below work around are those of version 11.
 */
import { CancellationTokenSource, LogLevel, type LogOutputChannel } from 'vscode';
import {
	CloseAction,
	ErrorAction,
	ErrorCodes,
	LanguageClient,
	type LanguageClientOptions,
	ResponseError,
	RevealOutputChannelOn,
	State,
} from 'vscode-languageclient/node';
import { type InitializeAnswer, serverIdentity } from '../../shared/client/handover.ts';
import type { RpcClient, RpcClientHooks } from './ports.ts';

export interface LanguageClientContext {
	readonly log: LogOutputChannel;
	readonly version: string;
	workspaceFolders(): string[];
	readonly notifications: readonly string[];
}

/** A lost connection is our business (status bar, view): the library must not raise pop-ups of its own. */
class QuietClient extends LanguageClient {
	override error(message: string, data?: unknown): void {
		super.error(message, data, false);
	}

	override warn(message: string, data?: unknown): void {
		super.warn(message, data, false);
	}

	override info(message: string, data?: unknown): void {
		super.info(message, data, false);
	}
}

export function createLanguageClient(
	hooks: RpcClientHooks,
	context: LanguageClientContext,
): RpcClient {
	let token = '';
	let stopped = false;

	const transports = async () => {
		const opened = await hooks.open();
		token = opened.token;
		return { reader: opened.socket, writer: opened.socket, detached: true };
	};
	const options: LanguageClientOptions = {
		documentSelector: [],
		outputChannel: withoutTrace(context.log),
		traceOutputChannel: withoutTrace(context.log),
		revealOutputChannelOn: RevealOutputChannelOn.Never,
		initializationOptions: () => ({
			token,
			client: 'vscode',
			version: context.version,
			execPath: process.execPath,
			workspaceFolders: context.workspaceFolders(),
		}),
		// Without a handler it would offer a retry in a pop-up. A lost connection is reported by `closed`.
		initializationFailedHandler: (error: unknown) => {
			if (!isLost(error)) hooks.refused(error instanceof Error ? error : new Error(String(error)));
			return false;
		},
		errorHandler: {
			error: () => ({ action: ErrorAction.Continue, handled: true }),
			closed: async () => {
				if (stopped) return { action: CloseAction.DoNotRestart, handled: true };
				// At once: the requests that fail by this close are sent again after it.
				hooks.closed();
				// A start that fails in the same turn would otherwise overwrite the state that Restart sets.
				await new Promise(setImmediate);
				// Whoever heard of it may have stopped us.
				const action = stopped ? CloseAction.DoNotRestart : CloseAction.Restart;
				return { action, handled: true };
			},
		},
	};

	const client = new QuietClient('semantica', 'Semantica', transports, options);
	client.onDidChangeState(({ newState }) => {
		if (newState !== State.Running) return;
		const result = client.initializeResult as Partial<InitializeAnswer> | undefined;
		const { semantica } = result ?? {};
		if (semantica !== undefined) hooks.ready(serverIdentity({ ...result, semantica }));
	});
	for (const method of context.notifications) {
		client.onNotification(method, (params: unknown) => hooks.notified(method, params));
	}

	return {
		// A start that fails is followed by `closed`, which is where it is handled.
		start: () => void client.start().catch(() => {}),
		request: async (method, params, signal) => {
			const cancel = new CancellationTokenSource();
			const abort = () => cancel.cancel();
			signal?.addEventListener('abort', abort);
			if (signal?.aborted) abort();
			try {
				return await client.sendRequest<unknown>(method, params, cancel.token);
			} catch (error) {
				throw isLost(error) ? hooks.lost(method) : error;
			} finally {
				signal?.removeEventListener('abort', abort);
				cancel.dispose();
			}
		},
		stop: async () => {
			stopped = true;
			// It rejects when it was still starting, or when the daemon does not answer: both are fine here.
			await client.dispose(1_000).catch(() => {});
		},
	};
}

const LOST: ReadonlySet<number> = new Set([
	ErrorCodes.PendingResponseRejected,
	ErrorCodes.ConnectionInactive,
	ErrorCodes.MessageWriteError,
	ErrorCodes.MessageReadError,
]);

function isLost(error: unknown): boolean {
	if (error instanceof ResponseError) return LOST.has(error.code);
	// The library's ConnectionError, and what a client says that is between two connections.
	return error instanceof Error && !('data' in error);
}

// A trace at the level "verbose" would write the token into the log, so the client sees a channel without Trace.
function withoutTrace(log: LogOutputChannel): LogOutputChannel {
	const level = () => (log.logLevel === LogLevel.Trace ? LogLevel.Debug : log.logLevel);
	return Object.create(log, {
		logLevel: { get: level },
		onDidChangeLogLevel: {
			value: (listener: (level: LogLevel) => void, thisArg?: unknown, owned?: never) =>
				log.onDidChangeLogLevel(() => listener.call(thisArg, level()), undefined, owned),
		},
	}) as LogOutputChannel;
}
