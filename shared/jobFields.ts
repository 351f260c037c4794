/** Fields of a job that have fields of their own: what runs, what it waits for, how it is held. */
import * as z from 'zod';
import { isSurrounding, OPEN_FILES, SURROUNDING_CHARS } from './environment.ts';
import { AFTER_ON, LIMITS, RESTART_POLICIES } from './jobTerms.ts';
import { durationMs, HOUR_MS, NUL_MESSAGE, noNul, plainText, withoutNul } from './jobValues.ts';

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
