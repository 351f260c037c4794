/**
 * The subject lock (docs/design.md section 3): of all jobs with one (type, subject), at most one is ready
 * or active. The others wait outside the claim index, so that no claim ever steps over them.
 */
import type { Sqlite } from '../../sqlite/open.ts';
import { STAGE } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { Tx } from '../store/tx.ts';
import type { WaitClasses } from '../store/waitClasses.ts';

export type Placeable = Pick<
	JobRow,
	| 'type'
	| 'subject'
	| 'priority'
	| 'queue'
	| 'workspace'
	| 'group_name'
	| 'class'
	| 'max_wait'
	| 'event'
	| 'run_at'
	| 'wait'
	| 'after_open'
> & {
	/** Absent for a job that is being inserted. */
	readonly generation?: number;
	readonly created_at?: number;
};

export interface Subjects {
	/** The stage a queued job belongs in now; a ready job of its subject that goes behind it makes way. */
	stageFor(tx: Tx, job: Placeable): number;
	/** When a job that is ready now stops waiting for its conditions, epoch ms. */
	waiveTime(tx: Tx, job: Waiver): number | null;
	/** All but a slot and its conditions is there: its longest wait for those begins. */
	ready(tx: Tx, job: Ready): void;
	/** Where nobody owns the subject any more, its best waiting job, if any, becomes ready. */
	release(tx: Tx, type: string, subject: string | null): void;
	/** Queued jobs of the subject, oldest first. */
	queued(type: string, subject: string): JobRow[];
	active(type: string, subject: string): JobRow | undefined;
	/**
	 * Generation of the newest queued job that replaces older ones of its subject. One that waits for other jobs does
	 * not: they may be waiting for the older one.
	 */
	newest(type: string, subject: string, after: number): number | undefined;
}

type Owner = Pick<JobRow, 'generation' | 'stage' | 'priority'>;
type Ready = Pick<
	Placeable,
	'queue' | 'workspace' | 'group_name' | 'class' | 'max_wait' | 'generation'
>;
type Waiver = Pick<JobRow, 'class' | 'max_wait'>;
type Waiting = Pick<
	JobRow,
	'generation' | 'queue' | 'workspace' | 'group_name' | 'class' | 'max_wait'
>;

export function createSubjects(db: Sqlite, classes: Pick<WaitClasses, 'asksMachine'>): Subjects {
	const owner = db.prepare<[string, string], Owner>(
		`SELECT generation, stage, priority FROM jobs
		 WHERE type = ? AND subject = ? AND subject IS NOT NULL AND stage IN (1, 5)`,
	);
	const next = db.prepare<[string, string], Waiting>(
		`SELECT generation, queue, workspace, group_name, class, max_wait FROM jobs
		 WHERE type = +? AND subject = +? AND subject IS NOT NULL AND stage = 3
		 ORDER BY priority DESC, generation LIMIT 1`,
	);
	const setStage = db.prepare<[number, number]>('UPDATE jobs SET stage = ? WHERE generation = ?');
	const setWaive = db.prepare<[number, number]>(
		'UPDATE jobs SET waive_at = ? WHERE generation = ?',
	);
	// SQLite would rather read all that the subject ever had.
	const queued = db.prepare<[string, string], JobRow>(
		`SELECT * FROM jobs INDEXED BY jobs_subject_queued
		 WHERE type = +? AND subject = +? AND subject IS NOT NULL AND state = 0 AND stage <> ${STAGE.stopping} ORDER BY generation`,
	);
	const active = db.prepare<[string, string], JobRow>(
		`SELECT * FROM jobs WHERE type = ? AND subject = ? AND subject IS NOT NULL AND stage IN (1, 5)
		 AND stage = 5`,
	);
	const newer = db.prepare<[string, string, number], { generation: number }>(
		`SELECT generation FROM jobs INDEXED BY jobs_subject_queued
		 WHERE type = +? AND subject = +? AND subject IS NOT NULL AND state = 0 AND generation > ?
		 AND stage <> ${STAGE.stopping} AND after_open = 0 AND json_extract(spec, '$.supersede') IS NOT 'none'
		 ORDER BY generation DESC LIMIT 1`,
	);

	function waiveTime(tx: Tx, { class: waitClass, max_wait }: Waiver): number | null {
		// For a worker it waits however long it takes.
		return max_wait !== null && classes.asksMachine(waitClass) ? tx.now + max_wait : null;
	}

	function ready(tx: Tx, job: Ready): void {
		const waiveAt = waiveTime(tx, job);
		if (waiveAt !== null && job.generation !== undefined) setWaive.run(waiveAt, job.generation);
		const { queue, class: waitClass, workspace, group_name } = job;
		tx.ready({ queue, class: waitClass, workspace, group_name });
	}

	return {
		waiveTime,
		ready,
		stageFor(tx, job) {
			if (job.after_open > 0) return STAGE.dependency;
			// Who asked for no time waits for none, also when the clock is set back.
			const asked = job.wait !== null || job.run_at > (job.created_at ?? tx.now);
			if (asked && job.run_at > tx.now) {
				tx.wake();
				return STAGE.delayed;
			}
			if (job.event !== null) return STAGE.event;
			if (job.subject !== null) {
				const held = owner.get(job.type, job.subject);
				if (held !== undefined && held.generation !== job.generation) {
					if (held.stage === STAGE.active || goesBefore(held, job)) return STAGE.subject;
					setStage.run(STAGE.subject, held.generation);
				}
			}
			ready(tx, job);
			return STAGE.ready;
		},
		release(tx, type, subject) {
			if (subject === null || owner.get(type, subject) !== undefined) return;
			const waiting = next.get(type, subject);
			if (waiting === undefined) return;
			setStage.run(STAGE.ready, waiting.generation);
			ready(tx, waiting);
		},
		queued: (type, subject) => queued.all(type, subject),
		active: (type, subject) => active.get(type, subject),
		newest: (type, subject, after) => newer.get(type, subject, after)?.generation,
	};
}

/** The order within a subject is the order of claims: priority, then first come; a new job comes last. */
function goesBefore(owner: Owner, job: Placeable): boolean {
	if (owner.priority !== job.priority) return owner.priority > job.priority;
	return owner.generation < (job.generation ?? Number.POSITIVE_INFINITY);
}
