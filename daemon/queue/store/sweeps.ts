/**
 * What is still to be done to the children of a job, or to those that wait for one that has ended or is ready: a row
 * for each job whose children are gone through, and one for each whose waiters are.
 */
import type { Sqlite } from '../../sqlite/open.ts';
import type { Tx } from './tx.ts';

/** The numbers behind `kind` in jobs.db. They are on disk: append, never renumber. */
export const SWEEP = {
	cancel: 1,
	supersede: 2,
	pause: 3,
	resume: 4,
	/** Its waiters hear of its end. */
	release: 5,
	/** Those that wait for it to be ready hear that it is, or cannot be any more. */
	ready: 6,
} as const;
export type SweepKind = (typeof SWEEP)[keyof typeof SWEEP];
export type ChildSweepKind = Exclude<SweepKind, typeof SWEEP.release | typeof SWEEP.ready>;

export interface Sweep {
	readonly id: number;
	/** Generation of the job whose children, or waiters, it goes through. */
	readonly root: number;
	readonly kind: SweepKind;
	/** Generation of the last one that was dealt with, and of the newest job when it began. */
	readonly after: number;
	readonly upto: number;
}

export type ChildSweep = Sweep & { readonly kind: ChildSweepKind };

export interface SweepTable {
	/** Takes the place of what was to be done to these children, or to be told to these waiters, before. */
	begin(tx: Tx, root: number, kind: SweepKind): void;
	ofChildren(root: number): ChildSweep | undefined;
	ofWaiters(root: number): Sweep | undefined;
	/** The one that began first. */
	next(): Sweep | undefined;
	moveTo(sweep: Sweep, after: number): void;
	done(sweep: Pick<Sweep, 'id'>): void;
	/** Nothing is to be done to its children any more. */
	childrenDone(root: number): void;
}

export function createSweepTable(db: Sqlite): SweepTable {
	const begin = db.prepare<[number, number]>(
		`INSERT OR REPLACE INTO sweeps (root, kind, upto)
		 VALUES (?, ?, (SELECT coalesce(max(generation), 0) FROM jobs))`,
	);
	const ofChildren = db.prepare<[number], ChildSweep>(
		'SELECT * FROM sweeps WHERE root = ? AND kind < 5',
	);
	const ofWaiters = db.prepare<[number], Sweep>(
		'SELECT * FROM sweeps WHERE root = ? AND kind >= 5',
	);
	const next = db.prepare<[], Sweep>('SELECT * FROM sweeps ORDER BY id LIMIT 1');
	const moveTo = db.prepare<[number, number]>('UPDATE sweeps SET after = ? WHERE id = ?');
	const done = db.prepare<[number]>('DELETE FROM sweeps WHERE id = ?');
	const childrenDone = db.prepare<[number]>('DELETE FROM sweeps WHERE root = ? AND kind < 5');

	return {
		begin(tx, root, kind) {
			const isStop = kind === SWEEP.cancel || kind === SWEEP.supersede;
			// A stop that is going on already reaches all of them.
			if (isStop && ofChildren.get(root)?.kind === kind) return;
			begin.run(root, kind);
			tx.wake();
		},
		ofChildren: (root) => ofChildren.get(root),
		ofWaiters: (root) => ofWaiters.get(root),
		next: () => next.get(),
		moveTo: ({ id }, after) => moveTo.run(after, id),
		done: ({ id }) => done.run(id),
		childrenDone: (root) => childrenDone.run(root),
	};
}
