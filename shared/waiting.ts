/** Kinds of reasons for which jobs wait, as `job/explain` names them (docs/design.md section 7). */

/** What Run Now does not wait for. */
export const WAIVED_BY_RUN_NOW: ReadonlySet<string> = new Set([
	'time',
	'backoff',
	'event',
	'power',
	'battery',
	'idle',
	'memory',
	'disk',
	'network',
	'cpu',
	'limit',
	'rate',
	'room',
	'paused',
	'alone',
	'spread',
]);

/**
 * What a queued job waits for, as metrics and stats name it. One that waits for several things counts once, for the one
 * that comes first.
 */
export const WAIT_REASONS = [
	/** All else is there. */
	'slot',
	'delayed',
	'backoff',
	'subject',
	'dependency',
	'held',
	'paused',
	'event',
	'power',
	'idle',
	'memory',
	'disk',
	'network',
	'rate',
	/** The caps of what runs leave too little of the machine's memory. */
	'room',
	'group',
	/** Of a function: nobody who does it is there, or has room. */
	'worker',
	'other',
] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];
