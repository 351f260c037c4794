/** Requests about a job's log (docs/design.md section 7). Offsets are bytes of the stream as produced. */
import * as z from 'zod';

/** The beginning of the line that each run begins its part of a log with. */
export const RUN_MARK = '[semantica] run ';

/** Where bytes of a log came from; `semantica` is what the daemon itself says in it. */
export const logSourceSchema = z.enum(['stdout', 'stderr', 'semantica']);
export type LogSource = z.output<typeof logSourceSchema>;

const logSpanSchema = z.object({ offset: z.int(), source: logSourceSchema });
/** From `offset` to the next span, or to the end of the chunk. */
export type LogSpan = z.output<typeof logSpanSchema>;

const logTimeSchema = z.object({ offset: z.int(), at: z.int() });
/** Epoch ms; holds from `offset` to the next. To 100 ms: what is written together has one time. */
export type LogTime = z.output<typeof logTimeSchema>;

export const logChunkSchema = z.object({
	id: z.string(),
	/** In base64 where that was asked for: then it is the bytes, whatever they are. */
	text: z.string(),
	/** Where `text` begins; more than was asked for when bytes in between were dropped. */
	offset: z.int(),
	nextOffset: z.int(),
	/** The job is finished and `nextOffset` is the end of its log. */
	eof: z.boolean(),
	/** Bytes asked for that are no longer kept, or never could be. */
	dropped: z.object({ from: z.int(), to: z.int() }).optional(),
	/** With base64 only: who wrote what, without gaps, the first beginning at `offset`. */
	spans: z.array(logSpanSchema).optional(),
	/** With `timestamps`: when what begins at each offset was written, the first at or before `offset`. */
	times: z.array(logTimeSchema).optional(),
});
export type LogChunk = z.output<typeof logChunkSchema>;

const logMatchSchema = z.object({
	/** Where the line begins. */
	offset: z.int(),
	/** Counted from 1; null behind a part of the log that is no longer kept. */
	line: z.int().nullable(),
	/** Without terminal codes, 1,000 characters at most: of a longer line the part around the match. */
	text: z.string(),
	before: z.array(z.string()),
	after: z.array(z.string()),
});
export type LogMatch = z.output<typeof logMatchSchema>;

const id = z.uuid();
const offset = z.int().min(0).default(0);
const encoding = z.enum(['utf8', 'base64']).default('utf8');
export type LogEncoding = z.output<typeof encoding>;

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
			encoding,
			/** Begin with the last so many lines, but not before `offset`. */
			tailLines: z.int().min(0).max(1_000_000).optional(),
			timestamps: z.boolean().default(false),
		}),
		result: logChunkSchema,
	},
	'log/search': {
		params: z.strictObject({
			id,
			pattern: z.string().min(1).max(1000),
			/** RE2's syntax: linear in time, so without lookaround and backreferences. */
			kind: z.enum(['text', 'regex']).default('text'),
			caseSensitive: z.boolean().default(true),
			/** Lines before and after each match. */
			context: z.int().min(0).max(10).default(0),
			limit: z.int().min(1).max(200).default(50),
			/** Lines that begin before it are not looked at. */
			from: offset,
		}),
		result: z.object({
			matches: z.array(logMatchSchema),
			/** Where to go on. */
			scannedTo: z.int(),
			/** More lines match than were asked for. */
			truncated: z.boolean(),
		}),
	},
	'log/subscribe': {
		params: z.strictObject({
			id,
			offset,
			encoding,
			timestamps: z.boolean().default(false),
			/** The job's output waits for this client, as for the reader of a pipe, so that nothing is dropped. */
			hold: z.boolean().default(false),
		}),
		result: z.object({}),
	},
	'log/unsubscribe': { params: z.strictObject({ id }), result: z.object({}) },
} as const;
