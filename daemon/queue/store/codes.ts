/** The numbers behind `state` and `stage` in jobs.db. They are on disk: append, never renumber. */
import { JOB_STATES, type JobState } from '../../../shared/jobTerms.ts';

export const STATE = {
	queued: 0,
	running: 1,
	paused: 2,
	succeeded: 3,
	failed: 4,
	cancelled: 5,
	superseded: 6,
	expired: 7,
} as const satisfies Record<JobState, number>;

/** Why a job is, or is not, in the claim index. */
export const STAGE = {
	ready: 1,
	delayed: 2,
	subject: 3,
	held: 4,
	active: 5,
	ended: 6,
	event: 7,
	/** Queued and being stopped: it ends when its children have. */
	stopping: 8,
	/** Some condition of it on another job does not hold yet. */
	dependency: 9,
} as const;

export function stateName(code: number): JobState {
	const name = JOB_STATES[code];
	if (name === undefined) throw new RangeError(`jobs.db holds the unknown state ${code}.`);
	return name;
}
