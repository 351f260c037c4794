/**
 * The poison guard (docs/design.md section 3). A job in whose runs the daemon died too often is tried alone: it waits
 * until nothing else runs, and beside it start its own parts only. Neither goes on for ever, since a job may wait for
 * another, or never end: after a minute of waiting it starts all the same, after a minute of running it is acquitted.
 */
import { SemanticaError } from '../../../shared/errors.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { STAGE, STATE } from '../store/codes.ts';
import type { Operation } from '../store/operations.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';

export interface PoisonGuard {
	/** The daemon died with it too often. */
	isSuspect(job: Pick<JobRow, 'unclean'>): boolean;
	/** Some job that has not ended is one. */
	anySuspect(): boolean;
	/** Suspects that run now. */
	onTrial(): number[];
	/** Whether a suspect may start, or go on, beside others. The first time that it is asked its waiting begins. */
	mayJoin(generation: number): boolean;
	/** As `mayJoin`, for who only wants to know. */
	hasWaited(generation: number): boolean;
	/** A suspect runs from now on. */
	began(generation: number): void;
	/** Those on trial, and what is active below them: a job with such a parent may start beside them. */
	familyOf(onTrial: readonly number[]): Set<number>;
	/** Ready jobs of such a family, best first. */
	readyParts(family: ReadonlySet<number>): ReadyPart[];
}

export type ReadyPart = Pick<
	JobRow,
	'generation' | 'queue' | 'group_name' | 'class' | 'priority' | 'parent' | 'swept'
>;

export interface GuardOptions {
	readonly db: Sqlite;
	readonly table: JobTable;
	readonly clock: Clock;
	/** A job that ran during this many deaths of the daemon in one boot is a suspect. */
	readonly aloneAfter: number;
	readonly submit: (operation: Operation<void>) => Promise<void>;
}

/** So long a suspect waits for others to end, and so long others wait for it. */
const PATIENCE_MS = 60_000;
/** Of one parent; a trial is over before many more have run. */
const PARTS = 100;

export function createPoisonGuard(options: GuardOptions): PoisonGuard {
	const { db, table, clock, aloneAfter, submit } = options;
	const running = db.prepare<[number], { generation: number }>(
		`SELECT generation FROM jobs INDEXED BY jobs_suspect WHERE unclean > 0 AND stage <> 6 AND unclean >= ?
		 AND stage = ${STAGE.active} AND state = ${STATE.running} AND phase = 0`,
	);
	const any = db.prepare<[number], { found: 1 }>(
		`SELECT 1 AS found FROM jobs INDEXED BY jobs_suspect WHERE unclean > 0 AND stage <> 6 AND unclean >= ? LIMIT 1`,
	);
	const activeParts = db.prepare<[number], { generation: number }>(
		`SELECT generation FROM jobs WHERE parent = ? AND parent IS NOT NULL
		 AND state IN (${STATE.running}, ${STATE.paused})`,
	);
	const readyParts = db.prepare<[number], ReadyPart>(
		`SELECT generation, queue, group_name, class, priority, parent, swept FROM jobs INDEXED BY jobs_ready_parts
		 WHERE parent = +? AND parent IS NOT NULL AND stage = 1
		 ORDER BY priority DESC, generation LIMIT ${PARTS}`,
	);
	const acquit = db.prepare<[number]>(
		'UPDATE jobs SET unclean = 0, acquitted = acquitted + 1 WHERE generation = ?',
	);
	const trials = new Map<number, Timer>();
	/** Suspects that others kept from starting; true once that was long enough. */
	const waiting = new Map<number, boolean>();

	const isSuspect = ({ unclean }: Pick<JobRow, 'unclean'>) => unclean >= aloneAfter;

	function later(operation: Operation<void>): Timer {
		let cancelled = false;
		let timer = arm();
		return {
			cancel() {
				cancelled = true;
				timer.cancel();
			},
		};

		function arm(): Timer {
			return clock.after(PATIENCE_MS, () => void submit(operation).catch(again));
		}

		// Nothing else would let the others start. Where the daemon is leaving, the next one begins anew.
		function again(error: unknown): void {
			const leaves = error instanceof SemanticaError && error.kind === 'DRAINING';
			if (!leaves && !cancelled) timer = arm();
		}
	}

	function* activeRunsOf(onTrial: readonly number[]): Generator<number> {
		for (const generation of onTrial) {
			yield generation;
			yield* activeRunsOf(activeParts.all(generation).map((part) => part.generation));
		}
	}

	return {
		isSuspect,
		anySuspect: () => any.get(aloneAfter) !== undefined,
		onTrial: () => running.all(aloneAfter).map(({ generation }) => generation),
		mayJoin(generation) {
			const waited = waiting.get(generation);
			if (waited !== undefined) return waited;
			waiting.set(generation, false);
			later((tx) => {
				const stage = table.byGeneration(generation)?.stage;
				if (stage === undefined || stage === STAGE.ended) waiting.delete(generation);
				else if (waiting.has(generation)) waiting.set(generation, true);
				tx.wake();
			});
			return false;
		},
		hasWaited: (generation) => waiting.get(generation) === true,
		began(generation) {
			waiting.delete(generation);
			trials.get(generation)?.cancel();
			const timer = later((tx) => {
				if (trials.get(generation) === timer) trials.delete(generation);
				const row = table.byGeneration(generation);
				// One that is paused has its time when it goes on.
				if (row === undefined || row.state !== STATE.running || row.phase !== 0) return;
				if (!isSuspect(row)) return;
				acquit.run(generation);
				tx.changed(row.id);
				tx.wake();
			});
			trials.set(generation, timer);
		},
		familyOf: (onTrial) => new Set(activeRunsOf(onTrial)),
		readyParts: (family) =>
			[...family]
				.flatMap((generation) => readyParts.all(generation))
				.sort((a, b) => b.priority - a.priority || a.generation - b.generation),
	};
}
