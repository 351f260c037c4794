/** JSON-RPC messages, told apart by their shape: whatever has none of these is nobody's. */
export type RequestId = string | number;

export interface RequestMessage {
	readonly id: RequestId;
	readonly method: string;
	readonly params?: unknown;
}
export interface NotificationMessage {
	readonly method: string;
	readonly params?: unknown;
}
export interface AnswerMessage {
	readonly id: RequestId | null;
	readonly result?: unknown;
	readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Of any shape, as it was parsed. */
export type Message = Readonly<Record<string, unknown>>;

export const isRequestId = (id: unknown): id is RequestId =>
	typeof id === 'string' || typeof id === 'number';

export function isRequest(message: Message): message is Message & RequestMessage {
	return typeof message['method'] === 'string' && isRequestId(message['id']);
}

export function isNotification(message: Message): message is Message & NotificationMessage {
	return typeof message['method'] === 'string' && message['id'] === undefined;
}

export function isAnswer(message: Message): message is Message & AnswerMessage {
	const { id, result, error } = message;
	return (isRequestId(id) || id === null) && (result !== undefined || Boolean(error));
}

/** What `$/cancelRequest` names. */
export function cancelledId({ params }: NotificationMessage): RequestId | undefined {
	const id =
		typeof params === 'object' && params !== null && 'id' in params ? params.id : undefined;
	return isRequestId(id) ? id : undefined;
}
