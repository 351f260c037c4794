/** What the thread that reads large messages is asked for. */

import type { JobSpec } from '../../../shared/job.ts';
import type { Message } from '../../../shared/rpc/messages.ts';
import type { Refusal } from '../refusal.ts';

export type ReadAnswer =
	/** The connection cannot be read any further. */
	| { readonly broken: { readonly message: string; readonly code: number } }
	| { readonly message: Message; readonly params: JudgedParams };

export type JudgedParams =
	/** Of what has none, or is not answered anyway. */
	| { readonly kind: 'none' }
	| { readonly kind: 'refused'; readonly refusal: Refusal }
	| { readonly kind: 'whole'; readonly value: unknown }
	/** An enqueue: its jobs are asked for piece by piece. */
	| { readonly kind: 'jobs'; readonly rest: Readonly<Record<string, unknown>> };

export type LargeMessageMethods = {
	/** `id` is the asker's. */
	readonly read: { params: { readonly id: number; readonly body: Uint8Array }; result: ReadAnswer };
	/** The next jobs of that message; none when all have been handed over. */
	readonly next: { params: { readonly id: number }; result: readonly JobSpec[] };
};
