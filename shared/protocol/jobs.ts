/** Requests about jobs (docs/design.md section 7). */
import * as z from 'zod';
import { type JobUpdate, jobSchema, jobSpecSchema, jobUpdateSchema, runSchema } from '../job.ts';
import { JOB_STATES, LIMITS } from '../jobTerms.ts';
import { problemCountsSchema, problemSchema } from '../problems.ts';
import { QUESTION_LIMITS, questionIdSchema } from '../question.ts';
import { drainingSchema } from './draining.ts';

const idSchema = z.uuid();
const stateSchema = z.enum(JOB_STATES);
const oneOrMany = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(64);

export const filterSchema = z.strictObject({
	state: oneOrMany(stateSchema).optional(),
	queue: oneOrMany(z.string()).optional(),
	type: oneOrMany(z.string()).optional(),
	tag: z.string().optional(),
	group: z.string().min(1).optional(),
	/** `mcp/` means every origin that begins so. */
	origin: oneOrMany(z.string().min(1).max(4352)).optional(),
	/** Jobs of a shared queue that run on this machine or are meant for it; `*` is every machine. */
	machine: z.string().min(1).max(64).optional(),
	/** `null` asks for jobs without a parent. */
	parentId: idSchema.nullable().optional(),
	/** Jobs that wait for this one, or did. */
	after: idSchema.optional(),
	workspace: z.string().optional(),
	subjectPrefix: z.string().min(1).max(512).optional(),
	text: z.string().min(1).max(200).optional(),
	createdAfter: z.int().min(0).optional(),
});
export type JobFilter = z.output<typeof filterSchema>;

export const JOB_SORTS = [
	'createdAt',
	'-createdAt',
	'finishedAt',
	'-finishedAt',
	'priority',
	'-priority',
	'cost',
	'-cost',
] as const;

const targetIds = z.array(idSchema).min(1).max(1000);
const targetFilter = filterSchema.refine(
	(filter) => Object.values(filter).some((value) => value !== undefined),
	'an empty filter is refused; say {"all": true} to mean every job',
);
const targetsSchema = z.union([
	z.strictObject({ ids: targetIds }),
	z.strictObject({ filter: targetFilter }),
	z.strictObject({ all: z.literal(true) }),
]);
export type Targets = z.output<typeof targetsSchema>;

/** Those that could not run because of it are retried with it, unless that is false. */
const dependents = { dependents: z.boolean().optional() };
const retrySchema = z.union([
	z.strictObject({ ids: targetIds, ...dependents }),
	z.strictObject({ filter: targetFilter, ...dependents }),
	z.strictObject({ all: z.literal(true), ...dependents }),
]);
export type RetryTargets = z.output<typeof retrySchema>;

const manyResultSchema = z.object({
	count: z.int(),
	skipped: z.array(z.object({ id: z.string(), reason: z.string() })).max(100),
	skippedCount: z.int(),
});
export type ManyResult = z.output<typeof manyResultSchema>;

const CHANGES = Object.keys(jobUpdateSchema.shape) as (keyof JobUpdate)[];
const updateParamsSchema = z
	.union([
		jobUpdateSchema.extend({ ids: targetIds }),
		jobUpdateSchema.extend({ filter: targetFilter }),
	])
	.refine(
		(params) => CHANGES.some((name) => params[name] !== undefined),
		`names no change: say at least one of ${CHANGES.join(', ')}`,
	);

export const explanationSchema = z.object({
	runnable: z.boolean(),
	reasons: z.array(
		z.object({
			kind: z.string(),
			message: z.string(),
			since: z.int(),
			until: z.int().optional(),
		}),
	),
	/** Jobs of the same queue that would start before this one. */
	position: z.int().optional(),
	/** What it usually takes, ms: the median of the last successes of the same. Absent where none is known. */
	usualMs: z.int().optional(),
	/** All of it in one line, for people. */
	summary: z.string().optional(),
});
export type Explanation = z.output<typeof explanationSchema>;

