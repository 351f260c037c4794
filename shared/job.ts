/**
 * The job as both sides see it: what a client sends (JobSpec) and what it gets back (Job).
 * Bounds and defaults are docs/design.md section 3; the schemas are the only place where they stand.
 */
import * as z from 'zod';
import { costSchema } from './cost.ts';
import { isSurrounding, OPEN_FILES, SURROUNDING_CHARS } from './environment.ts';
import {
	AFTER_ON,
	JOB_STATES,
	LIMITS,
	NOTIFY,
	RESTART_POLICIES,
	STOP_REASONS,
} from './jobTerms.ts';
import { matcherSchema, PROBLEM_LIMITS, problemSummarySchema } from './problems.ts';
import { questionSchema } from './question.ts';
import { boundText } from './wording.ts';

z.config({ customError: boundText });

/** Never recurses deeper than asked, so hostile nesting cannot exhaust the stack. */
export function depthWithin(value: unknown, levels: number): boolean {
	if (typeof value !== 'object' || value === null) return true;
	if (levels === 0) return false;
	// Every part of a large payload passes here on the daemon's only thread: most are no containers.
	const fits = (part: unknown) =>
		typeof part !== 'object' || part === null || depthWithin(part, levels - 1);
	if (Array.isArray(value)) {
		for (const part of value) if (!fits(part)) return false;
		return true;
	}
	const parts = value as Record<string, unknown>;
	for (const name in parts) if (!fits(parts[name])) return false;
	return true;
}

const bytesAtMost = (max: number) => (value: string) => Buffer.byteLength(value) <= max;
const noNul = (value: string) => !value.includes('\0');
const NUL_MESSAGE = 'must not contain a NUL character';
/** Text that stays what it is on its way to a process, a file's name or the database: all of them are UTF-8. */
const plainText = z
	.string()
	.refine((value) => value.isWellFormed(), 'must not hold half of a surrogate pair');
const withoutNul = plainText.refine(noNul, NUL_MESSAGE);

const epochMs = z.int().min(0).max(LIMITS.maxEpochMs);
const durationMs = z.int().positive().max(Number.MAX_SAFE_INTEGER);
const HOUR_MS = 3_600_000;

export const commandSchema = z
	.strictObject({
		command: withoutNul.min(1, 'must name a program'),
		args: z.array(withoutNul).default([]),
		cwd: withoutNul.min(1).optional(),
		env: z
			.record(
				plainText
					.min(1)
					.refine((name) => noNul(name) && !name.includes('='), 'must not contain "=" or NUL'),
				withoutNul,
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
	/** Of 1,048,576 bytes, when it starts. */
	freeMemoryMB: z.int().min(1).max(LIMITS.mostMemoryMB).optional(),
	freeDisk: z
		.strictObject({
			path: withoutNul
				.max(4096)
				.refine(
					(path) => path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path),
					'must be an absolute path',
				),
			MB: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
		})
		.optional(),
	/** The network is not known to cost by what goes over it. */
	unmetered: z.boolean().optional(),
	event: z.string().min(1).max(128).optional(),
	maxWaitMs: durationMs.optional(),
});
export type Constraints = z.output<typeof constraintsSchema>;

/** Of the shell that asks: docs/design.md section 6. */
export const surroundingsSchema = z.strictObject({
	umask: z.int().min(0).max(0o777).optional(),
	openFiles: z.int().min(OPEN_FILES.min).max(OPEN_FILES.max).optional(),
	env: z
		.record(
			z
				.string()
				.refine(
					isSurrounding,
					'must be LANG, LC_*, TZ, TMPDIR, TERM, SSH_AUTH_SOCK or XDG_RUNTIME_DIR; others go into command.env',
				),
			z.string().max(SURROUNDING_CHARS).refine(noNul, NUL_MESSAGE),
		)
		.default({}),
});
export type Surroundings = z.output<typeof surroundingsSchema>;

/**
 * A job that serves is ready once a line of its log matches, one of its processes listens at a port, or a file is
 * written: one of them. Or it says so itself: `::semantica ready`.
 */
