/** What the daemon's own thread and one that answers requests say to each other. */
import type { ErrorData } from '../../shared/errors.ts';

export type ThreadMessage =
	| { readonly id: number; readonly method: string; readonly params: unknown }
	/** Nobody waits for this answer any more. */
	| { readonly cancel: number }
	/** Close what is open, and end. */
	| 'close';

export type ThreadAnswer =
	| { readonly id: number; readonly result: unknown }
	/** `data` is there for the errors that a client may see as they are. */
	| { readonly id: number; readonly message: string; readonly data: ErrorData | undefined };