export const jobRequests = {
	'job/enqueue': {
		params: z.strictObject({
			jobs: z.array(jobSpecSchema).min(1).max(LIMITS.jobsPerRequest),
			/** This client will follow their logs with `hold`: their output waits for it from the beginning. */
			hold: z.boolean().optional(),
		}),
		result: z.object({
			jobs: z.array(
				z.object({
					id: z.string(),
					state: stateSchema,
					generation: z.int(),
					superseded: z.array(z.string()),
					existing: z.boolean(),
				}),
			),
		}),
	},
	'job/get': {
		params: z.strictObject({ id: idSchema }),
		result: z.object({
			job: jobSchema,
			runs: z.array(runSchema),
			explanation: explanationSchema,
			/** What it was allowed to leave and is still there; `job/cancel` ends it. */
			left: z.array(z.object({ pid: z.int(), name: z.string() })).optional(),
		}),
	},
	/** What the last run that ended reported, errors first; as many as are kept. */
	'job/errors': {
		params: z.strictObject({ id: idSchema }),
		result: z.object({ counts: problemCountsSchema, problems: z.array(problemSchema) }),
	},
	'job/explain': { params: z.strictObject({ id: idSchema }), result: explanationSchema },
	'job/payload': {
		params: z.strictObject({
			id: idSchema,
			offset: z.int().min(0).default(0),
			maxBytes: z
				.int()
				.min(1)
				.max(1024 * 1024)
				.default(65_536),
		}),
		result: z.object({ text: z.string(), nextOffset: z.int(), eof: z.boolean() }),
	},
	'job/list': {
		params: z.strictObject({
			filter: filterSchema.default({}),
			sort: z.enum(JOB_SORTS).default('-createdAt'),
			limit: z.int().min(1).max(LIMITS.listLimit).default(50),
			cursor: z.string().max(512).optional(),
		}),
		result: z.object({
			jobs: z.array(jobSchema),
			nextCursor: z.string().nullable(),
			total: z.object({ value: z.int(), exact: z.boolean() }),
		}),
	},
	'job/wait': {
		params: z.strictObject({
			ids: z.array(idSchema).min(1).max(100),
			mode: z.enum(['any', 'all']).default('all'),
			until: z.enum(['ended', 'ready']).default('ended'),
			timeoutMs: z.int().min(0).max(3_600_000).default(3_600_000),
			/** A job that is retried by hand is not over: its successor stands for it. */
			followRetries: z.boolean().default(false),
			/** Answered, too, when one of these asks its person something after that time (epoch ms). */
			asks: z.record(idSchema, z.int().min(0)).optional(),
		}),
		result: z.object({
			/** In the order asked for, as they are now. */
			jobs: z.array(jobSchema),
			/** False: the time is over, what was waited for cannot come any more, or one of `asks` asks. */
			satisfied: z.boolean(),
			/** Those that ended and are not kept any more, with their end. */
			removed: z.array(z.object({ id: z.string(), state: stateSchema })).optional(),
		}),
	},
	'job/cancel': { params: targetsSchema, result: manyResultSchema },
	'job/retry': {
		params: retrySchema,
		result: manyResultSchema.extend({
			jobs: z.array(z.object({ id: z.string(), retryOf: z.string() })),
		}),
	},
	'job/pause': { params: targetsSchema, result: manyResultSchema },
	'job/resume': { params: targetsSchema, result: manyResultSchema },
	'job/remove': { params: targetsSchema, result: manyResultSchema },
	'job/update': {
		params: updateParamsSchema,
		result: manyResultSchema.extend({
			skipped: z
				.array(
					z.object({
						id: z.string(),
						/** CONFLICT: it does not wait any more, or cannot be so. */
						kind: z.enum(['CONFLICT', 'NOT_FOUND']),
						reason: z.string(),
					}),
				)
				.max(100),
		}),
	},
	'job/runNow': { params: targetsSchema, result: manyResultSchema },
	/** To what a job asks: checked against the schema of the question; the first answer wins. */
	'job/answer': {
		params: z.strictObject({
			id: idSchema,
			question: questionIdSchema,
			value: z
				.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
				.refine(
					(value) => Buffer.byteLength(JSON.stringify(value)) <= QUESTION_LIMITS.answerBytes,
					{
						error: `must be at most ${QUESTION_LIMITS.answerBytes} bytes as JSON`,
					},
				),
		}),
		result: z.object({ job: jobSchema }),
	},
} as const;

/** Counts of jobs by state, and within `queued` how many are ready to start. */
export const countsSchema = z.record(stateSchema, z.int());
export type Counts = z.output<typeof countsSchema>;

const changeBase = {
	instance: z.string(),
	seq: z.int(),
	counts: countsSchema,
	/** Everything is paused: queue/update with the name `*`. */
	paused: z.boolean(),
	/** Absent while nobody has asked the daemon to leave. */
	draining: drainingSchema.optional(),
};

export const subscriptionRequests = {
	'jobs/subscribe': {
		params: z.strictObject({ workspace: z.string().optional() }),
		result: z.object({ ...changeBase, jobs: z.array(jobSchema) }),
	},
} as const;

/** `jobs/changed`: what changed since `seq - 1`, or that the client must subscribe again. */
export const jobsChangedSchema = z.union([
	z.object({ ...changeBase, jobs: z.array(jobSchema), removed: z.array(z.string()) }),
	z.object({ ...changeBase, resync: z.literal(true) }),
]);
export type JobsChanged = z.output<typeof jobsChangedSchema>;
