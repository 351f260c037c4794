/** Requests for whoever shows how things are and how they were: `top`, the dashboard (docs/design.md section 7). */
import * as z from 'zod';
import { JOB_STATES } from '../jobTerms.ts';
import { WAIT_REASONS } from '../waiting.ts';
import { countsSchema } from './jobs.ts';
import { queueSchema } from './system.ts';

/** Queued jobs by what they wait for; a reason that nobody has is absent. */
const waitingSchema = z.partialRecord(z.enum(WAIT_REASONS), z.int());
export type Waiting = z.output<typeof waitingSchema>;

/** Milliseconds. */
const quantilesSchema = z.object({ p50: z.number(), p95: z.number() });
export type Quantiles = z.output<typeof quantilesSchema>;

/** Jobs that ended: how many by end state, how long they had waited when due, and how long their last run took. */
const flowSchema = z.object({
	ended: z.partialRecord(z.enum(JOB_STATES), z.int()),
	/** Null where none of them was started. */
	waitMs: quantilesSchema.nullable(),
	runMs: quantilesSchema.nullable(),
});
export type EndedFlow = z.output<typeof flowSchema>;

const flowByQueueSchema = flowSchema.extend({
	/** Of the ten queues in which most ended; the rest is `other`. */
	queues: z.record(z.string(), flowSchema),
});

const machineSchema = z.object({
	/** Null while no job depends on it, or nobody knows. */
	onMains: z.boolean().nullable(),
	/** 0 to 1. */
	battery: z.number().nullable(),
	idle: z.boolean().nullable(),
});
export type MachineNow = z.output<typeof machineSchema>;

const sizesSchema = z.object({
	databaseBytes: z.int(),
	walBytes: z.int(),
	payloadBytes: z.int(),
	logBytes: z.int(),
	/** Null while it is not known yet. */
	indexBytes: z.int().nullable(),
});
export type Sizes = z.output<typeof sizesSchema>;

export const statsNowSchema = z.object({
	at: z.int(),
	counts: countsSchema,
	waiting: waitingSchema,
	/** Of all queues together; `running` is slots that are taken. */
	global: z.object({ concurrency: z.int(), paused: z.boolean(), running: z.int() }),
	/** Those with most to do first. */
	queues: z.array(queueSchema.extend({ waiting: waitingSchema })),
	/** Queues that are not among them. */
	moreQueues: z.int(),
	daemon: z.object({
		startedAt: z.int(),
		/** Of itself since its start, without its jobs: the difference of two answers is a share. */
		cpuMs: z.int(),
		rssBytes: z.int(),
		clients: z.int(),
	}),
	machine: machineSchema,
	storage: sizesSchema.extend({ payloadQuotaBytes: z.int() }),
});
export type StatsNow = z.output<typeof statsNowSchema>;

/** Beside what ended since the row before, or since the daemon's start: how things stood at its end. */
export const ringRowSchema = flowByQueueSchema.extend({
	from: z.int(),
	at: z.int(),
	running: z.int(),
	waiting: waitingSchema,
	/** Between `from` and `at`. */
	cpuMs: z.int(),
	rssBytes: z.int(),
	...machineSchema.shape,
	...sizesSchema.shape,
});
export type RingRow = z.output<typeof ringRowSchema>;

/** More buckets than this nobody is told at once. */
export const MOST_BUCKETS = 1500;

export const statsHistorySchema = z.object({
	/** When it was answered. */
	to: z.int(),
	/**
	 * One after the other, without a hole: `at` is a multiple of `bucketMs`, the last one goes on. From jobs that are
	 * still kept.
	 */
	buckets: z.array(flowByQueueSchema.extend({ at: z.int() })),
	/** The same over all of them, those with most ended first; fifty at most. */
	queues: z.array(flowSchema.extend({ queue: z.string() })),
	/** Before it jobs that ended may be removed already: `ring` still counts them. */
	keptSince: z.int(),
	/** Of the kinds that took longest by their p95, the first twenty. */
	kinds: z.array(
		z.object({
			type: z.string(),
			title: z.string(),
			ended: z.int(),
			failed: z.int(),
			runMs: quantilesSchema,
			longest: z.object({ id: z.string(), runMs: z.int() }),
		}),
	),
	/**
	 * One row in five minutes at most, of the last 24 hours, oldest first; written with a change that happens anyway, so
	 * that where the daemon was not there, or had nothing to do, none is.
	 */
	ring: z.array(ringRowSchema),
});
export type StatsHistory = z.output<typeof statsHistorySchema>;

export const statsRequests = {
	'stats/now': {
		params: z.strictObject({ queues: z.int().min(0).max(1000).default(50) }),
		result: statsNowSchema,
	},
	'stats/history': {
		params: z.strictObject({
			bucketMs: z.int().min(60_000).max(86_400_000),
			/** Epoch ms; no more than 1,500 buckets ago. */
			from: z.int().min(0),
		}),
		result: statsHistorySchema,
	},
} as const;