export const readySchema = z
	.strictObject({
		/** RE2's syntax, found anywhere in a line. */
		pattern: plainText.min(1).max(LIMITS.readyPattern).optional(),
		port: z.int().min(1).max(65_535).optional(),
		/** At which the port must answer; without it, whatever address it listens at. */
		host: z
			.string()
			.regex(/^[\w.:%-]{1,253}$/, 'must be the name or the address of a host')
			.optional(),
		/** That appears or is written anew after the start; a relative path is of the job's folder. */
		file: withoutNul.min(1).max(LIMITS.readyFile).optional(),
		/** From the beginning of each run. */
		timeoutMs: durationMs.optional(),
	})
	.refine(
		({ pattern, port, file }) =>
			[pattern, port, file].filter((sign) => sign !== undefined).length <= 1,
		'must name one sign by which it is ready: a pattern, a port or a file',
	)
	.refine(({ host, port }) => host === undefined || port !== undefined, {
		path: ['host'],
		error: 'is where a port answers: say which one with "port"',
	});
export type Ready = z.output<typeof readySchema>;

/** Whether a job is begun anew when its process has ended by itself. */
export const restartSchema = z.strictObject({
	policy: z.enum(RESTART_POLICIES),
	/** So often in a row; a run longer than `backoff.maxMs` begins to count anew. */
	max: z.int().min(1).max(1000).default(10),
	backoff: backoffSchema.prefault({}),
});
export type Restart = z.output<typeof restartSchema>;

/** Caps for all processes of a run together. */
export const limitsSchema = z
	.strictObject({
		/** Of 1,048,576 bytes. A run that holds more is ended, and has failed. */
		memoryMB: z.int().min(LIMITS.leastMemoryMB).max(LIMITS.mostMemoryMB).optional(),
		/** CPU time in the time that passes, over all cores: 1.5 is one core and a half. */
		cpus: z.number().min(LIMITS.leastCpus).max(LIMITS.mostCpus).optional(),
		/** Processes and threads at once; who would begin one more is refused by the system. */
		processes: z.int().min(1).max(LIMITS.mostProcesses).optional(),
		/** Where the machine cannot enforce one: the job fails, or runs without and its log says so. */
		onUnenforceable: z.enum(['refuse', 'ignore']).default('ignore'),
	})
	.refine(
		({ memoryMB, cpus, processes }) => (memoryMB ?? cpus ?? processes) !== undefined,
		'must limit something: give memoryMB, cpus or processes',
	);
export type Limits = z.output<typeof limitsSchema>;

const inputGlobSchema = withoutNul
	.min(1)
	.max(LIMITS.inputGlob)
	.refine(
		(glob) => !/^[/\\~]|^[A-Za-z]:/.test(glob) && !glob.split(/[/\\]/).includes('..'),
		'must name files below the folder of the job, as in src/**',
	);

/** Nothing runs where all that it depends on is as it was when the same succeeded last. */
export const skipIfUnchangedSchema = z.strictObject({
	/** Globs below the folder of the command, by the rules of the index. */
	inputs: z.array(inputGlobSchema).min(1).max(LIMITS.inputs),
	/** Names of variables. */
	env: z.array(withoutNul.min(1).max(256)).max(LIMITS.inputs).default([]),
});
export type SkipIfUnchanged = z.output<typeof skipIfUnchangedSchema>;

/** Another job that must have come to its end, or be ready, before this one starts. */
export const afterSchema = z
	.strictObject({
		id: z.uuid().optional(),
		/** Of a job that stands before this one in the same request. */
		index: z.int().min(0).optional(),
		on: z.enum(AFTER_ON).default('succeeded'),
	})
	.refine(
		({ id, index }) => (id === undefined) !== (index === undefined),
		'must name one job: by "id", or by "index", its place in the same request',
	);
export type AfterInput = z.output<typeof afterSchema>;

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
	payload: z
		.unknown()
		.refine((value) => depthWithin(value, LIMITS.payloadDepth), {
			error: `must not be nested deeper than ${LIMITS.payloadDepth}`,
		})
		.optional(),
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
	unit: z.string().max(32).optional(),
	message: z.string().max(1000).optional(),
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
