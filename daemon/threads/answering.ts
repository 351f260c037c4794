/** The side that answers: everything slow is here, so that the daemon's own thread never waits for it. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { ThreadAnswer, ThreadMessage } from './messages.ts';

export interface Answering {
	/** May be a promise; other requests are read meanwhile. */
	answer(method: string, params: unknown, signal: AbortSignal): unknown;
	/** May be a promise. */
	close(): unknown;
}

/** Where requests come from and answers go. */
interface Port {
	onMessage(listen: (message: ThreadMessage) => void): void;
	say(answer: ThreadAnswer): void;
	close(): void;
}

/** As a thread. */
export function answerRequests(answering: Answering): void {
	const port = parentPort as MessagePort;
	answerThrough(answering, {
		onMessage: (listen) => void port.on('message', listen),
		say: (answer) => port.postMessage(answer),
		close: () => port.close(),
	});
}

/** As a process of its own; it ends with whoever started it. */
export function answerRequestsOfParent(answering: Answering): void {
	process.once('disconnect', () => process.exit());
	answerThrough(answering, {
		onMessage: (listen) =>
			void process.on('message', (message) => listen(message as ThreadMessage)),
		say: (answer) => void process.send?.(answer, undefined, undefined, () => {}),
		close: () => process.disconnect(),
	});
}

function answerThrough({ answer, close }: Answering, port: Port): void {
	const open = new Map<number, AbortController>();
	const running = new Set<Promise<void>>();

	async function answered(id: number, method: string, params: unknown): Promise<ThreadAnswer> {
		const controller = new AbortController();
		open.set(id, controller);
		try {
			return { id, result: await answer(method, params, controller.signal) };
		} catch (error) {
			const data = error instanceof SemanticaError ? error.data : undefined;
			return { id, message: errorMessage(error), data };
		} finally {
			open.delete(id);
		}
	}

	port.onMessage((message) => {
		if (message === 'close') {
			// What was asked before is answered.
			void Promise.allSettled(running)
				.then(close)
				.finally(() => port.close());
		} else if ('cancel' in message) {
			open.get(message.cancel)?.abort();
		} else {
			const { id, method, params } = message;
			const done = answered(id, method, params).then((said) => {
				port.say(said);
				running.delete(done);
			});
			running.add(done);
		}
	});
}
