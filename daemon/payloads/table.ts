/** What jobs.db knows of payloads. The counts of references are kept by its triggers. */
import type { Sqlite } from '../sqlite/open.ts';

export interface FileRow {
	hash: Buffer;
	bytes: number;
	stored: number;
}

/** Where the payload of a job is. */
export type Location =
	| { readonly kind: 'none' }
	| { readonly kind: 'inline'; readonly bytes: number }
	| { readonly kind: 'file'; readonly digest: Buffer; readonly bytes: number };

export interface PayloadTable {
	file(hash: Buffer): FileRow | undefined;
	/** The job's row refers to the file from now on. */
	refer(job: number, file: FileRow): void;
	/** The file has a row from now on; who else refers to it counts by a trigger. */
	keep(file: FileRow): void;
	/** The job's row no longer refers to a file. */
	unrefer(job: number): void;
	insertInline(job: number, data: Buffer): void;
	removeInline(job: number): void;
	/** A new job has the payload of another. */
	share(from: number, to: number): void;
	locate(job: number): Location;
	inline(job: number): Buffer | undefined;
	/** The same of what is text: without the buffer, it costs half. */
	inlineText(job: number): string | undefined;
	inlinePart(job: number, offset: number, maxBytes: number): Buffer;
	/** Files that no job refers to. */
	unused(limit: number): FileRow[];
	hasUnused(): boolean;
	/** Forgets a file that no job refers to. */
	forget(hash: Buffer): void;
	/** Bytes on disk of all files. */
	storedBytes(): number;
	unusedTotals(): { files: number; stored: number };
}

export function createPayloadTable(db: Sqlite): PayloadTable {
	const file = db.prepare<[Buffer], FileRow>(
		'SELECT hash, bytes, stored FROM payload_files WHERE hash = ?',
	);
	const addFile = db.prepare<[Buffer, number, number]>(
		`INSERT INTO payload_files (hash, bytes, stored) VALUES (?, ?, ?)
		 ON CONFLICT (hash) DO UPDATE SET stored = excluded.stored`,
	);
	const refer = db.prepare<[Buffer, number]>(
		'UPDATE jobs SET payload_hash = ? WHERE generation = ?',
	);
	const unrefer = db.prepare<[number]>('UPDATE jobs SET payload_hash = NULL WHERE generation = ?');
	const insertInline = db.prepare<[number, Buffer]>(
		'INSERT INTO payloads (job, data) VALUES (?, ?)',
	);
	const removeInline = db.prepare<[number]>('DELETE FROM payloads WHERE job = ?');
	const shareFile = db.prepare<[number, number]>(
		`UPDATE jobs SET payload_hash = (SELECT payload_hash FROM jobs WHERE generation = ?)
		 WHERE generation = ?`,
	);
	const shareInline = db.prepare<[number, number]>(
		'INSERT INTO payloads (job, data) SELECT ?, data FROM payloads WHERE job = ?',
	);
	const locate = db.prepare<[number], { digest: Buffer | null; bytes: number }>(
		'SELECT payload_hash AS digest, payload_bytes AS bytes FROM jobs WHERE generation = ?',
	);
	const inline = db.prepare<[number], { data: Buffer }>('SELECT data FROM payloads WHERE job = ?');
	const inlineText = db
		.prepare<[number], string>('SELECT CAST(data AS TEXT) FROM payloads WHERE job = ?')
		.pluck();
	const inlinePart = db.prepare<[number, number, number], { part: Buffer }>(
		'SELECT substr(data, ? + 1, ?) AS part FROM payloads WHERE job = ?',
	);
	const unused = db.prepare<[number], FileRow>(
		'SELECT hash, bytes, stored FROM payload_files WHERE refs = 0 LIMIT +?',
	);
	const forget = db.prepare<[Buffer]>('DELETE FROM payload_files WHERE hash = ? AND refs = 0');
	const storedBytes = db.prepare<[], { stored: number }>(
		'SELECT coalesce(sum(stored), 0) AS stored FROM payload_files',
	);
	const unusedTotals = db.prepare<[], { files: number; stored: number }>(
		`SELECT count(*) AS files, coalesce(sum(stored), 0) AS stored FROM payload_files WHERE refs = 0`,
	);
	return {
		file: (hash) => file.get(hash),
		keep: ({ hash, bytes, stored }) => addFile.run(hash, bytes, stored),
		refer(job, { hash, bytes, stored }) {
			addFile.run(hash, bytes, stored);
			refer.run(hash, job);
		},
		unrefer: (job) => unrefer.run(job),
		insertInline: (job, data) => insertInline.run(job, data),
		removeInline: (job) => removeInline.run(job),
		share(from, to) {
			shareFile.run(from, to);
			shareInline.run(to, from);
		},
		locate(job) {
			const row = locate.get(job);
			if (row === undefined || row.bytes === 0) return { kind: 'none' };
			const { digest, bytes } = row;
			return digest === null ? { kind: 'inline', bytes } : { kind: 'file', digest, bytes };
		},
		inline: (job) => inline.get(job)?.data,
		inlineText: (job) => inlineText.get(job),
		inlinePart: (job, offset, maxBytes) =>
			inlinePart.get(offset, maxBytes, job)?.part ?? Buffer.alloc(0),
		unused: (limit) => unused.all(limit),
		hasUnused: () => unused.get(1) !== undefined,
		forget: (hash) => forget.run(hash),
		storedBytes: () => storedBytes.get()?.stored ?? 0,
		unusedTotals: () => unusedTotals.get() ?? { files: 0, stored: 0 },
	};
}
