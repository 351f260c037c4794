/** Requests about queues, settings, events and the daemon itself (docs/design.md section 7). */
import * as z from 'zod';
import { limitsSchema } from '../jobFields.ts';
import { boundedJson } from '../jobValues.ts';
import { RATE_BOUNDS } from '../rate.ts';
import { DRAIN_MODES } from './draining.ts';
import { countsSchema } from './jobs.ts';

export const rateSchema = z.strictObject({
	count: z.int().min(1).max(RATE_BOUNDS.count),
	perMs: z.int().min(1).max(RATE_BOUNDS.perMs),
});
/** So many runs may begin in so long. */
export type Rate = z.output<typeof rateSchema>;

export const queueSchema = z.object({
	name: z.string(),
	concurrency: z.int(),
	paused: z.boolean(),
	rate: rateSchema.nullable(),
	/** For its jobs that are not said to have others. */
	limits: limitsSchema.nullable(),
	queued: z.int(),
	running: z.int(),
});
export type QueueInfo = z.output<typeof queueSchema>;

const empty = z.strictObject({});

export const systemStatusSchema = z.object({
	instance: z.string(),
	pid: z.int(),
	version: z.string(),
	buildId: z.string(),
	builtAt: z.int(),
	startedAt: z.int(),
	home: z.string(),
	endpoint: z.string(),
	node: z.string(),
	platform: z.string(),
	draining: z.string().nullable(),
	/** How it drains. */
	drainMode: z.enum(DRAIN_MODES).nullable(),
	clients: z.int(),
	counts: countsSchema,
	queues: z.array(queueSchema),
	/** What the memory caps of runs take of what they may take together; null: they are not bounded. */
	room: z
		.object({
			allowedMB: z.int(),
			takenMB: z.int(),
			/** Runs with a cap, and without: those count nothing. */
			capped: z.int(),
			uncapped: z.int(),
		})
		.nullable()
		.optional(),
	memory: z.object({ rssBytes: z.int(), heapUsedBytes: z.int() }),
	storage: z.object({ databaseBytes: z.int(), walBytes: z.int(), payloadBytes: z.int() }),
	/** What the clean-up at start found and did. */
	recovery: z.object({
		interrupted: z.int(),
		requeued: z.int(),
		resolved: z.int(),
		killed: z.int(),
	}),
	/** Things a person should know, each a sentence. */
	warnings: z.array(z.string()),
});
export type SystemStatus = z.output<typeof systemStatusSchema>;

export const queueRequests = {
	'queue/list': {
		params: empty,
		result: z.object({
			global: z.object({ concurrency: z.int(), paused: z.boolean(), running: z.int() }),
			queues: z.array(queueSchema),
		}),
	},
	'queue/update': {
		params: z
			.strictObject({
				/** `*` is the global limit and everything. */
				name: z.string().regex(/^(\*|[A-Za-z0-9_-]{1,64})$/, 'must be a queue name, or * for all'),
				/** `null`: the default again. */
				concurrency: z.int().min(1).max(1024).nullable().optional(),
				paused: z.boolean().optional(),
				/** `null`: none. */
				rate: rateSchema.nullable().optional(),
				/** Of what is enqueued from now on; `null`: none. */
				limits: limitsSchema.nullable().optional(),
			})
			.refine(
				({ name: _, ...change }) => Object.values(change).some((value) => value !== undefined),
				'must change something: give concurrency, paused, rate or limits',
			)
			.refine(({ name, limits }) => name !== '*' || limits === undefined, {
				path: ['limits'],
				error: 'belong to one queue; say its name',
			})
			.refine(({ name, rate }) => name !== '*' || rate === undefined, {
				path: ['rate'],
				error: 'belongs to one queue; say its name',
			}),
		result: z.object({
			name: z.string(),
			concurrency: z.int(),
			paused: z.boolean(),
			rate: rateSchema.nullable(),
			limits: limitsSchema.nullable(),
		}),
	},
} as const;

export const systemRequests = {
	'settings/get': {
		params: empty,
		result: z.object({ values: z.record(z.string(), z.json()), revision: z.int() }),
	},
	'settings/update': {
		/** A value of `null` is the default again. */
		params: z.strictObject({ values: z.record(z.string(), boundedJson), revision: z.int() }),
		result: z.object({ values: z.record(z.string(), z.json()), revision: z.int() }),
	},
	'event/emit': {
		params: z.strictObject({
			name: z.string().min(1).max(128),
			workspace: z.string().optional(),
			/** What several clients notice counts once: not told when the last one of its kind was the same. */
			occurrence: z.string().min(1).max(128).optional(),
			/** Told after `withinMs`, and not at all when that other event comes for the workspace meanwhile. */
			unless: z
				.strictObject({
					event: z.string().min(1).max(128),
					withinMs: z.int().min(1).max(600_000),
				})
				.optional(),
		}),
		result: z.object({ released: z.int() }),
	},
	'activity/report': { params: empty, result: z.object({}) },
	'system/status': { params: empty, result: systemStatusSchema },
	/** Prometheus' text format. */
	'system/metrics': {
		params: empty,
		result: z.object({ contentType: z.string(), text: z.string() }),
	},
	'system/diagnose': {
		params: empty,
		result: z.object({
			checks: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string() })),
		}),
	},
	'system/maintain': {
		params: z.strictObject({ vacuum: z.boolean().default(false) }),
		result: z.object({ report: z.array(z.string()) }),
	},
	'system/drain': {
		params: z.strictObject({
			reason: z.string().min(1).max(200),
			mode: z.enum(DRAIN_MODES),
			timeoutMs: z.int().min(0).max(86_400_000).default(60_000),
		}),
		result: z.object({ mode: z.string(), running: z.int() }),
	},
} as const;
