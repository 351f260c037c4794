/** A thread, or a process of its own, that answers requests, and comes and goes with demand. */
import { type ErrorKind, errorMessage, SemanticaError } from '../../shared/errors.ts';
import { patiently } from '../disks/patience.ts';
import {
	type Channel,
	mayStartYet,
	openProcess,
	openThread,
	type ProcessProgram,
	type ThreadProgram,
} from './channels.ts';

/** What each method is asked with and answers. */
export type ThreadMethods = Readonly<Record<string, { params: unknown; result: unknown }>>;

export interface AskedThread<M extends ThreadMethods> {
	/** Requests that it is still at, also such as nobody waits for any more. */
	readonly open: number;
	/**
	 * @throws SemanticaError The request's own; SYSTEM where whoever answers died of it, twice; DRAINING after `close`.
	 * The signal's reason once that is aborted.
	 */
	ask<K extends keyof M & string>(
		method: K,
		params: M[K]['params'],
		signal?: AbortSignal,
	): Promise<M[K]['result']>;
	/** Ends it after what it was asked before; what comes later is refused. */
	close(): Promise<void>;
}

/** So long one that cannot be started for want of something is tried again. */
const STARTED_WITHIN_MS = 5000;

interface AskedOptions {
	/** How long it waits for another request before it ends, ms. */
	readonly idleMs: number;
	/** What it does, as the subject of a sentence: "The search". */
	readonly name: string;
}

/** It is gone, and with it every request it had. */
class AnsweringDied extends SemanticaError {
	constructor(name: string, reason: string) {
		super('SYSTEM', `${name} ended before it had an answer: ${reason}. Try again.`);
	}
}

interface Waiting {
	resolve(result: unknown): void;
	reject(error: unknown): void;
}

export const createThread = <M extends ThreadMethods>(
	options: ThreadProgram & AskedOptions,
): AskedThread<M> => createAsked(options, () => openThread(options));

export const createProcess = <M extends ThreadMethods>(
	options: ProcessProgram & AskedOptions,
): AskedThread<M> => createAsked(options, () => openProcess(options));

function createAsked<M extends ThreadMethods>(
	{ idleMs, name }: AskedOptions,
	open: () => Promise<Channel>,
): AskedThread<M> {
	let running: Running | undefined;
	let starting: Promise<void> | undefined;
	/** Requests that wait for the start. */
	const early: { post(to: Running): void; reject(error: unknown): void }[] = [];
	let idle: NodeJS.Timeout | undefined;
	let closed = false;

	async function stop(): Promise<void> {
		clearTimeout(idle);
		await starting;
		const ending = running;
		running = undefined;
		await ending?.end();
	}

	async function begin(): Promise<void> {
		try {
			const channel = await patiently(open, STARTED_WITHIN_MS, mayStartYet);
			const begun = start(name, channel, (ended) => {
				if (running === ended) running = undefined;
			});
			running = begun;
			for (const one of early.splice(0)) one.post(begun);
		} catch (error) {
			const sentence = `${name} could not be started: ${errorMessage(error)}. Try again.`;
			for (const { reject } of early.splice(0)) reject(new SemanticaError('SYSTEM', sentence));
		} finally {
			starting = undefined;
		}
	}

	/** At once, or as soon as it runs: what was asked before `close` is there before it. */
	function post(
		method: string,
		params: unknown,
		signal: AbortSignal | undefined,
	): Promise<unknown> {
		if (running !== undefined) return running.ask(method, params, signal);
		return new Promise((resolve, reject) => {
			const to = (begun: Running) => void begun.ask(method, params, signal).then(resolve, reject);
			early.push({ post: to, reject });
			signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
			starting ??= begin();
		});
	}

	async function askOnce(
		method: string,
		params: unknown,
		signal: AbortSignal | undefined,
	): Promise<unknown> {
		clearTimeout(idle);
		try {
			return await post(method, params, signal);
		} finally {
			clearTimeout(idle);
			if (running?.waiting === 0) idle = setTimeout(stop, idleMs).unref();
		}
	}

	return {
		get open() {
			return early.length + (running?.open ?? 0);
		},
		async ask(method, params, signal) {
			if (closed) {
				throw new SemanticaError(
					'DRAINING',
					'The Semantica daemon is ending. Run the command again.',
				);
			}
			try {
				return await askOnce(method, params, signal);
			} catch (error) {
				// Once more with a new one: another request may have been what the old one died of.
				if (error instanceof AnsweringDied && !closed) return await askOnce(method, params, signal);
				throw error;
			}
		},
		close() {
			closed = true;
			return stop();
		},
	};
}

interface Running {
	/** Requests whose answer somebody waits for, and all that have none. */
	readonly waiting: number;
	readonly open: number;
	ask(method: string, params: unknown, signal: AbortSignal | undefined): Promise<unknown>;
	end(): Promise<void>;
}

function start(name: string, channel: Channel, onEnd: (ended: Running) => void): Running {
	const waiting = new Map<number, Waiting>();
	const open = new Set<number>();
	let lastId = 0;
	channel.onAnswer((answer) => {
		open.delete(answer.id);
		const request = waiting.get(answer.id);
		waiting.delete(answer.id);
		if ('result' in answer) request?.resolve(answer.result);
		else request?.reject(errorOf(answer.message, answer.data));
	});
	const ended = new Promise<void>((resolve) => {
		channel.onEnd((reason) => {
			onEnd(running);
			for (const { reject } of waiting.values()) reject(new AnsweringDied(name, reason));
			waiting.clear();
			open.clear();
			resolve();
		});
	});
	const running: Running = {
		get waiting() {
			return waiting.size;
		},
		get open() {
			return open.size;
		},
		ask: (method, params, signal) =>
			new Promise((resolve, reject) => {
				signal?.throwIfAborted();
				const id = ++lastId;
				waiting.set(id, { resolve, reject });
				open.add(id);
				channel.say({ id, method, params });
				signal?.addEventListener('abort', () => {
					if (!waiting.delete(id)) return;
					channel.say({ cancel: id });
					reject(signal.reason);
				});
			}),
		end() {
			channel.say('close');
			return ended;
		},
	};
	return running;
}

function errorOf(message: string, data: SemanticaError['data'] | undefined): SemanticaError {
	return new SemanticaError((data?.kind ?? 'INTERNAL') as ErrorKind, message, data);
}
