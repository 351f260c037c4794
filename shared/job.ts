/**
 * The job as both sides see it: what a client sends (JobSpec) and what it gets back (Job).
 * Bounds and defaults are docs/design.md section 3; the schemas are the only place where they stand.
 */
import * as z from 'zod';
import { costSchema } from './cost.ts';
import {
	afterSchema,
	backoffSchema,
	type Command,
	commandSchema,
	constraintsSchema,
	limitsSchema,
	readySchema,
	restartSchema,
	skipIfUnchangedSchema,
	surroundingsSchema,
} from './jobFields.ts';
import { AFTER_ON, JOB_STATES, LIMITS, NOTIFY, STOP_REASONS } from './jobTerms.ts';
import {
	boundedValue,
	bytesAtMost,
	durationMs,
	epochMs,
	HOUR_MS,
	plainText,
	storable,
	withoutNul,
} from './jobValues.ts';
import { matcherSchema, PROBLEM_LIMITS, problemSummarySchema } from './problems.ts';
import { questionSchema } from './question.ts';

export const groupNameSchema = withoutNul.min(1).max(LIMITS.groupName);

/** Fields that `job/enqueue` sets and `job/update` changes. */
export const changeable = {
	title: plainText.min(1).max(200),
	queue: z
		.string()
		.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -'),
	priority: z.int().min(-100).max(100),
	tag: plainText.min(1).max(64),
	runAt: epochMs,
	timeoutMs: durationMs,
};
/** `null` takes a tag or a time limit away. */
export const jobUpdateSchema = z.strictObject({
	title: changeable.title.optional(),
	queue: changeable.queue.optional(),
	priority: changeable.priority.optional(),
	tag: changeable.tag.nullable().optional(),
	runAt: changeable.runAt.optional(),
	timeoutMs: changeable.timeoutMs.nullable().optional(),
});
export type JobUpdate = z.output<typeof jobUpdateSchema>;

export const jobTypeSchema = z.string().min(1).max(128);
export const subjectSchema = withoutNul
	.min(1)
	.refine(bytesAtMost(512), 'must be at most 512 bytes');

const jobFieldsSchema = z.strictObject({
	type: jobTypeSchema,
	title: changeable.title.optional(),
	queue: changeable.queue.optional(),
	subject: subjectSchema.optional(),
	supersede: z.enum(['queued', 'abort', 'none']).optional(),
	debounceMs: z.int().min(0).max(HOUR_MS).optional(),
	maxDelayMs: z.int().min(0).max(HOUR_MS).optional(),
	key: plainText.min(1).refine(bytesAtMost(128), 'must be at most 128 bytes').optional(),
	priority: changeable.priority.optional(),
	command: commandSchema.optional(),
	payload: boundedValue.optional(),
	payloadFile: withoutNul.min(1).optional(),
	workspace: z.string().min(1).max(4096).nullable().optional(),
	parentId: z.uuid().optional(),
	tag: changeable.tag.optional(),
	group: groupNameSchema.optional(),
	groupLimit: z.int().min(1).max(LIMITS.groupLimit).optional(),
	runAt: changeable.runAt.optional(),
	ttlMs: durationMs.optional(),
	deadlineAt: epochMs.optional(),
	timeoutMs: changeable.timeoutMs.optional(),
	ready: readySchema.optional(),
	restart: restartSchema.optional(),
	leaveBehind: z.boolean().optional(),
	/** Its output is a terminal. */
	pty: z.boolean().optional(),
	limits: limitsSchema.optional(),
	maxAttempts: z.int().min(1).max(100).optional(),
	backoff: backoffSchema.optional(),
	retryOn: z.array(z.int().min(0).max(255)).max(256).optional(),
	restartable: z.boolean().optional(),
	constraints: constraintsSchema.optional(),
	onConstraintLost: z.enum(['finish', 'pause', 'requeue']).optional(),
	graceMs: z.int().min(0).max(60_000).optional(),
	surroundings: surroundingsSchema.optional(),
	notify: z.enum(NOTIFY).optional(),
	skipIfUnchanged: skipIfUnchangedSchema.optional(),
	/** How errors are found in what it prints; left out, the command says. */
	errors: z.array(matcherSchema).max(PROBLEM_LIMITS.matchers).optional(),
});

/** A specification whose conditions on other jobs are written so. */
export function specWaitingFor<T extends z.ZodType>(condition: T) {
	return jobFieldsSchema
		.extend({ after: z.array(condition).max(LIMITS.conditions).optional() })
		.refine(
			({ runAt, deadlineAt }) =>
				runAt === undefined || deadlineAt === undefined || deadlineAt >= runAt,
			{ path: ['deadlineAt'], error: 'must not be earlier than runAt, or the job could never run' },
		)
		.refine(({ group, groupLimit }) => groupLimit === undefined || group !== undefined, {
			path: ['groupLimit'],
			error: 'limits a group: say which one with "group"',
		})
		.refine(
			({ restart, maxAttempts = 1 }) =>
				maxAttempts === 1 || (restart?.policy ?? 'never') === 'never',
			{
				path: ['restart'],
				error: 'begins the job anew whenever it fails, so it goes with no maxAttempts',
			},
		);
}

export const jobSpecSchema = specWaitingFor(afterSchema);
/** What a client may write: everything with a default may be left out. */
export type JobSpecInput = z.input<typeof jobSpecSchema>;
/** A specification that passed the schema; type-dependent defaults are filled in by the queue. */
export type JobSpec = z.output<typeof jobSpecSchema>;

export const progressSchema = z.object({
	current: z.number().min(0),
	total: z.number().min(0).optional(),
	unit: z.string().max(32).overwrite(storable).optional(),
	message: z.string().max(1000).overwrite(storable).optional(),
});
export type Progress = z.output<typeof progressSchema>;

