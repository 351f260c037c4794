/** Statements that SQLite compiles when they are first used: most of a daemon's three hundred are not, for days. */
import type Database from 'better-sqlite3';

export interface Statement<P extends unknown[] = unknown[], R = unknown> {
	run(...params: P): Database.RunResult;
	get(...params: P): R | undefined;
	all(...params: P): R[];
	iterate(...params: P): IterableIterator<R>;
	/** Only the first column of each row. */
	pluck(on?: boolean): this;
	/** Rows as arrays. */
	raw(on?: boolean): this;
}

/** The same database; what is wrong with a statement is thrown by whoever uses it first. */
export function withLazyStatements(db: Database.Database) {
	const compile = db.prepare.bind(db);
	return Object.assign(db, {
		prepare: <P extends unknown[] = unknown[], R = unknown>(sql: string): Statement<P, R> =>
			new LazyStatement<P, R>(() => compile(sql) as Database.Statement<P, R>),
	});
}

class LazyStatement<P extends unknown[], R> implements Statement<P, R> {
	readonly #prepare: () => Database.Statement<P, R>;
	#compiled: Database.Statement<P, R> | undefined;
	#plucks = false;
	#raw = false;

	constructor(prepare: () => Database.Statement<P, R>) {
		this.#prepare = prepare;
	}

	#compile(): Database.Statement<P, R> {
		const compiled = this.#prepare();
		if (this.#plucks) compiled.pluck();
		if (this.#raw) compiled.raw();
		this.#compiled = compiled;
		return compiled;
	}

	run(...params: P): Database.RunResult {
		return (this.#compiled ?? this.#compile()).run(...params);
	}

	get(...params: P): R | undefined {
		return (this.#compiled ?? this.#compile()).get(...params);
	}

	all(...params: P): R[] {
		return (this.#compiled ?? this.#compile()).all(...params);
	}

	iterate(...params: P): IterableIterator<R> {
		return (this.#compiled ?? this.#compile()).iterate(...params);
	}

	pluck(on = true): this {
		this.#plucks = on;
		this.#compiled?.pluck(on);
		return this;
	}

	raw(on = true): this {
		this.#raw = on;
		this.#compiled?.raw(on);
		return this;
	}
}
