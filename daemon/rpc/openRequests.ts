/** What a client has asked: begun as it comes, answered in whatever order it is done, given up when the client says so. */
import {
	cancelledId,
	isNotification,
	isRequest,
	type Message,
	type NotificationMessage,
	type RequestId,
	type RequestMessage,
} from '../../shared/rpc/messages.ts';
import type { RpcError } from '../../shared/rpc/rpcError.ts';
import { cancelled } from './responses.ts';

/** Aborted when the client cancels the request, or has gone; made when it is asked for. */
export type RequestSignal = () => AbortSignal;

export interface Answering {
	/** Returns the result, or a promise of it. */
	answer(method: string, params: unknown, signal: RequestSignal): unknown;
	/** Hears of an error before the client does, and says what that one is told. */
	refused(method: string, error: unknown): RpcError;
	notified(method: string): void;
	/** Hears how long a request took, whatever its answer. */
	answered(method: string, ms: number): void;
	/** Calls it once when the client has gone; returns how to forget it. */
	onClose(callback: () => void): () => void;
	/** @param body JSON text of a message. */
	send(body: string): void;
}

interface Open extends RequestMessage {
	readonly bytes: number;
	readonly askedAt: number;
	cancelled: boolean;
	controller: AbortController | undefined;
	forget: (() => void) | undefined;
}

export class OpenRequests {
	readonly #answering: Answering;
	/** Hears of those that went on, once they are over. */
	readonly #ended: (bytes: number) => void;
	readonly #open = new Map<RequestId, Open>();

	constructor(answering: Answering, ended: (bytes: number) => void) {
		this.#answering = answering;
		this.#ended = ended;
	}

	/** True while it goes on. What is no request is nobody's, but for what it cancels. */
	receive(message: Message, bytes: number): boolean {
		if (isRequest(message)) return this.#ask(message, bytes);
		if (isNotification(message)) this.#notified(message);
		return false;
	}

	#ask({ id, method, params }: RequestMessage, bytes: number): boolean {
		const askedAt = performance.now();
		const request: Open = {
			id,
			method,
			bytes,
			askedAt,
			cancelled: false,
			controller: undefined,
			forget: undefined,
		};
		let answer: unknown;
		try {
			answer = this.#answering.answer(method, params, () => this.#signalOf(request));
		} catch (error) {
			this.#refuse(request, error);
			return false;
		}
		if (!(answer instanceof Promise)) {
			this.#reply(request, answer);
			return false;
		}
		this.#open.set(id, request);
		answer.then(
			(result) => this.#over(request, () => this.#reply(request, result)),
			(error: unknown) => this.#over(request, () => this.#refuse(request, error)),
		);
		return true;
	}

	#over(request: Open, tell: () => void): void {
		// A client may have given another one the same id.
		if (this.#open.get(request.id) === request) this.#open.delete(request.id);
		request.forget?.();
		tell();
		this.#ended(request.bytes);
	}

	#reply(request: Open, result: unknown): void {
		let text: string;
		try {
			text = JSON.stringify(result ?? null);
		} catch (error) {
			this.#refuse(request, error);
			return;
		}
		this.#tell(request, `"result":${text}`);
	}

	#refuse(request: Open, error: unknown): void {
		// Why it ended is known to whoever cancelled it.
		const told = request.cancelled ? cancelled() : this.#answering.refused(request.method, error);
		this.#tell(request, `"error":${JSON.stringify(told)}`);
	}

	#tell({ id, method, askedAt }: Open, outcome: string): void {
		this.#answering.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${outcome}}`);
		this.#answering.answered(method, performance.now() - askedAt);
	}

	#signalOf(request: Open): AbortSignal {
		if (request.controller !== undefined) return request.controller.signal;
		const controller = new AbortController();
		request.controller = controller;
		const abort = () => controller.abort(cancelled());
		request.forget = this.#answering.onClose(abort);
		if (request.cancelled) abort();
		return controller.signal;
	}

	#notified(message: NotificationMessage): void {
		if (message.method !== '$/cancelRequest') {
			this.#answering.notified(message.method);
			return;
		}
		const id = cancelledId(message);
		const request = id === undefined ? undefined : this.#open.get(id);
		if (request === undefined) return;
		request.cancelled = true;
		request.controller?.abort(cancelled());
	}
}
