/** Requests about a queue that several machines share (docs/fleet.md). `fleet/*` with the data folder's token only. */
import * as z from 'zod';
import { jobSchema, jobSpecSchema } from '../job.ts';
import { jobRequests } from './jobs.ts';

export const machineNameSchema = z
	.string()
	.regex(
		/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
		'must be 1 to 64 characters of A-Z, a-z, 0-9, . _ and -',
	);
const keySchema = z
	.string()
	.regex(/^F[A-Za-z0-9_-]{43}$/, 'must be what "semantica fleet key" says there');
const variableSchema = z
	.string()
	.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a variable');
const empty = z.strictObject({});

/** Where a shared job runs on the machine that takes it; `cwd` of its command is relative to that. */
export const placeSchema = z.discriminatedUnion('kind', [
	/** A fresh, empty folder that goes with the job. */
	z.strictObject({ kind: z.literal('scratch') }),
	z.strictObject({ kind: z.literal('home') }),
	/** A checkout that the machine offers; with `commit` only where that is checked out, and nothing changed. */
	z.strictObject({
		kind: z.literal('repo'),
		repo: z.string().min(1).max(500),
		commit: z
			.string()
			.regex(/^[0-9a-f]{40,64}$/, 'must be the whole hash of a commit')
			.optional(),
	}),
]);
export type Place = z.output<typeof placeSchema>;

export const recipeCallSchema = z.strictObject({
	name: machineNameSchema,
	values: z.record(machineNameSchema, z.string().max(256)).default({}),
});

export const submitSchema = z
	.strictObject({
		/** A machine by its name. */
		on: machineNameSchema.optional(),
		/** Whichever machine works for this pool, and is free. */
		pool: machineNameSchema.optional(),
		spec: jobSpecSchema,
		place: placeSchema.default({ kind: 'scratch' }),
		/** Instead of a command: what the machine calls so, with these values. */
		recipe: recipeCallSchema.optional(),
		/** Variables whose values that machine knows. */
		secrets: z.array(variableSchema).max(20).default([]),
	})
	.refine(
		({ on, pool }) => (on === undefined) !== (pool === undefined),
		'must say one of "on", a machine, and "pool"',
	);
export type Submission = z.output<typeof submitSchema>;

/** As an AI tool may ask for it: no secrets, and of checkouts only that of its folder. */
export const sendSchema = z
	.strictObject({
		on: machineNameSchema.optional(),
		pool: machineNameSchema.optional(),
		spec: jobSpecSchema,
		/** Absolute: what it belongs to here; with `place: repo` there the same folder of the same repository. */
		folder: z.string().min(1).max(4096),
		place: z.enum(['scratch', 'home', 'repo']).default('scratch'),
		recipe: recipeCallSchema.optional(),
	})
	.refine(
		({ on, pool }) => (on === undefined) !== (pool === undefined),
		'must say one of "on", a machine, and "pool"',
	);
export type Sending = z.output<typeof sendSchema>;

const ruleSchema = z.object({
	key: z.string(),
	self: z.boolean(),
	commands: z.boolean(),
	shell: z.boolean(),
	recipes: z.array(z.string()),
	pools: z.array(z.string()),
	atMost: z.int(),
	secrets: z.array(z.string()),
	repos: z.array(z.object({ repo: z.string(), folder: z.string() })),
});
export type ShownRule = z.output<typeof ruleSchema>;

export const fleetStatusSchema = z.object({
	joined: z.boolean(),
	/** Null on a machine that nothing has needed a key of yet. */
	id: z.string().nullable(),
	key: z.string().nullable(),
	name: z.string().nullable(),
	address: z.string().nullable(),
	/** Epoch ms since when it cannot be reached, and why; null while it can. */
	unreachable: z.object({ since: z.int(), message: z.string() }).nullable(),
	/** Nothing new is taken: `now` means that what runs is stopped, too. */
	leaving: z.enum(['whenDone', 'now']).nullable(),
	/** Notifications come, or it looks by itself. */
	listening: z.boolean(),
	roundTripMs: z.number().nullable(),
	/** Of this machine's clock against the server's. */
	clockMs: z.number().nullable(),
	/** Sentences about what a person should look at. */
	warnings: z.array(z.string()),
	accepts: z.array(ruleSchema),
	/** Not delivered, and not reported yet. */
	undelivered: z.int(),
	unreported: z.int(),
	waiting: z.int().nullable(),
	machines: z.array(
		z.object({
			name: z.string(),
			id: z.string(),
			key: z.string(),
			self: z.boolean(),
			alive: z.boolean(),
			seenAt: z.int().nullable(),
			labels: z.array(z.string()),
			/** Those that it works for. */
			pools: z.array(z.string()),
			running: z.int(),
			/** It takes work of somebody. */
			accepts: z.boolean(),
			leaving: z.boolean(),
			version: z.string(),
			platform: z.string(),
		}),
	),
});
export type FleetStatus = z.output<typeof fleetStatusSchema>;

