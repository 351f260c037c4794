/**
 * The job as both sides see it: what a client sends (JobSpec) and what it gets back (Job).
 * Bounds and defaults are docs/design.md section 3; the schemas are the only place where they stand.
 */
import * as z from 'zod';
import { boundText } from './wording.ts';

z.config({ customError: boundText });

export const JOB_STATES = [
	'queued',
	'running',
	'paused',
	'succeeded',
	'failed',
	'cancelled',
	'superseded',
	'expired',
] as const;
export type JobState = (typeof JOB_STATES)[number];

export const STOP_REASONS = [
	'exit',
	'signal',
	'spawn',
	'timeout',
	'cancel',
	'supersede',
	'ttl',
	'deadline',
	'interrupted',
	'poison',
	'payload',
	'children',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** Priorities, limits and bounds that more than one room needs. */
export const LIMITS = {
	jobsPerRequest: 1000,
	payloadBytes: 16 * 1024 * 1024,
	payloadFileBytes: 256 * 1024 * 1024,
	payloadDepth: 32,
	commandBytes: 256 * 1024,
	resultBytes: 16 * 1024,
	parentDepth: 4,
	listLimit: 200,
	frameBytes: 32 * 1024 * 1024,
	/** The largest time accepted anywhere: the end of what JavaScript's Date can hold. */
	maxEpochMs: 8_640_000_000_000_000,
} as const;

export function isFinished(state: JobState): boolean {
	return state !== 'queued' && state !== 'running' && state !== 'paused';
}

/** Never recurses deeper than asked, so hostile nesting cannot exhaust the stack. */
export function depthWithin(value: unknown, levels: number): boolean {
	if (typeof value !== 'object' || value === null) return true;
	if (levels === 0) return false;
	return Object.values(value).every((item) => depthWithin(item, levels - 1));
}

const bytesAtMost = (max: number) => (value: string) => Buffer.byteLength(value) <= max;
const noNul = (value: string) => !value.includes('\0');
const NUL_MESSAGE = 'must not contain a NUL character';

const epochMs = z.int().min(0).max(LIMITS.maxEpochMs);
const durationMs = z.int().positive().max(Number.MAX_SAFE_INTEGER);
const HOUR_MS = 3_600_000;

export const commandSchema = z
	.strictObject({
		command: z.string().min(1, 'must name a program').refine(noNul, NUL_MESSAGE),
		args: z.array(z.string().refine(noNul, NUL_MESSAGE)).default([]),
		cwd: z.string().min(1).refine(noNul, NUL_MESSAGE).optional(),
		env: z
			.record(
				z
					.string()
					.min(1)
					.refine((name) => noNul(name) && !name.includes('='), 'must not contain "=" or NUL'),
				z.string().refine(noNul, NUL_MESSAGE),
			)
			.default({}),
		shell: z.boolean().default(false),
	})
	.refine((command) => Buffer.byteLength(JSON.stringify(command)) <= LIMITS.commandBytes, {
		error: `must be at most ${LIMITS.commandBytes} bytes as JSON; put large input into the payload`,
	});
export type Command = z.output<typeof commandSchema>;

export const backoffSchema = z.strictObject({
	baseMs: z
		.int()
		.min(0)
		.max(24 * HOUR_MS)
		.default(1000),
	factor: z.number().min(1).max(10).default(2),
	maxMs: z
		.int()
		.min(0)
		.max(24 * HOUR_MS)
		.default(300_000),
	jitter: z.number().min(0).max(1).default(0.25),
});
export type Backoff = z.output<typeof backoffSchema>;

export const constraintsSchema = z.strictObject({
	power: z.enum(['any', 'ac']).default('any'),
	minBattery: z.int().min(0).max(100).optional(),
	idle: z.boolean().default(false),
	event: z.string().min(1).max(128).optional(),
	maxWaitMs: durationMs.optional(),
});
export type Constraints = z.output<typeof constraintsSchema>;

export const jobSpecSchema = z.strictObject({
	type: z.string().min(1).max(128),
	title: z.string().min(1).max(200).optional(),
	queue: z
		.string()
		.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -')
		.optional(),
	subject: z
		.string()
		.min(1)
		.refine(noNul, NUL_MESSAGE)
		.refine(bytesAtMost(512), 'must be at most 512 bytes')
		.optional(),
	supersede: z.enum(['queued', 'abort', 'none']).optional(),
	debounceMs: z.int().min(0).max(HOUR_MS).optional(),
	maxDelayMs: z.int().min(0).max(HOUR_MS).optional(),
	key: z.string().min(1).refine(bytesAtMost(128), 'must be at most 128 bytes').optional(),
	priority: z.int().min(-100).max(100).optional(),
	command: commandSchema.optional(),
	payload: z
		.unknown()
		.refine((value) => depthWithin(value, LIMITS.payloadDepth), {
			error: `must not be nested deeper than ${LIMITS.payloadDepth}`,
		})
		.optional(),
	payloadFile: z.string().min(1).refine(noNul, NUL_MESSAGE).optional(),
	workspace: z.string().min(1).max(4096).nullable().optional(),
	parentId: z.uuid().optional(),
	tag: z.string().min(1).max(64).optional(),
	runAt: epochMs.optional(),
	ttlMs: durationMs.optional(),
	deadlineAt: epochMs.optional(),
	timeoutMs: durationMs.optional(),
	maxAttempts: z.int().min(1).max(100).optional(),
	backoff: backoffSchema.optional(),
	retryOn: z.array(z.int().min(0).max(255)).max(256).optional(),
	restartable: z.boolean().optional(),
	constraints: constraintsSchema.optional(),
	onConstraintLost: z.enum(['finish', 'pause', 'requeue']).optional(),
	graceMs: z.int().min(0).max(60_000).optional(),
});
/** What a client may write: everything with a default may be left out. */
export type JobSpecInput = z.input<typeof jobSpecSchema>;
/** A specification that passed the schema; type-dependent defaults are filled in by the queue. */
export type JobSpec = z.output<typeof jobSpecSchema>;

export const progressSchema = z.object({
	current: z.number().min(0),
	total: z.number().min(0).optional(),
	unit: z.string().max(32).optional(),
	message: z.string().max(1000).optional(),
});
export type Progress = z.output<typeof progressSchema>;

const childCountsSchema = z.partialRecord(z.enum(JOB_STATES), z.int());
export type ChildCounts = z.output<typeof childCountsSchema>;

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
	/** Environment names only; values stay in the daemon. */
	command: z
		.object({
			command: z.string(),
			args: z.array(z.string()),
			cwd: z.string().nullable(),
			env: z.array(z.string()),
			shell: z.boolean(),
		})
		.nullable(),
	workspace: z.string().nullable(),
	parentId: z.string().nullable(),
	tag: z.string().nullable(),
	runAt: z.int(),
	ttlMs: z.int().nullable(),
	deadlineAt: z.int().nullable(),
	timeoutMs: z.int().nullable(),
	maxAttempts: z.int(),
	backoff: backoffSchema,
	retryOn: z.array(z.int()).nullable(),
	restartable: z.boolean(),
	constraints: constraintsSchema.nullable(),
	onConstraintLost: z.enum(['finish', 'pause', 'requeue']),
	graceMs: z.int(),
	state: z.enum(JOB_STATES),
	held: z.boolean(),
	/** `children`: its own process has ended, its children have not. */
	phase: z.enum(['run', 'children']).nullable(),
	/** A stop that is committed but not yet carried out. */
	stopping: z.enum(STOP_REASONS).nullable(),
	createdAt: z.int(),
	startedAt: z.int().nullable(),
	finishedAt: z.int().nullable(),
	attempt: z.int(),
	run: z.int(),
	progress: progressSchema.nullable(),
	result: z.json().nullable(),
	error: z.object({ code: z.string(), message: z.string() }).nullable(),
	stopReason: z.enum(STOP_REASONS).nullable(),
	exitCode: z.int().nullable(),
	signal: z.string().nullable(),
	retryOf: z.string().nullable(),
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
});
export type Run = z.output<typeof runSchema>;
