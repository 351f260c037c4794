/** Requests about queues, settings, events and the daemon itself (docs/design.md section 7). */
import * as z from 'zod';
import { countsSchema } from './jobs.ts';

export const queueSchema = z.object({
	name: z.string(),
	concurrency: z.int(),
	paused: z.boolean(),
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
	startedAt: z.int(),
	home: z.string(),
	endpoint: z.string(),
	node: z.string(),
	platform: z.string(),
	draining: z.string().nullable(),
	clients: z.int(),
	counts: countsSchema,
	queues: z.array(queueSchema),
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
				concurrency: z.int().min(1).max(1024).optional(),
				paused: z.boolean().optional(),
			})
			.refine(
				(update) => update.concurrency !== undefined || update.paused !== undefined,
				'must change something: give concurrency or paused',
			),
		result: z.object({ name: z.string(), concurrency: z.int(), paused: z.boolean() }),
	},
} as const;

export const systemRequests = {
	'settings/get': {
		params: empty,
		result: z.object({ values: z.record(z.string(), z.json()), revision: z.int() }),
	},
	'settings/update': {
		params: z.strictObject({ values: z.record(z.string(), z.json()), revision: z.int() }),
		result: z.object({ values: z.record(z.string(), z.json()), revision: z.int() }),
	},
	'event/emit': {
		params: z.strictObject({
			name: z.string().min(1).max(128),
			workspace: z.string().optional(),
		}),
		result: z.object({ released: z.int() }),
	},
	'activity/report': { params: empty, result: z.object({}) },
	'system/status': { params: empty, result: systemStatusSchema },
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
			mode: z.enum(['whenIdle', 'finish', 'stop']),
			timeoutMs: z.int().min(0).max(86_400_000).default(60_000),
		}),
		result: z.object({ mode: z.string(), running: z.int() }),
	},
} as const;
