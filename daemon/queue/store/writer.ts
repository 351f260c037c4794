/**
 * Group commit (docs/design.md section 4). Every change of jobs.db goes through here: operations that
 * arrive together share one transaction and one fsync, each in a savepoint of its own, and none is
 * answered before the commit is on disk.
 */
import { errorCode, errorMessage, SemanticaError } from '../../../shared/errors.ts';
import { isDamage } from '../../sqlite/damage.ts';
import type { Sqlite, Statement } from '../../sqlite/open.ts';
import type { Clock } from '../ports/clock.ts';
import { type Effects, type Mark, type Order, Tx } from './tx.ts';

/** A group closes at this many rows, or after this long, or when an event-loop turn brought nothing. */
const MAX_ROWS = 1000;
const MAX_AGE_MS = 8;
/** Operations that are still to be run when a group has worked for so long are the next group's: others come between. */
const MAX_WORK_MS = 12;
/** How long a foreign lock on the database is waited out before the group fails. */
const BUSY_RETRY_MS = 25;
const BUSY_LIMIT_MS = 10_000;
/** While maintenance has the database, more waiting rows than this are refused. */
const MAX_WAITING_ROWS = 20_000;

export type Operation<T> = (tx: Tx) => T;

/**
 * How an operation that throws is undone. `savepoint` copies every page that the operation touches; an
 * operation that throws before its first change, or not at all, does `without`. Those that hardly ever throw share
 * one with their neighbours (`shared`), and when one does they are run again one by one: they may change nothing but
 * the database and `tx`.
 */
export type Undo = 'savepoint' | 'shared' | 'without';

interface Pending {
	readonly undo: Undo;
	readonly rows: number;
	readonly run: (tx: Tx) => () => void;
	readonly fail: (error: unknown) => void;
}

export interface WriterHooks {
	/** A group begins; until it is committed or undone, what changes belongs to this. */
	readonly begun?: (tx: Tx) => void;
	/** Before its commit: what is written now is written with it. */
	readonly committing?: (tx: Tx) => void;
	/** How long a group took, to its fsync, and how many rows it had. */
	readonly took?: (ms: number, rows: number) => void;
	/** Once per group, after the fsync and before any answer. */
	readonly committed: (effects: Effects) => void;
	/** The disk would not take what would have given these orders. */
	readonly refused: (orders: readonly Order[]) => void;
	/** Frees the disk's reserve; false where it is used up. */
	readonly freeReserve: () => boolean;
	/** SQLite says that the file is broken. */
	readonly damaged: (sentence: string) => void;
}

export class Writer {
	readonly #db: Sqlite;
	readonly #clock: Clock;
	readonly #hooks: WriterHooks;
	readonly #statements: Record<'begin' | 'commit' | 'save' | 'release' | 'undo', Statement>;
	readonly #changes: Statement<[], number>;
	#group: Pending[] = [];
	#rows = 0;
	#openedAt = 0;
	#sizeAtLastTurn = 0;
	#scheduled = false;
	#busySince: number | undefined;
	#closed = false;
	#suspended: AbortController | undefined;
	#drained: (() => void)[] = [];

