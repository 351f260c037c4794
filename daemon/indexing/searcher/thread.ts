/** One search thread, seen from the daemon's own. */
import { Worker } from 'node:worker_threads';
import { type ErrorKind, SemanticaError } from '../../../shared/errors.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { CLOSE, type SearcherAnswer, type SearcherData, type SearcherMethod } from './messages.ts';

/** The thread is gone, and with it every request it had. */
export class SearcherDied extends SemanticaError {
	constructor(reason: string) {
		super('SYSTEM', `The search ended before it had an answer: ${reason}. Try again.`);
	}
}

export interface SearcherThread {
	/** Requests without an answer yet. */
	readonly waiting: number;
	/** @throws SearcherDied, or the error of the request itself. */
	ask<M extends SearcherMethod>(method: M, params: Params<M>): Promise<Result<M>>;
	/** Ends the thread once it has answered what it was asked. */
	close(): Promise<void>;
}

/** A search that needs more memory than this ends its thread, not the daemon. */
const HEAP_MB = 512;

interface Waiting {
	resolve(result: never): void;
	reject(error: Error): void;
}

export function startSearcher(
	entry: string,
	data: SearcherData,
	onEnd: () => void,
): SearcherThread {
	const worker = new Worker(entry, {
		workerData: data,
		execArgv: [],
		resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
	});
	const waiting = new Map<number, Waiting>();
	let lastId = 0;
	let reason = 'its thread was ended';

	worker.on('message', (answer: SearcherAnswer) => {
		const request = waiting.get(answer.id);
		waiting.delete(answer.id);
		if ('result' in answer) request?.resolve(answer.result as never);
		else request?.reject(errorOf(answer.message, answer.data));
	});
	worker.on('error', (error: Error) => {
		reason = error.message;
	});
	const ended = new Promise<void>((resolve) => {
		worker.once('exit', () => {
			onEnd();
			for (const { reject } of waiting.values()) reject(new SearcherDied(reason));
			waiting.clear();
			resolve();
		});
	});

	return {
		get waiting() {
			return waiting.size;
		},
		ask: (method, params) =>
			new Promise((resolve, reject) => {
				const id = ++lastId;
				waiting.set(id, { resolve, reject });
				worker.postMessage({ id, method, params });
			}),
		close() {
			worker.postMessage(CLOSE);
			return ended;
		},
	};
}

function errorOf(message: string, data: SemanticaError['data'] | undefined): SemanticaError {
	return new SemanticaError((data?.kind ?? 'INTERNAL') as ErrorKind, message, data);
}
