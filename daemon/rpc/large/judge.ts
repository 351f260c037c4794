/**
 * A large message, read and checked against its schema: all that takes as long as it is large. What is left of it then has
 * the shape of a request, so that handing it over is bounded.
 */

import type { JobSpec } from '../../../shared/job.ts';
import { type Params, requests } from '../../../shared/protocol/requests.ts';
import { FrameError } from '../../../shared/rpc/framing.ts';
import type { Message } from '../../../shared/rpc/messages.ts';
import { parseMessage } from '../parse.ts';
import { refusalOf } from '../refusal.ts';
import type { ReadAnswer } from './messages.ts';

export interface Judged {
	readonly answer: ReadAnswer;
	/** What is handed over in pieces. */
	readonly jobs: readonly JobSpec[];
}

/** Payloads of at least this length cross as bytes, which nobody copies any more, and no collector moves about. */
const AS_BYTES_CHARS = 1024;

export function judge(body: Buffer): Judged {
	try {
		const message = parseMessage(body) as Message & Record<string, unknown>;
		return judgeParams(message);
	} catch (error) {
		if (!(error instanceof FrameError)) throw error;
		return { answer: { broken: { message: error.message, code: error.code } }, jobs: [] };
	}
}

function judgeParams(message: Readonly<Record<string, unknown>>): Judged {
	const head = headOf(message);
	const { method } = message;
	if (typeof method !== 'string' || !Object.hasOwn(requests, method)) {
		return { answer: { message: head, params: { kind: 'none' } }, jobs: [] };
	}
	const parsed = requests[method as keyof typeof requests].params.safeParse(
		message['params'] ?? {},
	);
	if (!parsed.success) {
		const refusal = refusalOf(parsed.error);
		return { answer: { message: head, params: { kind: 'refused', refusal } }, jobs: [] };
	}
	if (method !== 'job/enqueue') {
		return { answer: { message: head, params: { kind: 'whole', value: parsed.data } }, jobs: [] };
	}
	const { jobs, ...rest } = parsed.data as Params<'job/enqueue'>;
	return {
		answer: { message: head, params: { kind: 'jobs', rest } },
		jobs: jobs.map(withBytes),
	};
}

/** What the library looks at before anybody answers; it tells requests, notifications, answers and nonsense apart by it. */
function headOf(message: Readonly<Record<string, unknown>>): Message {
	const { id, method, params, result, error } = message;
	const isAnswer = result !== undefined || Boolean(error);
	return {
		jsonrpc: '2.0',
		...(id === undefined ? {} : { id: isPlain(id) ? id : null }),
		...(method === undefined ? {} : { method: isPlain(method) ? method : null }),
		...(isAnswer ? { result: null } : {}),
		...(method === '$/cancelRequest' ? { params: cancelledBy(params) } : {}),
	} as Message;
}

function isPlain(value: unknown): boolean {
	return typeof value === 'string' || typeof value === 'number';
}

function cancelledBy(params: unknown): unknown {
	const id = typeof params === 'object' && params !== null && 'id' in params ? params.id : null;
	return { id: isPlain(id) ? id : null };
}

function withBytes(job: JobSpec): JobSpec {
	const { type, payload } = job;
	if (type !== 'command' || typeof payload !== 'string' || payload.length < AS_BYTES_CHARS) {
		return job;
	}
	// Half of a surrogate pair is for the queue to refuse.
	if (!payload.isWellFormed()) return job;
	const bytes = Buffer.from(new SharedArrayBuffer(Buffer.byteLength(payload)));
	bytes.write(payload);
	return { ...job, payload: bytes };
}
