/** Requests about schedules: work that repeats, or is to begin at a time of day (docs/design.md section 7). */
import * as z from 'zod';
import {
	type JobSpecInput,
	jobTypeSchema,
	shownCommandSchema,
	specWaitingFor,
	subjectSchema,
} from '../job.ts';
import { AFTER_ON, JOB_STATES, LIMITS } from '../jobTerms.ts';

const epochMs = z.int().min(0).max(LIMITS.maxEpochMs);
export const whenSchema = z.union([
	z.strictObject({ cron: z.string().min(1).max(200) }),
	z.strictObject({ everyMs: z.int().min(1000).max(LIMITS.maxEpochMs) }),
	z.strictObject({ at: epochMs }),
]);
export type ScheduleWhen = z.output<typeof whenSchema>;

export const MISSED = ['skip', 'once', 'all'] as const;
export type Missed = (typeof MISSED)[number];
export const OVERLAP = ['skip', 'queue', 'replace'] as const;
export type Overlap = (typeof OVERLAP)[number];

export const SCHEDULE_LIMITS = {
	schedules: 10_000,
	nameChars: 64,
	jitterMs: 24 * 3_600_000,
	listLimit: 1000,
	previewTimes: 20,
} as const;

export const scheduleNameSchema = z
	.string()
	.regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 characters of A-Z, a-z, 0-9, "_", "." and "-"');

/** What a schedule decides itself for each of its jobs. */
const DECIDED: Readonly<Record<string, string>> = {
	key: 'must be left out: each due time has a key of its own, schedule/<name>/<dueAt>',
	parentId: 'must be left out: the jobs of a schedule stand alone',
	runAt: 'must be left out: the schedule says when its jobs begin',
	deadlineAt: 'must be left out: it would be over after the first time. Use ttlMs or timeoutMs',
};

const on = z.enum(AFTER_ON).default('succeeded');
/** The newest job of a schedule, or of a type and a subject, when a due time fires; where there is none it holds. */
const scheduledAfterSchema = z.union([
	z.strictObject({ schedule: scheduleNameSchema, on }),
	z.strictObject({ type: jobTypeSchema, subject: subjectSchema, on }),
]);
export type ScheduledAfter = z.output<typeof scheduledAfterSchema>;

const ofNoTime =
	'must be left out: a schedule waits for the newest job at its due time, {"schedule": …} or {"type": …, "subject": …}';
const specSchema = specWaitingFor(scheduledAfterSchema);
export type ScheduledSpec = z.output<typeof specSchema>;
/** Most specifications wait for nothing; conditions on jobs are refused by path. */
type ScheduledSpecInput = z.input<typeof specSchema> | JobSpecInput;

/** A job's specification without what the schedule decides. */
export const scheduledSpecSchema: z.ZodType<ScheduledSpec, ScheduledSpecInput> = z
	.custom<ScheduledSpecInput>()
	.superRefine((spec, context) => {
		if (typeof spec !== 'object' || spec === null) return;
		for (const [field, message] of Object.entries(DECIDED)) {
			if ((spec as Record<string, unknown>)[field] === undefined) continue;
			context.addIssue({ code: 'custom', path: [field], message });
		}
		const { after } = spec as { readonly after?: unknown };
		if (!Array.isArray(after)) return;
		for (const [n, one] of after.entries()) {
			for (const field of ['id', 'index']) {
				if (typeof one !== 'object' || one === null || !(field in one)) continue;
				context.addIssue({ code: 'custom', path: ['after', n, field], message: ofNoTime });
			}
		}
	})
	.pipe(specSchema);

const timezoneSchema = z.string().min(1).max(64);

/** Environment values and the payload itself never appear in it. */
export const scheduledJobSchema = z.object({
	type: z.string(),
	title: z.string(),
	queue: z.string(),
	workspace: z.string().nullable(),
	subject: z.string().nullable(),
	tag: z.string().nullable(),
	priority: z.int(),
	command: shownCommandSchema.nullable(),
	/** What its jobs wait for. */
	after: z.array(scheduledAfterSchema),
	payloadBytes: z.int(),
});

