/** What a person asked to run now: it waits for no limit but that of its group of jobs. */
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobRow } from '../store/rows.ts';
import type { Slots } from './capacity.ts';

export type UrgentJob = Pick<
	JobRow,
	'generation' | 'queue' | 'class' | 'group_name' | 'parent' | 'swept'
>;

export interface Urgent {
	/** In order; of each group no more than there may be places for. */
	ready(slots: Slots): UrgentJob[];
	/** Something would start or go on. */
	any(slots: Slots): boolean;
}

export function createUrgent(db: Sqlite): Urgent {
	const ofGroup = db.prepare<[string, number], UrgentJob>(
		`SELECT generation, queue, class, group_name, parent, swept FROM jobs INDEXED BY jobs_run_now
		 WHERE group_name = +? AND run_now = 1 AND stage = 1 ORDER BY generation LIMIT +?`,
	);
	const nextGroup = db.prepare<[string], Pick<JobRow, 'group_name'>>(
		`SELECT group_name FROM jobs INDEXED BY jobs_run_now WHERE run_now = 1 AND stage = 1 AND group_name > ?
		 ORDER BY group_name LIMIT 1`,
	);
	const resuming = db.prepare<[], Pick<JobRow, 'group_name'>>(
		'SELECT group_name FROM jobs INDEXED BY jobs_resuming WHERE state = 2 AND held = 0 AND run_now = 1',
	);

	function* groupsWithPlace(slots: Slots): Generator<[group: string, places: number]> {
		let job = nextGroup.get('');
		while (job !== undefined) {
			const places = slots.placesOf(job.group_name);
			if (places > 0) yield [job.group_name, places];
			job = nextGroup.get(job.group_name);
		}
	}

	return {
		ready(slots) {
			const found = ofGroup.all('', -1);
			for (const group of groupsWithPlace(slots)) found.push(...ofGroup.all(...group));
			return found.sort((a, b) => a.generation - b.generation);
		},
		any(slots) {
			const mayStart = (job: UrgentJob) => slots.isWorkerFree(job.class);
			if (ofGroup.all('', -1).some(mayStart)) return true;
			for (const group of groupsWithPlace(slots))
				if (ofGroup.all(...group).some(mayStart)) return true;
			return resuming.all().some((job) => slots.hasPlace(job));
		},
	};
}
