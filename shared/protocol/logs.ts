/** Requests about a job's log (docs/design.md section 7). Offsets are bytes of the stream as produced. */
import * as z from 'zod';

export const logChunkSchema = z.object({
	id: z.string(),
	text: z.string(),
	/** Where `text` begins; more than was asked for when bytes in between were dropped. */
	offset: z.int(),
	nextOffset: z.int(),
	/** The job is finished and `nextOffset` is the end of its log. */
	eof: z.boolean(),
	/** Bytes asked for that are no longer kept. */
	dropped: z.object({ from: z.int(), to: z.int() }).optional(),
});
export type LogChunk = z.output<typeof logChunkSchema>;

const id = z.uuid();
const offset = z.int().min(0).default(0);

export const logRequests = {
	'log/read': {
		params: z.strictObject({
			id,
			offset,
			maxBytes: z
				.int()
				.min(4)
				.max(1024 * 1024)
				.default(65_536),
		}),
		result: logChunkSchema,
	},
	'log/subscribe': {
		params: z.strictObject({ id, offset }),
		result: z.object({}),
	},
	'log/unsubscribe': { params: z.strictObject({ id }), result: z.object({}) },
} as const;
