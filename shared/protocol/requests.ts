/** The whole request table: one schema pair per method; parameter and result types are inferred. */
import * as z from 'zod';
import type { BuildStamp } from '../build.ts';
import { aiRequests } from './ai.ts';
import { fleetRequests } from './fleet.ts';
import { groupRequests } from './groups.ts';
import { hookRequests } from './hooks.ts';
import { indexRequests } from './indexing.ts';
import { jobRequests, subscriptionRequests } from './jobs.ts';
import { logRequests } from './logs.ts';
import { meaningRequests } from './meaning.ts';
import { notifyRequests } from './notify.ts';
import { scheduleRequests } from './schedules.ts';
import { startedWorkerRequests } from './startedWorkers.ts';
import { statsRequests } from './stats.ts';
import { queueRequests, systemRequests } from './system.ts';
import { workerRequests } from './workers.ts';

export const requests = {
	...jobRequests,
	...subscriptionRequests,
	...logRequests,
	...queueRequests,
	...scheduleRequests,
	...groupRequests,
	...hookRequests,
	...notifyRequests,
	...indexRequests,
	...meaningRequests,
	...systemRequests,
	...aiRequests,
	...statsRequests,
	...workerRequests,
	...fleetRequests,
	...startedWorkerRequests,
} as const;

export type Method = keyof typeof requests;
/** What a caller writes: defaults may be left out. */
export type ParamsInput<M extends Method> = z.input<(typeof requests)[M]['params']>;
/** What a handler receives: defaults are filled in. */
export type Params<M extends Method> = z.output<(typeof requests)[M]['params']>;
export type Result<M extends Method> = z.output<(typeof requests)[M]['result']>;

export const notifications = {
	jobsChanged: 'jobs/changed',
	jobsEnded: 'jobs/ended',
	logData: 'log/data',
	schedulesChanged: 'schedules/changed',
	workerRun: 'worker/run',
	workerStop: 'worker/stop',
	workerPing: 'worker/ping',
} as const;

/** `initialize` is LSP's and lenient: fields we do not know are ignored, ours must be well-formed. */
export const initializeSchema = z.looseObject({
	initializationOptions: z.looseObject({
		token: z.string().max(256),
		client: z.string().max(64).optional(),
		version: z.string().max(64).optional(),
		workspaceFolders: z.array(z.string()).max(1000).optional(),
		/** The client's own Node, for the day on which the daemon's is removed. */
		execPath: z.string().max(4096).optional(),
		/** `tool`: an AI tool's server, which may do little (docs/security.md). */
		role: z.literal('tool').optional(),
		/** A tool's: the folder that it was started in, absolute. It belongs to its jobs' origin. */
		root: z.string().max(4096).optional(),
		/** A tool's: of the allowed folders only these, absolute. */
		folders: z.array(z.string().min(1).max(4096)).max(1000).optional(),
	}),
});

export type InitializationOptions = z.output<typeof initializeSchema>['initializationOptions'];

/** `system/prove`, the one request before `initialize` (shared/proof.ts). */
export const proveSchema = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32,128}$/) });

/** Sent back from `initialize` under `semantica`. */
export interface ServerIdentity extends BuildStamp {
	readonly protocol: number;
	readonly instance: string;
	/** Why it had better make way for another of its build, in a sentence. */
	readonly stale: string | null;
	/** What jobs that this client enqueues say of who asked; absent where the daemon is older than that. */
	readonly origin?: string;
}

/** run/daemon.json: how clients find the daemon. */
export const stateFileSchema = z.object({
	pid: z.int(),
	endpoint: z.string(),
	protocol: z.int(),
	version: z.string(),
	buildId: z.string(),
	builtAt: z.int(),
	instance: z.string(),
	startedAt: z.int(),
	/** It answers `system/prove`; absent where it is older than that. */
	proves: z.boolean().optional(),
});
export type StateFile = z.output<typeof stateFileSchema>;
