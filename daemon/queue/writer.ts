/**
 * Group commit (docs/design.md section 4). Every change of jobs.db goes through here: operations that
 * arrive together share one transaction and one fsync, each in a savepoint of its own, and none is
 * answered before the commit is on disk.
 */
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import { isDamage } from '../sqlite/damage.ts';
import type { Sqlite, Statement } from '../sqlite/open.ts';
import type { Clock } from './clock.ts';
import { type Effects, type Mark, Tx } from './tx.ts';

/** A group closes at this many rows, or after this long, or when an event-loop turn brought nothing. */
const MAX_ROWS = 1000;
const MAX_AGE_MS = 8;
/** How long a foreign lock on the database is waited out before the group fails. */
const BUSY_RETRY_MS = 25;
const BUSY_LIMIT_MS = 10_000;
/** While maintenance has the database, more waiting rows than this are refused. */
const MAX_WAITING_ROWS = 20_000;

export type Operation<T> = (tx: Tx) => T;

/**
 * How an operation that throws is undone. `savepoint` copies every page that the operation touches; an
 * operation that throws before its first change, or not at all, does `without`.
 */
export type Undo = 'savepoint' | 'without';

interface Pending {
	readonly undo: Undo;
	readonly run: (tx: Tx) => () => void;
	readonly fail: (error: unknown) => void;
}

export class Writer {
	readonly #db: Sqlite;
	readonly #clock: Clock;
	readonly #committed: (effects: Effects) => void;
	readonly #damaged: (sentence: string) => void;
	readonly #statements: Record<'begin' | 'commit' | 'save' | 'release' | 'undo', Statement>;
	readonly #changes: Statement<[], number>;
	#group: Pending[] = [];
	#rows = 0;
	#openedAt = 0;
	#sizeAtLastTurn = 0;
	#scheduled = false;
	#busySince: number | undefined;
	#closed = false;
	#suspended = false;
	#drained: (() => void)[] = [];