const childCountsSchema = z.partialRecord(z.enum(JOB_STATES), z.int());
export type ChildCounts = z.output<typeof childCountsSchema>;

/** What a run prints after `::semantica retry `: it has failed, and is to be tried again. */
export const askedAgainSchema = z
	.strictObject({
		/** Without: after the usual backoff. */
		afterMs: z.int().min(0).max(LIMITS.retryAfterMs).optional(),
		/** It is not one of its attempts. */
		free: z.boolean().default(false),
	})
	.refine(({ afterMs, free }) => !free || (afterMs ?? 0) >= LIMITS.leastFreeRetryMs, {
		path: ['afterMs'],
		error: `must be at least ${LIMITS.leastFreeRetryMs} where the retry is free`,
	});
export type AskedAgain = z.output<typeof askedAgainSchema>;

/** A command as clients see it: names of its environment only; values stay in the daemon. */
export const shownCommandSchema = z.object({
	command: z.string(),
	args: z.array(z.string()),
	cwd: z.string().nullable(),
	env: z.array(z.string()),
	shell: z.boolean(),
});

export function shownCommand(command: Command): z.output<typeof shownCommandSchema> {
	return { ...command, cwd: command.cwd ?? null, env: Object.keys(command.env) };
}

/** A job on the wire. Environment values and the payload itself never appear in it. */
export const jobSchema = z.object({
	id: z.string(),
	generation: z.int(),
	type: z.string(),
	title: z.string(),
	queue: z.string(),
	subject: z.string().nullable(),
	supersede: z.enum(['queued', 'abort', 'none']),
	debounceMs: z.int(),
	maxDelayMs: z.int(),
	key: z.string().nullable(),
	priority: z.int(),
	command: shownCommandSchema.nullable(),
	workspace: z.string().nullable(),
	parentId: z.string().nullable(),
	tag: z.string().nullable(),
	group: z.string().nullable(),
	groupLimit: z.int().nullable(),
	/** What it waits for, or waited for: `holds` is null until that is known, false where it cannot hold any more. */
	after: z.array(
		z.object({
			id: z.string(),
			on: z.enum(AFTER_ON),
			holds: z.boolean().nullable(),
		}),
	),
	runAt: z.int(),
	ttlMs: z.int().nullable(),
	deadlineAt: z.int().nullable(),
	timeoutMs: z.int().nullable(),
	ready: readySchema.nullable(),
	restart: restartSchema.nullable(),
	/** Processes that outlive the job's own are not ended with it. */
	leaveBehind: z.boolean(),
	/** It has a terminal, whose codes stand in its log. */
	pty: z.boolean(),
	limits: limitsSchema.nullable(),
	maxAttempts: z.int(),
	backoff: backoffSchema,
	retryOn: z.array(z.int()).nullable(),
	restartable: z.boolean(),
	constraints: constraintsSchema.nullable(),
	onConstraintLost: z.enum(['finish', 'pause', 'requeue']),
	graceMs: z.int(),
	notify: z.enum(NOTIFY),
	skipIfUnchanged: skipIfUnchangedSchema.nullable(),
	/** The job that really ran, of one for which nothing had to. */
	unchangedSince: z.string().nullable(),
	/** Null: chosen by the command. */
	errors: z.array(matcherSchema).nullable(),
	state: z.enum(JOB_STATES),
	held: z.boolean(),
	/** An AI tool asked for it, and no person has approved it yet: it is held until then. */
	needsApproval: z.boolean(),
	/** `children`: its own process has ended, its children have not. */
	phase: z.enum(['run', 'children']).nullable(),
	/** A stop that is committed but not yet carried out. */
	stopping: z.enum(STOP_REASONS).nullable(),
	createdAt: z.int(),
	startedAt: z.int().nullable(),
	/** Of the run that goes on, or was the last. */
	readyAt: z.int().nullable(),
	finishedAt: z.int().nullable(),
	attempt: z.int(),
	run: z.int(),
	/** How often in a row it was begun anew by its restart policy. */
	restarts: z.int(),
	/** What it asks of a person, while that is open. */
	question: questionSchema.nullable(),
	progress: progressSchema.nullable(),
	/** What the same took before, ms; only while it runs, absent where nothing is known. */
	usualMs: z.int().optional(),
	result: z.json().nullable(),
	error: z.object({ code: z.string(), message: z.string() }).nullable(),
	stopReason: z.enum(STOP_REASONS).nullable(),
	/** Errors and warnings that its last run reported; null where there are none. */
	problems: problemSummarySchema.nullable(),
	exitCode: z.int().nullable(),
	signal: z.string().nullable(),
	retryOf: z.string().nullable(),
	/** Who asked for it: `cli`, `vscode`, `mcp/<client>`, `job/<id>`; the daemon knows, no specification says it. */
	origin: z.string(),
	/** Where it runs, or is meant to; absent for what runs here. */
	machine: z.string().optional(),
	/** Of all runs that have ended: their sum, and the highest peak. Null where nothing is known. */
	cost: costSchema.nullable(),
	children: childCountsSchema,
	payload: z.object({ bytes: z.int(), storage: z.enum(['none', 'inline', 'file']) }),
	logBytes: z.int(),
});
export type Job = z.output<typeof jobSchema>;

/** One run of a job: a row of its history. */
export const runSchema = z.object({
	run: z.int(),
	attempt: z.int(),
	startedAt: z.int(),
	endedAt: z.int().nullable(),
	pid: z.int().nullable(),
	exitCode: z.int().nullable(),
	signal: z.string().nullable(),
	reason: z.enum(STOP_REASONS).nullable(),
	/** Null until it has ended, and where nothing is known. */
	cost: costSchema.nullable(),
});
export type Run = z.output<typeof runSchema>;
