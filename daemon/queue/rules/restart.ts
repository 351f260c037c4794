/** Jobs that serve are begun anew when they end by themselves (docs/design.md section 3). */
import type { JobSpec } from '../../../shared/job.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobHandler } from '../ports/handlers.ts';
import type { JobRow } from '../store/rows.ts';
import { storedSpec } from '../store/storedSpec.ts';
import { backoffDelay } from './backoff.ts';

type Restarting = { readonly restart?: JobSpec['restart'] | null };

export function restarts({ restart }: Restarting): boolean {
	return restart != null && restart.policy !== 'never';
}

/** What is begun anew after it failed may be so after an interruption, unless it says otherwise. */
export function isRestartable(spec: JobSpec, { defaults }: JobHandler): boolean {
	return spec.restartable ?? (restarts(spec) || defaults.restartable);
}

/**
 * When the job begins anew, and counts that; undefined where it is over. Asked of a run that ended by itself or
 * failed, never of one that somebody stopped.
 */
export type RestartAt = (
	row: JobRow,
	failed: boolean,
	now: number,
	tookMs: number,
) => number | undefined;

export function createRestartAt(db: Sqlite, random: () => number): RestartAt {
	// A restart is charged to nobody.
	const count = db.prepare<[number, number]>(
		'UPDATE jobs SET restarts = ?, attempt = attempt - 1 WHERE generation = ?',
	);
	return (row, failed, now, tookMs) => {
		const { restart } = storedSpec(row);
		if (restart === null || restart.policy === 'never') return undefined;
		if (!failed && restart.policy === 'on-failure') return undefined;
		// What goes on for so long is in no circle of ends and beginnings.
		const before = tookMs > restart.backoff.maxMs ? 0 : row.restarts;
		if (before >= restart.max) return undefined;
		count.run(before + 1, row.generation);
		return now + backoffDelay(restart.backoff, before + 1, random);
	};
}
