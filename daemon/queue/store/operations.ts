/** What the writer is given to do, and who hears of it. */
import type { Effects, Order, Tx } from './tx.ts';

export type Operation<T> = (tx: Tx) => T;
/**
 * One of many rows: whenever it yields others may have a turn. It has a transaction of its own, which stays open
 * meanwhile: see `settled`.
 */
export type Steps<T> = (tx: Tx) => Generator<void, T>;

/**
 * How an operation that throws is undone. `savepoint` copies every page that the operation touches; an
 * operation that throws before its first change, or not at all, does `without`. Those that hardly ever throw share
 * one with their neighbours (`shared`), and when one does they are run again one by one: they may change nothing but
 * the database and `tx`.
 */
export type Undo = 'savepoint' | 'shared' | 'without';

export interface Pending {
	readonly undo: Undo;
	readonly rows: number;
	readonly run: (tx: Tx) => () => void;
	/** Instead of `run`: returns the same in the end. */
	readonly steps?: (tx: Tx) => Generator<void, () => void>;
	readonly fail: (error: unknown) => void;
}

export interface WriterHooks {
	/** A group begins; until it is committed or undone, what changes belongs to this. */
	readonly begun?: (tx: Tx) => void;
	/** Before its commit: what is written now is written with it. */
	readonly committing?: (tx: Tx) => void;
	/** How long a group took, to its fsync, and how many rows it had. */
	readonly took?: (ms: number, rows: number) => void;
	/** What an operation did in steps was undone: somebody may have seen it meanwhile. */
	readonly undone: () => void;
	/** Once per group, after the fsync and before any answer. */
	readonly committed: (effects: Effects) => void;
	/** The disk would not take what would have given these orders. */
	readonly refused: (orders: readonly Order[]) => void;
	/** Frees the disk's reserve; false where it is used up. */
	readonly freeReserve: () => boolean;
	/** SQLite says that the file is broken. */
	readonly damaged: (sentence: string) => void;
}