export const fleetRequests = {
	'fleet/key': { params: empty, result: z.object({ key: z.string(), id: z.string() }) },
	'fleet/status': { params: empty, result: fleetStatusSchema },
	/** Joining accepts nothing: from then on this machine submits and watches. */
	'fleet/join': {
		params: z.strictObject({
			address: z.string().min(1).max(2000),
			name: machineNameSchema,
			password: z.string().max(1000).optional(),
			/** A shell line that prints it, run when it is needed. */
			passwordCommand: z.string().min(1).max(2000).optional(),
			ca: z.string().min(1).max(4096).optional(),
			/** Of PostgreSQL itself where the other one is a pooler's, for notifications alone; the same login. */
			listenAddress: z.string().min(1).max(2000).optional(),
			labels: z.array(machineNameSchema).max(50).default([]),
		}),
		result: z.object({ id: z.string(), key: z.string(), name: z.string() }),
	},
	/** A person has looked: what kept this machine from taking work is forgiven. */
	'fleet/work': { params: empty, result: z.object({}) },
	/** Answers when something differs from what was seen, or it has left. Said again it goes on, and never slows down. */
	'fleet/leave': {
		params: z.strictObject({
			/** What runs for others is stopped; what may be run again goes back. */
			now: z.boolean().default(false),
			/** It does not leave after all. */
			stay: z.boolean().default(false),
			/** `state` of the answer before. */
			seen: z.string().max(64).optional(),
		}),
		result: z.object({
			left: z.boolean(),
			/** The queue was told; else whoever owns the database forgets this machine there. */
			told: z.boolean(),
			/** Another daemon goes on as the machine that this one was. */
			newKey: z.boolean(),
			/** The first 20 of others that have not ended here. */
			running: z.array(z.object({ id: z.string(), title: z.string(), paused: z.boolean() })),
			runningCount: z.int(),
			unreported: z.int(),
			undelivered: z.int(),
			unreachable: z.string().nullable(),
			state: z.string(),
		}),
	},
	/** Whose work may run here. A rule for a key replaces the one before; `remove` takes it away. */
	'fleet/accept': {
		params: z.union([
			z.strictObject({ key: z.union([keySchema, z.literal('self')]), remove: z.literal(true) }),
			z.strictObject({
				key: z.union([keySchema, z.literal('self')]),
				/** Any program. */
				commands: z.boolean().default(false),
				/** Also through a shell. */
				shell: z.boolean().default(false),
				recipes: z.array(machineNameSchema).max(100).default([]),
				pools: z.array(machineNameSchema).max(100).default([]),
				/** So many of it at once. */
				atMost: z.int().min(1).max(1024).default(1),
				secrets: z.array(variableSchema).max(100).default([]),
				/** Folders, absolute, whose `origin` names the repository. */
				repos: z.array(z.string().min(1).max(4096)).max(100).default([]),
			}),
		]),
		result: z.object({ rules: z.array(ruleSchema) }),
	},
	/** Kept here when it is answered, delivered when the queue can be reached. */
	'fleet/submit': {
		params: z.strictObject({ jobs: z.array(submitSchema).min(1).max(1000) }),
		result: jobRequests['job/enqueue'].result,
	},
	/** What waits changes between this queue and the shared one; interrupted, it goes on where it was. */
	'fleet/migrate': {
		params: z.union([
			z
				.strictObject({
					direction: z.literal('out'),
					on: machineNameSchema.optional(),
					pool: machineNameSchema.optional(),
					/** What folders of commands are relative to there. */
					place: z.enum(['home', 'repo', 'scratch']).default('home'),
					/** Of this queue only. */
					queue: z.string().min(1).max(128).optional(),
					dryRun: z.boolean().default(false),
				})
				.refine(
					({ on, pool }) => (on === undefined) !== (pool === undefined),
					'must say one of "on", a machine, and "pool"',
				),
			z.strictObject({ direction: z.literal('back'), dryRun: z.boolean().default(false) }),
		]),
		result: z.object({
			count: z.int(),
			/** The first 200. `to` is null where nothing was done. */
			moved: z.array(z.object({ id: z.string(), to: z.string().nullable() })),
			skipped: z.array(z.object({ id: z.string(), title: z.string(), reason: z.string() })),
			skippedCount: z.int(),
		}),
	},
	/** Everything in the shared queue, newest first. */
	'fleet/list': {
		params: z.strictObject({
			machine: machineNameSchema.optional(),
			open: z.boolean().default(false),
			text: z.string().min(1).max(200).optional(),
			limit: z.int().min(1).max(200).default(50),
			before: z.int().positive().optional(),
		}),
		result: z.object({ jobs: z.array(jobSchema), before: z.int().nullable() }),
	},
	/** For AI tools, who may not ask for anything of `fleet/*`: judged as what they enqueue here is. */
	'job/send': {
		params: z.strictObject({ jobs: z.array(sendSchema).min(1).max(100) }),
		result: jobRequests['job/enqueue'].result,
	},
} as const;