/** A schedule as clients see it. */
export const scheduleSchema = z.object({
	name: z.string(),
	spec: scheduledJobSchema,
	when: whenSchema,
	timezone: z.string(),
	missed: z.enum(MISSED),
	overlap: z.enum(OVERLAP),
	jitterMs: z.int(),
	startAt: z.int().nullable(),
	endAt: z.int().nullable(),
	enabled: z.boolean(),
	createdAt: z.int(),
	changedAt: z.int(),
	/** The next due time, and when it fires: later by its jitter. Null: paused, or never again. */
	nextAt: z.int().nullable(),
	firesAt: z.int().nullable(),
	/** Its jobs that are not finished, those begun by hand included. */
	unfinished: z.object({ queued: z.int(), running: z.int() }),
	/** The newest job it began by itself; `state` is null when that is not kept any more. */
	last: z
		.object({
			dueAt: z.int(),
			firedAt: z.int(),
			jobId: z.string(),
			state: z.enum(JOB_STATES).nullable(),
			finishedAt: z.int().nullable(),
		})
		.nullable(),
	/** At its last look: due times that passed while nobody was there, and how many jobs made up for them. */
	missedTimes: z.object({ count: z.int(), ran: z.int(), at: z.int() }).nullable(),
	/** Due times since its last job that passed because that was unfinished. */
	overlapped: z.int(),
	/** Why its last due time, or what comes, did not begin a job: a sentence. */
	lastError: z.object({ code: z.string(), message: z.string(), at: z.int() }).nullable(),
});
export type Schedule = z.output<typeof scheduleSchema>;

const named = z.strictObject({ name: scheduleNameSchema });

export const scheduleRequests = {
	/** Makes it, or puts it in the place of the one of that name. */
	'schedule/put': {
		params: z.strictObject({
			name: scheduleNameSchema,
			spec: scheduledSpecSchema,
			when: whenSchema,
			/** IANA name; the daemon's own where it is left out. */
			timezone: timezoneSchema.optional(),
			missed: z.enum(MISSED).default('once'),
			overlap: z.enum(OVERLAP).default('skip'),
			jitterMs: z.int().min(0).max(SCHEDULE_LIMITS.jitterMs).default(0),
			startAt: epochMs.optional(),
			endAt: epochMs.optional(),
			enabled: z.boolean().default(true),
		}),
		result: z.object({ schedule: scheduleSchema, created: z.boolean() }),
	},
	/** Pauses it and lets it go on; times that were due while it was paused are not missed. */
	'schedule/update': {
		params: z.strictObject({ name: scheduleNameSchema, enabled: z.boolean() }),
		result: z.object({ schedule: scheduleSchema }),
	},
	/** By name; a page of large ones has fewer than `limit`. */
	'schedule/list': {
		params: z.strictObject({
			name: scheduleNameSchema.optional(),
			after: scheduleNameSchema.optional(),
			limit: z.int().min(1).max(SCHEDULE_LIMITS.listLimit).default(SCHEDULE_LIMITS.listLimit),
		}),
		result: z.object({ schedules: z.array(scheduleSchema), next: z.string().nullable() }),
	},
	/** What it has begun stays. */
	'schedule/remove': { params: named, result: z.object({}) },
	/** Begins a job of it now, beside its due times. */
	'schedule/run': {
		params: named,
		result: z.object({ id: z.string(), state: z.enum(JOB_STATES) }),
	},
	/** The coming due times of what may become a schedule. */
	'schedule/preview': {
		params: z.strictObject({
			when: whenSchema,
			timezone: timezoneSchema.optional(),
			startAt: epochMs.optional(),
			endAt: epochMs.optional(),
			count: z.int().min(1).max(SCHEDULE_LIMITS.previewTimes).default(5),
		}),
		result: z.object({ times: z.array(z.int()), timezone: z.string() }),
	},
	/** From now on this client hears `schedules/changed`. */
	'schedule/subscribe': { params: z.strictObject({}), result: z.object({}) },
} as const;

/** `schedules/changed`: what changed, or that the client must list them again. */
export const schedulesChangedSchema = z.union([
	z.object({ schedules: z.array(scheduleSchema), removed: z.array(z.string()) }),
	z.object({ resync: z.literal(true) }),
]);
export type SchedulesChanged = z.output<typeof schedulesChangedSchema>;
