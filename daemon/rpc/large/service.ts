/** Reading large messages, on a thread of its own that comes and goes with demand. */

import { ERROR_CODES, errorMessage } from '../../../shared/errors.ts';
import type { JobSpec } from '../../../shared/job.ts';
import { FrameError } from '../../../shared/rpc/framing.ts';
import type { Message } from '../../../shared/rpc/messages.ts';
import { createThread } from '../../threads/asking.ts';
import type { ReadElsewhere } from '../transport.ts';
import type { LargeMessageMethods, ReadAnswer } from './messages.ts';
import { CheckedParams, RefusedParams } from './outcome.ts';

const IDLE_MS = 10_000;
/** A frame of nothing but empty objects takes some twenty times its length. */
const HEAP_MB = 1024;

export interface LargeMessages {
	readonly read: ReadElsewhere;
	/** After what was asked before. */
	close(): Promise<void>;
}

/** @param entry dist/largeMessages.js */
export function createLargeMessages(entry: string): LargeMessages {
	const thread = createThread<LargeMessageMethods>({
		entry,
		workerData: undefined,
		heapMb: HEAP_MB,
		idleMs: IDLE_MS,
		name: 'The reading of the message',
	});
	let lastId = 0;

	async function readOnce(body: Uint8Array): Promise<Message> {
		const id = ++lastId;
		const read = await thread.ask('read', { id, body });
		if ('broken' in read) throw new FrameError(read.broken.message, read.broken.code);
		return await whole(id, read);
	}

	async function whole(
		id: number,
		{ message, params }: Exclude<ReadAnswer, { broken: unknown }>,
	): Promise<Message> {
		const withParams = (judged: unknown) => ({ ...message, params: judged }) as Message;
		if (params.kind === 'none') return message;
		if (params.kind === 'refused') return withParams(new RefusedParams(params.refusal));
		if (params.kind === 'whole') return withParams(new CheckedParams(params.value));
		const jobs: JobSpec[] = [];
		// Each piece in a turn of its own.
		for (;;) {
			const piece = await thread.ask('next', { id });
			if (piece.length === 0) return withParams(new CheckedParams({ ...params.rest, jobs }));
			jobs.push(...piece);
		}
	}

	return {
		async read(body) {
			const shared = Buffer.from(new SharedArrayBuffer(body.length));
			body.copy(shared);
			try {
				return await readOnce(shared);
			} catch (error) {
				if (error instanceof FrameError) throw error;
				// Somebody else's message may have ended the thread between two pieces of this one.
				return await readOnce(shared).catch((again: unknown) => {
					if (again instanceof FrameError) throw again;
					throw new FrameError(errorMessage(again), ERROR_CODES.SYSTEM);
				});
			}
		},
		close: () => thread.close(),
	};
}
