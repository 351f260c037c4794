/**
 * The subject lock (docs/design.md section 3): of all jobs with one (type, subject), at most one is ready
 * or active. The others wait outside the claim index, so that no claim ever steps over them.
 */
import type { Sqlite } from '../sqlite/open.ts';
import { STAGE } from './codes.ts';
import type { JobRow } from './rows.ts';
import type { Tx } from './tx.ts';
import { FREE_CLASS } from './waitClasses.ts';

export type Placeable = Pick<
	JobRow,
	| 'type'
	| 'subject'
	| 'priority'
	| 'queue'
	| 'workspace'
	| 'class'
	| 'max_wait'
	| 'event'
	| 'run_at'
> & {
	/** Absent for a job that is being inserted. */
	readonly generation?: number;
	readonly created_at?: number;
};

export interface Subjects {
	/** The stage a queued job belongs in now; a ready job of its subject that goes behind it makes way. */
	stageFor(tx: Tx, job: Placeable): number;
	/** All but a slot and its conditions is there: its longest wait for those begins. */
	ready(tx: Tx, job: Ready): void;
	/** Where nobody owns the subject any more, its best waiting job, if any, becomes ready. */
	release(tx: Tx, type: string, subject: string | null): void;
	/** Queued jobs of the subject, oldest first. */
	queued(type: string, subject: string): JobRow[];
	active(type: string, subject: string): JobRow | undefined;
	/** A newer queued job that replaces older ones of its subject. */
	hasNewer(type: string, subject: string, generation: number): boolean;
}

type Owner = Pick<JobRow, 'generation' | 'stage' | 'priority'>;
type Ready = Pick<Placeable, 'queue' | 'workspace' | 'class' | 'max_wait' | 'generation'>;
type Waiting = Pick<JobRow, 'generation' | 'queue' | 'workspace' | 'class' | 'max_wait'>;

export function createSubjects(db: Sqlite): Subjects {
	const owner = db.prepare<[string, string], Owner>(
		`SELECT generation, stage, priority FROM jobs
		 WHERE type = ? AND subject = ? AND subject IS NOT NULL AND stage IN (1, 5)`,
	);
	const next = db.prepare<[string, string], Waiting>(
		`SELECT generation, queue, workspace, class, max_wait FROM jobs
		 WHERE type = +? AND subject = +? AND subject IS NOT NULL AND stage = 3
		 ORDER BY priority DESC, generation LIMIT 1`,
	);
	const setStage = db.prepare<[number, number]>('UPDATE jobs SET stage = ? WHERE generation = ?');
	const setWaive = db.prepare<[number, number]>(
		'UPDATE jobs SET waive_at = ? WHERE generation = ?',
	);
	const queued = db.prepare<[string, string], JobRow>(
		`SELECT * FROM jobs WHERE type = +? AND subject = +? AND subject IS NOT NULL AND state = 0
		 ORDER BY generation`,
	);
	const active = db.prepare<[string, string], JobRow>(
		`SELECT * FROM jobs WHERE type = ? AND subject = ? AND subject IS NOT NULL AND stage IN (1, 5)
		 AND stage = 5`,
	);
	const newer = db.prepare<[string, string, number], { found: 1 }>(
		`SELECT 1 AS found FROM jobs
		 WHERE type = ? AND subject = ? AND subject IS NOT NULL AND state = 0 AND generation > ?
		 AND json_extract(spec, '$.supersede') IS NOT 'none' LIMIT 1`,
	);

	function ready(tx: Tx, job: Ready): void {
		const waiveAt = waiveTime(tx, job);
		if (waiveAt !== null && job.generation !== undefined) setWaive.run(waiveAt, job.generation);
		tx.ready({ queue: job.queue, class: job.class, workspace: job.workspace });
	}

	return {
		ready,
		stageFor(tx, job) {
			// Who asked for no time waits for none, also when the clock is set back.
			if (job.run_at > tx.now && job.run_at > (job.created_at ?? tx.now)) {
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
		hasNewer: (type, subject, generation) => newer.get(type, subject, generation) !== undefined,
	};
}

/** The order within a subject is the order of claims: priority, then first come; a new job comes last. */
function goesBefore(owner: Owner, job: Placeable): boolean {
	if (owner.priority !== job.priority) return owner.priority > job.priority;
	return owner.generation < (job.generation ?? Number.POSITIVE_INFINITY);
}

/** When a job that is ready now stops waiting for its conditions, epoch ms. */
export function waiveTime(tx: Tx, job: Pick<JobRow, 'class' | 'max_wait'>): number | null {
	return job.class === FREE_CLASS || job.max_wait === null ? null : tx.now + job.max_wait;
}
