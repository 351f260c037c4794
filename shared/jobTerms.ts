/** The words and bounds of a job, without the schemas: who needs no more pays for no schema library at its start. */

export const JOB_STATES = [
	'queued',
	'running',
	'paused',
	'succeeded',
	'failed',
	'cancelled',
	'superseded',
	'expired',
] as const;
export type JobState = (typeof JOB_STATES)[number];

export const STOP_REASONS = [
	'exit',
	'signal',
	'spawn',
	'timeout',
	'cancel',
	'supersede',
	'ttl',
	'deadline',
	'interrupted',
	'poison',
	'payload',
	'children',
	'dependency',
	'ready',
	'memory',
	'unchanged',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** Of which somebody is told: `failed` is failed or expired, `ended` is any end. */
export const WATCHED_ENDS = ['failed', 'ended'] as const;
export type WatchedEnd = (typeof WATCHED_ENDS)[number];
/** When a person is told of a job's end: `long` as `failed`, and of any end of one that was asked for long before. */
export const NOTIFY = ['never', 'failed', 'long', 'ended'] as const;
export type Notify = (typeof NOTIFY)[number];

/** What a job may wait for another one to come to. */
export const AFTER_ON = ['succeeded', 'ended', 'ready'] as const;

/** When a job that serves is begun anew, its process having ended by itself. */
export const RESTART_POLICIES = ['never', 'on-failure', 'always'] as const;

/** Priorities, limits and bounds that more than one room needs. */
export const LIMITS = {
	jobsPerRequest: 1000,
	payloadBytes: 16 * 1024 * 1024,
	payloadFileBytes: 256 * 1024 * 1024,
	payloadDepth: 32,
	commandBytes: 256 * 1024,
	resultBytes: 16 * 1024,
	checkpointBytes: 64 * 1024,
	/** 30 days. */
	retryAfterMs: 2_592_000_000,
	leastFreeRetryMs: 1000,
	freeRetries: 1000,
	parentDepth: 4,
	conditions: 100,
	readyPattern: 500,
	readyFile: 4096,
	/** MB of 1,048,576 bytes. */
	leastMemoryMB: 16,
	mostMemoryMB: 16_777_216,
	leastCpus: 0.01,
	mostCpus: 4096,
	mostProcesses: 4_194_304,
	groupName: 128,
	/** Globs, and names of variables. */
	inputs: 100,
	inputGlob: 1000,
	groupLimit: 1_000_000,
	listLimit: 200,
	hooks: 50,
	frameBytes: 32 * 1024 * 1024,
	/** The largest time accepted anywhere: the end of what JavaScript's Date can hold. */
	maxEpochMs: 8_640_000_000_000_000,
} as const;

/** It is ready, and runs on for those whom it serves. A daemon of an older build does not tell. */
export function isServing(job: {
	readonly state: JobState;
	readonly phase: 'run' | 'children' | null;
	readonly ready?: object | null;
	readonly readyAt?: number | null;
}): boolean {
	return job.state === 'running' && job.phase !== 'children' && !!job.ready && job.readyAt !== null;
}

/** It ended without doing its work, and nobody wanted that. */
export function isFailure(state: JobState): boolean {
	return state === 'failed' || state === 'expired';
}

export function isFinished(state: JobState): boolean {
	return state !== 'queued' && state !== 'running' && state !== 'paused';
}
