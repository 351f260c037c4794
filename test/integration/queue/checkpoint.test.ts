/** The write-ahead log is carried over between commits, and stays small. */
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
	createCheckpointer,
	LAID_OUT_BYTES,
	LAST_RESORT_FRAMES,
	ROWS_BETWEEN_LOOKS,
} from '../../../daemon/queue/store/checkpoint.ts';
import { openSqlite, type Sqlite } from '../../../daemon/sqlite/open.ts';
import { temporaryFolder } from '../../support/daemon.ts';

const FRAME_BYTES = 4096 + 24;

interface Log {
	readonly log: number;
	readonly checkpointed: number;
}

function open(file: string): Sqlite {
	const db = openSqlite(file, { nativeFolder: undefined, busyTimeoutMs: 0 });
	onTestFinished(() => void db.close());
	return db;
}

function openQueue() {
	const file = join(temporaryFolder(), 'queue.db');
	const db = open(file);
	db.pragma('journal_mode = WAL');
	db.pragma(`wal_autocheckpoint = ${LAST_RESORT_FRAMES}`);
	db.exec('CREATE TABLE rows (content BLOB)');
	const insert = db.prepare('INSERT INTO rows VALUES (zeroblob(?))');
	const later: (() => void)[] = [];
	const committed = createCheckpointer(db, (work) => later.push(work));
	return {
		db,
		file,
		later,
		commit(pages: number, rows = ROWS_BETWEEN_LOOKS) {
			insert.run(pages * 4096);
			committed(rows);
		},
		log: () => (db.pragma('wal_checkpoint(NOOP)') as [Log])[0],
	};
}

test('a commit leaves the log as it is; a later turn carries it over', () => {
	const { commit, later, log } = openQueue();
	commit(500);
	expect(later).toHaveLength(0);
	commit(600);
	expect(later).toHaveLength(1);
	expect(log().checkpointed).toBe(0);
	commit(10);
	expect(later).toHaveLength(1);
	later[0]?.();
	expect(log().checkpointed).toBe(log().log);
	commit(10);
	expect(later).toHaveLength(1);
});

test('small commits are looked at together', () => {
	const { commit, later } = openQueue();
	commit(1100, 1);
	for (let row = 2; row < ROWS_BETWEEN_LOOKS; row++) commit(1, 1);
	expect(later).toHaveLength(0);
	commit(1, 0);
	expect(later).toHaveLength(1);
});

test('the log does not grow with what was written', () => {
	const { commit, later, file } = openQueue();
	for (let n = 0; n < 40; n++) {
		commit(300);
		for (const work of later.splice(0)) work();
	}
	expect(statSync(`${file}-wal`).size).toBeLessThan(2000 * FRAME_BYTES);
});

test('a reader that stays holds it up, and nothing else', () => {
	const { commit, later, log, file } = openQueue();
	commit(10);
	const reader = open(file);
	reader.exec('BEGIN');
	reader.prepare('SELECT count(*) FROM rows').get();
	commit(1100);
	for (const work of later.splice(0)) work();
	expect(log().checkpointed).toBeLessThan(log().log);
	reader.exec('COMMIT');
	commit(1);
	for (const work of later.splice(0)) work();
	expect(log().checkpointed).toBe(log().log);
});

test('a database that was closed meanwhile is left alone', () => {
	const { commit, later, db } = openQueue();
	commit(1100);
	db.close();
	expect(() => later[0]?.()).not.toThrow();
});

test('commits write over room that is there already, also when the log was cut off', () => {
	const { commit, later, db, file } = openQueue();
	const length = () => statSync(`${file}-wal`).size;
	expect(length()).toBe(LAID_OUT_BYTES);
	commit(500);
	expect(length()).toBe(LAID_OUT_BYTES);
	db.pragma('wal_checkpoint(TRUNCATE)');
	expect(length()).toBe(0);
	commit(1);
	for (const work of later.splice(0)) work();
	expect(length()).toBe(LAID_OUT_BYTES);
	commit(1);
	expect(later).toHaveLength(0);
	// Zeros are no frames: a copy is what was committed.
	for (const suffix of ['', '-wal']) copyFileSync(file + suffix, `${file}.copy${suffix}`);
	const copy = open(`${file}.copy`);
	expect(copy.prepare('SELECT count(*) AS n FROM rows').get()).toEqual({ n: 3 });
	expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
});

test('nothing is laid out while somebody else writes', () => {
	const { commit, later, db, file } = openQueue();
	const length = () => statSync(`${file}-wal`).size;
	commit(500);
	db.pragma('wal_checkpoint(TRUNCATE)');
	commit(1);
	const other = open(file);
	other.exec('BEGIN IMMEDIATE');
	for (const work of later.splice(0)) work();
	expect(length()).toBeLessThan(LAID_OUT_BYTES);
	other.exec('ROLLBACK');
});
