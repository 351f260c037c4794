/** Kinds of reasons for which jobs wait, as `job/explain` names them (docs/design.md section 7). */

/** What Run Now does not wait for. */
export const WAIVED_BY_RUN_NOW: ReadonlySet<string> = new Set([
	'time',
	'backoff',
	'event',
	'power',
	'battery',
	'idle',
	'cpu',
	'limit',
	'paused',
	'alone',
	'spread',
]);
