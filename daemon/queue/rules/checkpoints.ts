/** What runs write down for the next run of their job: the newest counts, and it is kept once a second for all. */
import type { Sqlite } from '../../sqlite/open.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { STAGE } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { Tx } from '../store/tx.ts';

/** Between two writes. */
const EVERY_MS = 1000;

export interface Checkpoints {
	/** JSON text of what earlier runs of the job, or of the one that it is a retry of, have left. */
	of(job: number): string | undefined;
	/** This very run has come so far. Resolves once that is kept, or means nothing any more. */
	put(id: string, run: number, json: string): Promise<void>;
	/** In the transaction in which a run ends: what it said last is kept with it. */
	runEnded(tx: Tx, row: JobRow): void;
	/** A successor begins where the first one was. */
	share(from: number, to: number): void;
	/** There is no next run. */
	drop(job: number): void;
	flush(): Promise<void>;
}

export interface CheckpointsOptions {
	readonly db: Sqlite;
	readonly clock: Clock;
	readonly submit: (operation: (tx: Tx) => void, rows: number) => Promise<void>;
}

interface Waiting {
	run: number;
	json: string;
	readonly kept: (() => void)[];
}

export function createCheckpoints({ db, clock, submit }: CheckpointsOptions): Checkpoints {
	const get = db.prepare<[number], string>('SELECT value FROM checkpoints WHERE job = ?').pluck();
	const save = db.prepare<[number, string, string, number]>(
		`INSERT INTO checkpoints (job, at, value)
		 SELECT generation, ?, ? FROM jobs WHERE id = ? AND run = ? AND stage = ${STAGE.active}
		 ON CONFLICT (job) DO UPDATE SET at = excluded.at, value = excluded.value`,
	);
	const copy = db.prepare<[number, number]>(
		'INSERT INTO checkpoints (job, at, value) SELECT ?, at, value FROM checkpoints WHERE job = ?',
	);
	const remove = db.prepare<[number]>('DELETE FROM checkpoints WHERE job = ?');
	// Most data folders never see one: then no job pays for looking.
	let any = db.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM checkpoints)').pluck().get() === 1;
	/** The newest of each job that is not known to be kept. */
	const waiting = new Map<string, Waiting>();
	let timer: Timer | undefined;
	let writing = false;
	let lastAt = Number.NEGATIVE_INFINITY;

	function arm(): void {
		if (timer !== undefined || writing || waiting.size === 0) return;
		const wait = Math.max(0, lastAt + EVERY_MS - clock.monotonic());
		timer = clock.after(wait, () => void flush());
	}

	async function flush(): Promise<void> {
		timer?.cancel();
		timer = undefined;
		if (writing || waiting.size === 0) return;
		writing = true;
		lastAt = clock.monotonic();
		const taken = [...waiting].map(([id, one]) => ({ id, ...one, kept: one.kept.splice(0) }));
		try {
			await submit((tx) => {
				any = true;
				for (const { id, run, json } of taken) save.run(tx.now, json, id, run);
			}, taken.length);
			for (const { id, run, json, kept } of taken) {
				const one = waiting.get(id);
				if (one?.run === run && one.json === json && one.kept.length === 0) waiting.delete(id);
				for (const tell of kept) tell();
			}
		} catch {
			// Whoever waits goes on waiting: the next try brings it, or the end of the run.
			for (const { id, kept } of taken) waiting.get(id)?.kept.push(...kept);
		} finally {
			writing = false;
			arm();
		}
	}

	return {
		flush,
		of: (job) => (any ? get.get(job) : undefined),
		put(id, run, json) {
			const one = waiting.get(id) ?? { run, json, kept: [] };
			if (one.run > run) return Promise.resolve();
			Object.assign(one, { run, json });
			waiting.set(id, one);
			const kept = new Promise<void>((resolve) => one.kept.push(resolve));
			arm();
			return kept;
		},
		// It stays among what waits: should this transaction fail, it is wanted again.
		runEnded(tx, { id, run }) {
			const one = waiting.get(id);
			if (one?.run !== run) return;
			any = true;
			save.run(tx.now, one.json, id, run);
		},
		share(from, to) {
			if (any) copy.run(to, from);
		},
		drop(job) {
			if (any) remove.run(job);
		},
	};
}
