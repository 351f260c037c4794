/**
 * Group commit (docs/design.md section 4). Every change of jobs.db goes through here: operations that
 * arrive together share one transaction and one fsync, each in a savepoint of its own, and none is
 * answered before the commit is on disk.
 */
import { errorCode, errorMessage, SemanticaError } from '../../../shared/errors.ts';
import { isDamage } from '../../sqlite/damage.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { Statement } from '../../sqlite/statements.ts';
import type { Clock } from '../ports/clock.ts';
import { GroupRun } from './groupRun.ts';
import type { Operation, Pending, Steps, Undo, WriterHooks } from './operations.ts';
import { goInSteps, inStepsOnly } from './steps.ts';
import { isDiskError, isFull, storeError } from './storeError.ts';
import { Tx } from './tx.ts';

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

export class Writer {
	readonly #db: Sqlite;
	readonly #clock: Clock;
	readonly #hooks: WriterHooks;
	readonly #statements: Record<'begin' | 'commit', Statement>;
	readonly #run: GroupRun;
	#group: Pending[] = [];
	#rows = 0;
	#openedAt = 0;
	#sizeAtLastTurn = 0;
	#scheduled = false;
	#busySince: number | undefined;
	#closed = false;
	#suspended: AbortController | undefined;
	#drained: (() => void)[] = [];
	/** An operation goes on in steps; resolves when it is committed or undone. */
	#stepping: PromiseWithResolvers<void> | undefined;

	constructor(db: Sqlite, clock: Clock, hooks: WriterHooks) {
		this.#db = db;
		this.#clock = clock;
		this.#hooks = hooks;
		this.#statements = {
			begin: db.prepare('BEGIN IMMEDIATE'),
			commit: db.prepare('COMMIT'),
		};
		this.#run = new GroupRun(db, hooks.refused);
	}

	/**
	 * Runs `operation` in the next group and resolves with its value once that is fsynced.
	 * Rejects with the operation's own error (its changes undone), or STORE when the commit failed.
	 */
	submit<T>(operation: Operation<T>, rows = 1, undo: Undo = 'savepoint'): Promise<T> {
		return this.#join<T>(rows, (resolve) => ({
			undo,
			run: (tx) => {
				const value = operation(tx);
				return () => resolve(value);
			},
		}));
	}

	/** The same for many rows that are to be kept together; rejects as if it were all at once. */
	submitSteps<T>(operation: Steps<T>, rows: number): Promise<T> {
		return this.#join<T>(rows, (resolve) => ({
			undo: 'without',
			run: inStepsOnly,
			*steps(tx) {
				const value = yield* operation(tx);
				return () => resolve(value);
			},
		}));
	}

	/**
	 * Set while an operation goes on in steps: what is read meanwhile is not committed, and may not be told to anybody
	 * before this resolves.
	 */
	settled(): Promise<void> | undefined {
		return this.#stepping?.promise;
	}

	#join<T>(
		rows: number,
		make: (resolve: (value: T) => void) => Pick<Pending, 'undo' | 'run' | 'steps'>,
	): Promise<T> {
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
			this.#group.push({ ...make(resolve), rows, fail: reject });
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
			// At once where nothing goes on: who is asked to give it back has to hear of it.
			if (this.#stepping !== undefined) await this.#stepping.promise;
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
		if (this.#scheduled || this.#suspended !== undefined || this.#stepping !== undefined) return;
		this.#scheduled = true;
		setImmediate(this.#turn);
	}

	readonly #flushFull = (): void => {
		const held = this.#suspended !== undefined || this.#stepping !== undefined;
		const waits = held || this.#busySince !== undefined;
		if (!waits && this.#rows >= MAX_ROWS) this.#flush();
	};

	// One turn of the event loop has passed: close the group if it brought nothing new.
	readonly #turn = (): void => {
		this.#scheduled = false;
		const held = this.#suspended !== undefined || this.#stepping !== undefined;
		if (held || this.#group.length === 0) return;
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
		const tx = new Tx(this.#clock.now());
		this.#hooks.begun?.(tx);
		const first = this.#group[0] as Pending;
		if (first.steps === undefined) this.#runGroup(tx, begunAt);
		else this.#runInSteps(first, first.steps(tx), tx, begunAt);
	}

	#runGroup(tx: Tx, begunAt: number): void {
		const isOver = () => performance.now() - begunAt > MAX_WORK_MS;
		const answers: (() => void)[] = [];
		const group: Pending[] = [];
		try {
			this.#run.run(this.#group, group, answers, tx, isOver);
			this.#commit(tx);
		} catch (error) {
			this.#failed(group, tx, error, storeError(error));
			return;
		}
		this.#done(group, answers, tx, begunAt);
	}

	// Its transaction is its own: an error of its own undoes that, and nobody else's.
	#runInSteps(pending: Pending, going: Generator<void, () => void>, tx: Tx, begunAt: number): void {
		this.#stepping = Promise.withResolvers<void>();
		goInSteps(going, {
			commit: () => this.#commit(tx),
			done: (answer) => this.#settle(() => this.#done([pending], [answer], tx, begunAt)),
			failed: (error) => {
				const ofStore = !this.#db.inTransaction || errorCode(error)?.startsWith('SQLITE_');
				this.#settle(() => {
					this.#failed([pending], tx, error, ofStore ? storeError(error) : error);
					this.#hooks.undone();
				});
			},
		});
	}

	/** From here on what is read may be told. */
	#settle(how: () => void): void {
		const stepping = this.#stepping;
		this.#stepping = undefined;
		how();
		stepping?.resolve();
	}

	#commit(tx: Tx): void {
		this.#hooks.committing?.(tx);
		this.#statements.commit.run();
	}

	#failed(group: readonly Pending[], tx: Tx, error: unknown, told: unknown): void {
		if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
		if (isDamage(error)) this.#hooks.damaged(errorMessage(error));
		if (isDiskError(error)) this.#hooks.refused(tx.effects.orders);
		this.#leave(group);
		for (const pending of group) pending.fail(told);
		this.#afterGroup();
	}

	#done(
		group: readonly Pending[],
		answers: readonly (() => void)[],
		tx: Tx,
		begunAt: number,
	): void {
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