	constructor(db: Sqlite, clock: Clock, hooks: WriterHooks) {
		this.#db = db;
		this.#clock = clock;
		this.#hooks = hooks;
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
			if (this.#suspended !== undefined && this.#rows + rows > MAX_WAITING_ROWS) {
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
				rows,
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

	/** The same for what ends work: where the disk is full, with the room that is held in reserve for it. */
	async submitEnd<T>(operation: Operation<T>, rows = 1, undo: Undo = 'savepoint'): Promise<T> {
		try {
			return await this.submit(operation, rows, undo);
		} catch (error) {
			if (!isFull(error) || !this.#hooks.freeReserve()) throw error;
			return await this.submit(operation, rows, undo);
		}
	}

	/** Commits what is waiting and refuses what comes later. */
	async close(): Promise<void> {
		this.#closed = true;
		if (this.#group.length > 0) {
			await new Promise<void>((resolve) => this.#drained.push(resolve));
		}
	}

	/**
	 * Holds all groups back while `work` has the database for itself; what comes waits, up to a bound. The signal asks
	 * for the database back.
	 */
	async whileSuspended<T>(work: (giveBack: AbortSignal) => Promise<T>): Promise<T> {
		const suspended = new AbortController();
		this.#suspended = suspended;
		try {
			return await work(suspended.signal);
		} finally {
			this.#suspended = undefined;
			if (this.#group.length > 0) this.#schedule();
		}
	}

	/** What comes next cannot wait for somebody who has the database for himself. */
	hurry(): void {
		this.#suspended?.abort();
	}

	#schedule(): void {
		if (this.#scheduled || this.#suspended !== undefined) return;
		this.#scheduled = true;
		setImmediate(this.#turn);
	}

	readonly #flushFull = (): void => {
		const waits = this.#suspended !== undefined || this.#busySince !== undefined;
		if (!waits && this.#rows >= MAX_ROWS) this.#flush();
	};

	// One turn of the event loop has passed: close the group if it brought nothing new.
	readonly #turn = (): void => {
		this.#scheduled = false;
		if (this.#suspended !== undefined || this.#group.length === 0) return;
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
		const begunAt = performance.now();
		const isOver = () => performance.now() - begunAt > MAX_WORK_MS;
		const answers: (() => void)[] = [];
		const group: Pending[] = [];
		const tx = new Tx(this.#clock.now());
		this.#hooks.begun?.(tx);
		try {
			while (group.length < this.#group.length && !isOver()) {
				const next = this.#group[group.length] as Pending;
				if (next.undo === 'shared') this.#runShared(group, answers, tx, isOver);
				else {
					group.push(next);
					answers.push(this.#runOne(next, tx));
				}
			}
			this.#hooks.committing?.(tx);
			this.#statements.commit.run();
		} catch (error) {
			if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
			if (isDamage(error)) this.#hooks.damaged(errorMessage(error));
			if (isDiskError(error)) this.#hooks.refused(tx.effects.orders);
			const failure = storeError(error);
			this.#leave(group);
			for (const pending of group) pending.fail(failure);
			this.#afterGroup();
			return;
		}
		const rows = this.#leave(group);
		this.#hooks.took?.(performance.now() - begunAt, rows);
		this.#hooks.committed(tx.effects);
		for (const answer of answers) answer();
		this.#afterGroup();
	}

	/** These are done with; returns how many rows they had. What is left goes at the next turn. */
	#leave(group: readonly Pending[]): number {
		this.#group = this.#group.slice(group.length);
		const rows = group.reduce((sum, pending) => sum + pending.rows, 0);
		this.#rows -= rows;
		this.#sizeAtLastTurn = this.#group.length;
		return rows;
	}

	/** Runs those that come next and share a savepoint: they join the group, and how to answer them the answers. */
	#runShared(group: Pending[], answers: (() => void)[], tx: Tx, isOver: () => boolean): void {
		const mark = tx.mark();
		const from = group.length;
		this.#statements.save.run();
		try {
			do {
				const next = this.#group[group.length] as Pending;
				group.push(next);
				answers.push(next.run(tx));
			} while (this.#group[group.length]?.undo === 'shared' && !isOver());
			this.#statements.release.run();
		} catch (error) {
			if (!this.#db.inTransaction || isDamage(error)) throw error;
			this.#statements.undo.run();
			this.#statements.release.run();
			tx.undoTo(mark);
			answers.length = from;
			for (const pending of group.slice(from)) answers.push(this.#runOne(pending, tx));
		}
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
			const orders = tx.undoTo(mark);
			if (isDiskError(error)) this.#hooks.refused(orders);
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
			if (isDamage(error)) this.#hooks.damaged(errorMessage(error));
			this.#busySince = undefined;
			const failed = this.#group;
			this.#leave(failed);
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

/** It is the disk that refuses, not what was asked. */
function isDiskError(error: unknown): boolean {
	return /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(errorCode(error) ?? '');
}

function isFull(error: unknown): boolean {
	return error instanceof SemanticaError && error.data['sqlite'] === 'SQLITE_FULL';
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
