/** The side of a thread that answers: everything slow is here, so that the daemon's own thread never waits for it. */
import { parentPort } from 'node:worker_threads';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { ThreadAnswer, ThreadMessage } from './messages.ts';

export interface Answering {
	/** May be a promise; other requests are read meanwhile. */
	answer(method: string, params: unknown, signal: AbortSignal): unknown;
	close(): void;
}

export function answerRequests({ answer, close }: Answering): void {
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

	parentPort?.on('message', (message: ThreadMessage) => {
		if (message === 'close') {
			// What was asked before is answered.
			void Promise.allSettled(running).then(() => {
				close();
				parentPort?.close();
			});
		} else if ('cancel' in message) {
			open.get(message.cancel)?.abort();
		} else {
			const { id, method, params } = message;
			const done = answered(id, method, params).then((said) => {
				parentPort?.postMessage(said);
				running.delete(done);
			});
			running.add(done);
		}
	});
}