	/**
	 * `committed` is called once per group, after the fsync and before any answer; `damaged` when SQLite says
	 * that the file is broken.
	 */
	constructor(
		db: Sqlite,
		clock: Clock,
		committed: (effects: Effects) => void,
		damaged: (sentence: string) => void,
	) {
		this.#damaged = damaged;
		this.#db = db;
		this.#clock = clock;
		this.#committed = committed;
		this.#statements = {
			begin: db.prepare('BEGIN IMMEDIATE'),
			commit: db.prepare('COMMIT'),
			save: db.prepare('SAVEPOINT operation'),
			release: db.prepare('RELEASE operation'),
			undo: db.prepare('ROLLBACK TO operation'),
		};
		this.#changes = db.prepare<[], number>('SELECT total_changes()').pluck();
	}

	/**
	 * Runs `operation` in the next group and resolves with its value once that is fsynced.
	 * Rejects with the operation's own error (its changes undone), or STORE when the commit failed.
	 */
	submit<T>(operation: Operation<T>, rows = 1, undo: Undo = 'savepoint'): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			if (this.#closed) {
				reject(new SemanticaError('DRAINING', 'The Semantica daemon is shutting down.'));
				return;
			}
			if (this.#suspended && this.#rows + rows > MAX_WAITING_ROWS) {
				reject(
					new SemanticaError(
						'THROTTLED',
						'The job database is being maintained and too many changes wait already. Try again in a moment.',
					),
				);
				return;
			}
			if (this.#group.length === 0) this.#openedAt = performance.now();
			this.#group.push({
				undo,
				run: (tx) => {
					const value = operation(tx);
					return () => resolve(value);
				},
				fail: reject,
			});
			this.#rows += rows;
			this.#schedule();
			// Nothing more is to join it, so what another client says meanwhile is not to be read first.
			if (this.#rows >= MAX_ROWS) queueMicrotask(this.#flushFull);
		});
	}

	/** Commits what is waiting and refuses what comes later. */
	async close(): Promise<void> {
		this.#closed = true;
		if (this.#group.length > 0) {
			await new Promise<void>((resolve) => this.#drained.push(resolve));
		}
	}

	/** Holds all groups back while `work` has the database for itself; what comes waits, up to a bound. */
	async whileSuspended<T>(work: () => Promise<T>): Promise<T> {
		this.#suspended = true;
		try {
			return await work();
		} finally {
			this.#suspended = false;
			if (this.#group.length > 0) this.#schedule();
		}
	}

	#schedule(): void {
		if (this.#scheduled || this.#suspended) return;
		this.#scheduled = true;
		setImmediate(this.#turn);
	}

	readonly #flushFull = (): void => {
		const waits = this.#suspended || this.#busySince !== undefined;
		if (!waits && this.#rows >= MAX_ROWS) this.#flush();
	};

	// One turn of the event loop has passed: close the group if it brought nothing new.
	readonly #turn = (): void => {
		this.#scheduled = false;
		if (this.#suspended || this.#group.length === 0) return;
		const grew = this.#group.length > this.#sizeAtLastTurn;
		this.#sizeAtLastTurn = this.#group.length;
		const age = performance.now() - this.#openedAt;
		if (grew && this.#rows < MAX_ROWS && age < MAX_AGE_MS) {
			this.#schedule();
			return;
		}
		this.#flush();
	};

	#flush(): void {
		if (!this.#begin()) return;
		const group = this.#group;
		this.#group = [];
		this.#rows = 0;
		this.#sizeAtLastTurn = 0;

		const answers: (() => void)[] = [];
		const tx = new Tx(this.#clock.now());
		try {
			for (const pending of group) answers.push(this.#runOne(pending, tx));
			this.#statements.commit.run();
		} catch (error) {
			if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
			if (isDamage(error)) this.#damaged(errorMessage(error));
			const failure = storeError(error);
			for (const pending of group) pending.fail(failure);
			this.#afterGroup();
			return;
		}
		this.#committed(tx.effects);
		for (const answer of answers) answer();
		this.#afterGroup();
	}

	// Returns how to answer. An error that left the transaction intact belongs to this operation alone.
	#runOne(pending: Pending, tx: Tx): () => void {
		const mark = tx.mark();
		if (pending.undo === 'without') return this.#runWithout(pending, tx, mark);
		this.#statements.save.run();
		try {
			const answer = pending.run(tx);
			this.#statements.release.run();
			return answer;
		} catch (error) {
			if (!this.#db.inTransaction || isDamage(error)) throw error;
			this.#statements.undo.run();
			this.#statements.release.run();
			tx.undoTo(mark);
			const own = errorCode(error)?.startsWith('SQLITE_') ? storeError(error) : error;
			return () => pending.fail(own);
		}
	}

	#runWithout(pending: Pending, tx: Tx, mark: Mark): () => void {
		const before = this.#changes.get();
		try {
			return pending.run(tx);
		} catch (error) {
			// It broke its promise: only the whole group can be undone.
			if (this.#changes.get() !== before || !this.#db.inTransaction) throw error;
			tx.undoTo(mark);
			return () => pending.fail(error);
		}
	}

	// Somebody else (a person's sqlite3, a backup) may hold the write lock for a moment.
	#begin(): boolean {
		try {
			this.#statements.begin.run();
			this.#busySince = undefined;
			return true;
		} catch (error) {
			const now = performance.now();
			this.#busySince ??= now;
			if (errorCode(error) === 'SQLITE_BUSY' && now - this.#busySince < BUSY_LIMIT_MS) {
				this.#scheduled = true;
				setTimeout(this.#turn, BUSY_RETRY_MS);
				return false;
			}
			if (isDamage(error)) this.#damaged(errorMessage(error));
			this.#busySince = undefined;
			const failed = this.#group;
			this.#group = [];
			this.#rows = 0;
			this.#sizeAtLastTurn = 0;
			for (const pending of failed) pending.fail(storeError(error));
			this.#afterGroup();
			return false;
		}
	}

	#afterGroup(): void {
		if (this.#group.length > 0) {
			this.#schedule();
			return;
		}
		for (const resolve of this.#drained.splice(0)) resolve();
	}
}

function storeError(error: unknown): SemanticaError {
	const full = errorCode(error) === 'SQLITE_FULL';
	return new SemanticaError(
		'STORE',
		full
			? 'The disk that holds the Semantica data folder is full, so nothing was saved. Free space and try again.'
			: `The job database refused the change, so nothing was saved (${errorMessage(error)}). Try again; run "semantica status" if it persists.`,
		{ sqlite: errorCode(error) ?? 'unknown' },
	);
}
