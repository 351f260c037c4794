import type { Writer } from '../queue/store/writer.ts';
import type { Feed } from '../queue/views/feed.ts';

/** What the background work of the room needs of the queue. */
export interface QueueAccess {
	readonly writer: Pick<Writer, 'submit'>;
	readonly feed: Pick<Feed, 'onEffects'>;
	/** Gives free pages of the database back to the file system, a few at a time. */
	readonly shrink: () => Promise<unknown>;
}
