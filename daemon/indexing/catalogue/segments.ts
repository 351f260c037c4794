/** Which segments hold the text of which files. A document that no row names is dead. */
import type { Sqlite } from '../../sqlite/open.ts';

export interface SegmentRow {
	readonly id: number;
	/** Size of its file. */
	readonly bytes: number;
	/** Of the text of all its documents, dead ones too. */
	readonly textBytes: number;
	readonly documents: number;
}

/** Reads and writes of one connection. Writes belong inside a transaction of the catalogue. */
export interface SegmentTable {
	all(): SegmentRow[];
	/** @returns Its id, which no other segment of this index ever had. */
	add(row: Omit<SegmentRow, 'id'>): number;
	/** Documents in use, ascending. */
	live(id: number): number[];
	/** How many documents of each segment are in use. */
	liveCounts(): Map<number, number>;
	/** Of a document in use. */
	move(from: { id: number; doc: number }, to: { id: number; doc: number }): void;
	/** Its documents are no longer in use. Their files are read again by the next walk. */
	lose(id: number): void;
	/** None of its documents may be in use. */
	remove(id: number): void;
}

export function createSegmentTable(db: Sqlite): SegmentTable {
	const move = db.prepare('UPDATE files SET segment = ?, doc = ? WHERE segment = ? AND doc = ?');
	return {
		all: () =>
			db
				.prepare<[], SegmentRow>(
					'SELECT id, bytes, text_bytes AS textBytes, documents FROM segments ORDER BY id',
				)
				.all(),
		add: ({ bytes, textBytes, documents }) =>
			Number(
				db
					.prepare('INSERT INTO segments (bytes, text_bytes, documents) VALUES (?, ?, ?)')
					.run(bytes, textBytes, documents).lastInsertRowid,
			),
		live: (id) =>
			db
				.prepare<[number], number>('SELECT doc FROM files WHERE segment = ? ORDER BY doc')
				.pluck()
				.all(id),
		liveCounts: () =>
			new Map(
				db
					.prepare<[], [id: number, count: number]>(
						'SELECT segment, count(*) FROM files WHERE segment IS NOT NULL GROUP BY segment',
					)
					.raw()
					.all(),
			),
		move(from, to) {
			move.run(to.id, to.doc, from.id, from.doc);
		},
		lose(id) {
			db.prepare('UPDATE files SET version = 0, segment = NULL, doc = NULL WHERE segment = ?').run(
				id,
			);
		},
		remove(id) {
			db.prepare('DELETE FROM segments WHERE id = ?').run(id);
		},
	};
}
