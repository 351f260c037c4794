/** Carries out the operations of a group, each of which may fail alone. */
import { errorCode } from '../../../shared/errors.ts';
import { isDamage } from '../../sqlite/damage.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { Statement } from '../../sqlite/statements.ts';
import type { Pending } from './operations.ts';
import { isDiskError, storeError } from './storeError.ts';
import type { Mark, Order, Tx } from './tx.ts';

export class GroupRun {
	readonly #db: Sqlite;
	readonly #refused: (orders: readonly Order[]) => void;
	readonly #statements: Record<'save' | 'release' | 'undo', Statement>;
	readonly #changes: Statement<[], number>;

	/** @param refused Hears what orders an operation would have given that the disk would not take. */
	constructor(db: Sqlite, refused: (orders: readonly Order[]) => void) {
		this.#db = db;
		this.#refused = refused;
		this.#statements = {
			save: db.prepare('SAVEPOINT operation'),
			release: db.prepare('RELEASE operation'),
			undo: db.prepare('ROLLBACK TO operation'),
		};
		this.#changes = db.prepare<[], number>('SELECT total_changes()').pluck();
	}

	/**
	 * As many of `all`, from the first on, as there is time for: they join the group, and how to answer them the
	 * answers. @throws what leaves nothing of the transaction
	 */
	run(
		all: readonly Pending[],
		group: Pending[],
		answers: (() => void)[],
		tx: Tx,
		isOver: () => boolean,
	): void {
		while (group.length < all.length && !isOver()) {
			const next = all[group.length] as Pending;
			if (next.steps !== undefined) return;
			if (next.undo === 'shared') this.#runShared(all, group, answers, tx, isOver);
			else {
				group.push(next);
				answers.push(this.#runOne(next, tx));
			}
		}
	}

	/** Runs those that come next and share a savepoint: they join the group, and how to answer them the answers. */
	#runShared(
		all: readonly Pending[],
		group: Pending[],
		answers: (() => void)[],
		tx: Tx,
		isOver: () => boolean,
	): void {
		const mark = tx.mark();
		const from = group.length;
		this.#statements.save.run();
		try {
			do {
				const next = all[group.length] as Pending;
				group.push(next);
				answers.push(next.run(tx));
			} while (all[group.length]?.undo === 'shared' && !isOver());
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
			if (isDiskError(error)) this.#refused(orders);
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
}
