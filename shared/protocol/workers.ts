/** Requests of workers: clients that do jobs as functions of their own (docs/sdk.md). */
import * as z from 'zod';
import { costSchema } from '../cost.ts';
import { changeable, jobTypeSchema, progressSchema } from '../job.ts';
import { LIMITS } from '../jobTerms.ts';
import { boundedJson } from '../jobValues.ts';

export const WORKER_LIMITS = {
	types: 200,
	concurrency: 1000,
	prefetch: 1000,
	/** Beside what it may do at once, so much may lie ready at a worker. */
	prefetchPerPlace: 4,
	logBytes: 256 * 1024,
} as const;

const runName = z.strictObject({ id: z.string().min(1).max(64), run: z.int().min(1) });
const runNames = z.array(runName).min(1).max(LIMITS.jobsPerRequest);

const workerTypeSchema = z.strictObject({
	type: jobTypeSchema,
	queue: changeable.queue.optional(),
	/** So many of this type at once, on this connection. */
	concurrency: z.int().min(1).max(WORKER_LIMITS.concurrency).default(1),
	maxAttempts: z.int().min(1).max(100).optional(),
	restartable: z.boolean().optional(),
	timeoutMs: z.int().min(1).max(2_147_483_647).optional(),
});
export type WorkerType = z.output<typeof workerTypeSchema>;

const registrationSchema = z
	.strictObject({
		name: z.string().min(1).max(LIMITS.groupName),
		types: z.array(workerTypeSchema).min(1).max(WORKER_LIMITS.types),
		/** So many runs may be with the worker at once; without it, what it may do at once. */
		prefetch: z.int().min(1).max(WORKER_LIMITS.prefetch).optional(),
	})
	.refine(({ types }) => new Set(types.map(({ type }) => type)).size === types.length, {
		path: ['types'],
		message: 'must name each type once',
	})
	.refine(
		({ types, prefetch = 1 }) => prefetch <= WORKER_LIMITS.prefetchPerPlace * placesOf(types),
		{
			path: ['prefetch'],
			message: `must be at most ${WORKER_LIMITS.prefetchPerPlace} × the concurrency of all types`,
		},
	);
export type Registration = z.output<typeof registrationSchema>;

export function placesOf(types: readonly { readonly concurrency: number }[]): number {
	return types.reduce((sum, { concurrency }) => sum + concurrency, 0);
}

const endSchema = z.discriminatedUnion('outcome', [
	runName.extend({
		outcome: z.literal('succeeded'),
		result: boundedJson.optional(),
		cost: costSchema.optional(),
	}),
	runName.extend({
		outcome: z.literal('failed'),
		result: boundedJson.optional(),
		error: z.string().min(1).max(1000),
		/** Another attempt would end the same. */
		final: z.boolean().optional(),
		cost: costSchema.optional(),
	}),
	/** Failed, and to be tried again after so long, within its attempts. */
	runName.extend({
		outcome: z.literal('retry'),
		error: z.string().min(1).max(1000),
		afterMs: z
			.int()
			.min(0)
			.max(30 * 86_400_000),
	}),
	/** Given up: back to the queue where it may be run again. */
	runName.extend({ outcome: z.literal('interrupted') }),
]);
export type FunctionEnd = z.output<typeof endSchema>;

export const workerRequests = {
	'worker/register': {
		params: registrationSchema,
		result: z.object({ prefetch: z.int() }),
	},
	/** Answered after the commit, with those that may begin, and what each says as its job's token. */
	'worker/started': {
		params: z.strictObject({ runs: runNames }),
		result: z.object({ runs: z.array(runName.extend({ token: z.string() })) }),
	},
	/** Answered after the commit; `taken` is false for what is not the worker's any more. */
	'worker/finish': {
		params: z.strictObject({ results: z.array(endSchema).min(1).max(LIMITS.jobsPerRequest) }),
		result: z.object({ taken: z.array(z.boolean()) }),
	},
	'worker/progress': {
		params: runName.extend({ progress: progressSchema }),
		result: z.object({}),
	},
	/** Answered once it is kept, a second later at most. JSON, at most 64 KiB, nested 32 deep at most. */
	'worker/checkpoint': {
		params: runName.extend({ checkpoint: boundedJson }),
		result: z.object({}),
	},
	'worker/log': {
		params: runName.extend({ text: z.string().min(1).max(WORKER_LIMITS.logBytes) }),
		result: z.object({}),
	},
	/** The answer to `worker/ping`. */
	'worker/alive': { params: z.strictObject({}), result: z.object({}) },
} as const;

/** As `worker/run` hands a run over. Nothing of it begins before `worker/started` has named it. */
export interface HandedRun {
	readonly id: string;
	readonly run: number;
	readonly attempt: number;
	readonly type: string;
	/** Folder URI, where it has one. */
	readonly workspace?: string;
	/** Below 10,000 bytes; a longer one lies in a file that goes with the run. */
	readonly payload?: unknown;
	readonly payloadPath?: string;
	/** What earlier runs of the job left for this one. */
	readonly checkpoint?: unknown;
	readonly deadlineAt: number | null;
}

/** `worker/stop`: after `graceMs` the run is over, whatever the worker says. */
export interface StopNotice {
	readonly id: string;
	readonly run: number;
	readonly cause: string;
	readonly graceMs: number;
}
