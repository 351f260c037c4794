/** The whole request table: one schema pair per method; parameter and result types are inferred. */
import * as z from 'zod';
import { indexRequests } from './indexing.ts';
import { jobRequests, subscriptionRequests } from './jobs.ts';
import { logRequests } from './logs.ts';
import { queueRequests, systemRequests } from './system.ts';

/** Raised when an older client could no longer understand us. */
export const PROTOCOL_VERSION = 1;

export const requests = {
	...jobRequests,
	...subscriptionRequests,
	...logRequests,
	...queueRequests,
	...indexRequests,
	...systemRequests,
} as const;

export type Method = keyof typeof requests;
/** What a caller writes: defaults may be left out. */
export type ParamsInput<M extends Method> = z.input<(typeof requests)[M]['params']>;
/** What a handler receives: defaults are filled in. */
export type Params<M extends Method> = z.output<(typeof requests)[M]['params']>;
export type Result<M extends Method> = z.output<(typeof requests)[M]['result']>;

export const notifications = { jobsChanged: 'jobs/changed', logData: 'log/data' } as const;

/** `initialize` is LSP's and lenient: fields we do not know are ignored, ours must be well-formed. */
export const initializeSchema = z.looseObject({
	initializationOptions: z.looseObject({
		token: z.string().max(256),
		client: z.string().max(64).optional(),
		version: z.string().max(64).optional(),
		workspaceFolders: z.array(z.string()).max(1000).optional(),
	}),
});

/** Sent back from `initialize` under `semantica`. */
export interface ServerIdentity {
	readonly protocol: number;
	readonly instance: string;
	readonly buildId: string;
}

/** run/daemon.json: how clients find the daemon. */
export const stateFileSchema = z.object({
	pid: z.int(),
	endpoint: z.string(),
	protocol: z.int(),
	version: z.string(),
	buildId: z.string(),
	instance: z.string(),
	startedAt: z.int(),
});
export type StateFile = z.output<typeof stateFileSchema>;
