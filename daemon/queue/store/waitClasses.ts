/** Wait classes (docs/design.md section 4): each set of conditions has a number, the same for good. */
import type { Sqlite } from '../../sqlite/open.ts';
import { asksMachine, type ConditionSet } from '../ports/conditions.ts';
import type { Tx } from './tx.ts';

/** The class of jobs that wait for no condition. */
export const FREE_CLASS = 0;

export interface WaitClasses {
	/** The class of a set; a new one is written with the transaction that is open. */
	intern(tx: Tx, set: ConditionSet | undefined): number;
	/** Undefined for the class that waits for nothing. Of committed classes: what it reads it remembers. */
	setOf(waitClass: number): ConditionSet | undefined;
	/** Whether it waits for anything but a worker; also of a class that may be undone yet. */
	asksMachine(waitClass: number): boolean;
	/** After a commit that failed: what was interned in it does not exist. */
	forget(): void;
	/** Classes that runs depend on now. */
	bound(): number[];
}

export function createWaitClasses(db: Sqlite): WaitClasses {
	const find = db.prepare<[string], { id: number }>('SELECT id FROM wait_classes WHERE spec = ?');
	const add = db.prepare<[string]>('INSERT INTO wait_classes (spec) VALUES (?)');
	const specOf = db.prepare<[number], { spec: string }>(
		'SELECT spec FROM wait_classes WHERE id = ?',
	);
	const bound = db.prepare<[], { class: number }>(
		`SELECT DISTINCT class FROM jobs WHERE stage = 5 AND class <> 0 AND phase = 0 AND held = 0`,
	);
	const sets = new Map<number, ConditionSet>();
	/** Ids by specification, of classes that are committed. */
	const ids = new Map<string, number>();
	/** In whose transaction a class was added last: it may be undone yet. */
	let addedIn: Tx | undefined;

	function read(waitClass: number): ConditionSet {
		const row = specOf.get(waitClass);
		if (row === undefined)
			throw new RangeError(`jobs.db has no wait class ${waitClass}, but a job of it.`);
		return JSON.parse(row.spec) as ConditionSet;
	}

	return {
		intern(tx, set) {
			if (set === undefined) return FREE_CLASS;
			const { power, minBattery, idle, sparing, worker } = set;
			const { freeMemoryMB, freeDisk, unmetered, room } = set;
			const spec = JSON.stringify({
				power,
				minBattery,
				idle,
				...(sparing ? { sparing } : {}),
				...(freeMemoryMB === undefined ? {} : { freeMemoryMB }),
				...(freeDisk === undefined ? {} : { freeDisk }),
				...(unmetered ? { unmetered } : {}),
				...(room === undefined ? {} : { room }),
				...(worker === undefined ? {} : { worker }),
			});
			const known = ids.get(spec) ?? find.get(spec)?.id;
			if (known === undefined) {
				addedIn = tx;
				return Number(add.run(spec).lastInsertRowid);
			}
			if (addedIn !== tx) ids.set(spec, known);
			return known;
		},
		setOf(waitClass) {
			if (waitClass === FREE_CLASS) return undefined;
			const set = sets.get(waitClass) ?? read(waitClass);
			sets.set(waitClass, set);
			return set;
		},
		asksMachine: (waitClass) =>
			waitClass !== FREE_CLASS && asksMachine(sets.get(waitClass) ?? read(waitClass)),
		forget: () => sets.clear(),
		bound: () => bound.all().map((row) => row.class),
	};
}
