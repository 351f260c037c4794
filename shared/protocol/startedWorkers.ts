/** Requests about workers that the daemon starts itself, as config.json names them (docs/sdk.md). */
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { isFunctionType } from '../functionTypes.ts';
import { jobTypeSchema, shownCommandSchema } from '../job.ts';
import { commandSchema } from '../jobFields.ts';
import { WORKER_LIMITS } from './workers.ts';

export const STARTED_WORKERS = { most: 50, idleMs: 60_000 } as const;

export const workerNameSchema = z
	.string()
	.regex(
		/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/,
		'must be 1 to 64 letters, digits, ".", "_" or "-", and not begin with "." or "-"',
	);

export const startedWorkerSchema = z.strictObject({
	name: workerNameSchema,
	types: z
		.array(
			jobTypeSchema.refine(
				isFunctionType,
				'must have a dot, as in acme.embed, and not begin with "index."',
			),
		)
		.min(1)
		.max(WORKER_LIMITS.types)
		.refine((types) => new Set(types).size === types.length, 'must name each type once'),
	command: commandSchema.refine(
		({ cwd }) => cwd !== undefined && isAbsolute(cwd),
		'must have an absolute path as its "cwd"',
	),
	/** It ends when it has had nothing to do for so long. */
	idleMs: z.int().min(0).max(86_400_000).default(STARTED_WORKERS.idleMs),
});
export type StartedWorker = z.output<typeof startedWorkerSchema>;

export const shownWorkerSchema = z.object({
	name: z.string(),
	types: z.array(z.string()),
	command: shownCommandSchema,
	idleMs: z.int(),
	/**
	 * `idle`: it is started when there is work; `waiting`: it died, and is started again in a while; `broken`: it died
	 * five times before it registered, and is not started any more.
	 */
	state: z.enum(['idle', 'starting', 'ready', 'stopping', 'waiting', 'broken']),
	pid: z.int().nullable(),
	/** Runs that are with it. */
	holds: z.int(),
	/** How it ended last, in words; null where it has not. */
	lastEnd: z.string().nullable(),
	/** The file with what it printed. */
	log: z.string(),
});
export type ShownWorker = z.output<typeof shownWorkerSchema>;

const named = z.strictObject({ name: workerNameSchema });

export const startedWorkerRequests = {
	'worker/list': {
		params: z.strictObject({}),
		result: z.object({ workers: z.array(shownWorkerSchema) }),
	},
	/** One of that name is replaced, and what runs in it given back. */
	'worker/add': {
		params: startedWorkerSchema,
		result: z.object({ worker: shownWorkerSchema, replaced: z.boolean() }),
	},
	'worker/remove': { params: named, result: z.object({}) },
	/** Ends its process, where there is one; a broken one is tried again. */
	'worker/restart': { params: named, result: z.object({ worker: shownWorkerSchema }) },
} as const;
