/** The files of a catalogue for a walk: found in about their order, and never all in memory. */
import type { Sqlite } from '../../sqlite/open.ts';
import { KNOWN, type KnownFile } from './catalogue.ts';

export interface KnownRow extends KnownFile {
	readonly id: number;
}

export interface KnownFiles {
	readonly count: number;
	/** Sooner where it is asked for paths in ascending order. */
	find(path: string): KnownRow | undefined;
	/** All, in pages; others may write meanwhile. */
	each(): Iterable<KnownRow & { readonly path: string }>;
}

type Row = [id: number, path: string, stamp: string, skipped: KnownFile['skipped']];

/** Read ahead, where what was read before was asked for. */
const MOST_AHEAD = 1000;

export function createKnownFiles(db: Sqlite): KnownFiles {
	const from = db
		.prepare<[string, number], Row>(
			`SELECT id, path, ${KNOWN} FROM files WHERE path >= ? ORDER BY path LIMIT ?`,
		)
		.raw();
	const byId = db
		.prepare<[number, number], Row>(
			`SELECT id, path, ${KNOWN} FROM files WHERE id > ? ORDER BY id LIMIT ?`,
		)
		.raw();
	const count = db.prepare<[], number>('SELECT count(*) FROM files').pluck().get() ?? 0;
	let ahead = new Map<string, KnownRow>();
	let size = 1;
	let used = 0;
	return {
		count,
		find(path) {
			// What others add meanwhile is read again.
			if (count === 0) return undefined;
			const row = ahead.get(path);
			if (row !== undefined) {
				used++;
				return row;
			}
			size = used * 2 >= size ? Math.min(MOST_AHEAD, size * 2) : Math.max(1, size >> 2);
			used = 1;
			ahead = new Map(
				from.all(path, size).map(([id, name, stamp, skipped]) => [name, { id, stamp, skipped }]),
			);
			return ahead.get(path);
		},
		*each() {
			for (let last = 0; ; ) {
				const rows = byId.all(last, MOST_AHEAD);
				for (const [id, path, stamp, skipped] of rows) {
					last = id;
					yield { id, path, stamp, skipped };
				}
				if (rows.length < MOST_AHEAD) return;
			}
		},
	};
}

/** Which rows, by their id. */
export interface RowSet {
	has(id: number): boolean;
	/** @returns Whether it is new. */
	add(id: number): boolean;
}

export function createRowSet(): RowSet {
	let bits = new Uint8Array(1024);
	const has = (id: number): boolean => ((bits[id >>> 3] ?? 0) & (1 << (id & 7))) !== 0;
	return {
		has,
		add(id) {
			if (has(id)) return false;
			if (id >>> 3 >= bits.length) {
				const larger = new Uint8Array(Math.max(bits.length * 2, (id >>> 3) + 1));
				larger.set(bits);
				bits = larger;
			}
			bits[id >>> 3] = (bits[id >>> 3] ?? 0) | (1 << (id & 7));
			return true;
		},
	};
}
