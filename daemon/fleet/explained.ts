/** Why a job elsewhere is not running yet, or where it is, in words. */
import type { Job } from '../../shared/job.ts';
import type { Explanation } from '../../shared/protocol/jobs.ts';
import { describeDuration } from '../queue/views/explanationText.ts';
import { isHeld } from './mirror.ts';
import { sharedOf } from './outbox.ts';
import { SHARED, type SharedJob } from './port.ts';
import type { SentRow } from './table.ts';

export function explained(
	row: SentRow,
	job: Job,
	{ unreachable, now }: { unreachable: string | undefined; now: number },
): Explanation {
	const one = (kind: string, message: string, until?: number): Explanation => ({
		runnable: false,
		reasons: [{ kind, message, since: row.created_at, ...(until === undefined ? {} : { until }) }],
		summary: message,
	});
	const timed = (at: number) =>
		one('time', `waits for its start time, in ${describeDuration(at - now)}`, at);
	if (row.ended_at !== null) return { runnable: false, reasons: [] };
	const shared = sharedOf(row);
	if (row.needs_approval === 1) {
		return one('approval', `waits for a person to approve it: semantica approve ${row.id}`);
	}
	if (row.delivered === 0) {
		return one('fleet', `not delivered yet: ${unreachable ?? 'the shared queue is not reachable'}`);
	}
	const where = job.machine ?? 'another machine';
	const heard = shared?.seen == null ? '' : ` (last heard of ${ago(now - shared.seen)})`;
	switch (shared?.state) {
		case SHARED.leased:
			return one('fleet', `${where} has taken it and begins it when a slot is free there${heard}`);
		case SHARED.begun:
			return pausing(shared, where, one);
		case SHARED.lost:
			return one('fleet', `${where} is not heard of${heard}; the job may still be running there`);
		case SHARED.delayed:
			return isHeld(shared)
				? one('held', 'paused; start it again with Resume')
				: timed(shared.runAt ?? now);
		case SHARED.behind:
			return one('subject', 'waits for another shared job of its subject');
		case SHARED.arriving:
			return one('fleet', 'its input is on its way to the shared queue');
		default:
			return one(
				'fleet',
				`waits for ${where}, which takes it when it is there, accepts it and has a free slot`,
			);
	}
}

/** Of what another machine runs: whether it stands still there, or will. */
function pausing(
	{ paused = false, pauseWanted = false, pauseRefusal }: SharedJob,
	where: string,
	one: (kind: string, message: string) => Explanation,
): Explanation {
	if (pauseRefusal != null) return one('fleet', `${where} could not do that: ${pauseRefusal}`);
	if (paused) return one('held', `paused on ${where}; start it again with Resume`);
	if (pauseWanted) return one('fleet', `${where} is told to pause it`);
	return { runnable: false, reasons: [] };
}

function ago(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000));
	if (seconds < 120) return `${seconds} s ago`;
	const minutes = Math.round(seconds / 60);
	return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
