/** Somebody else, a person's sqlite3 or a backup, has the database's write lock for a while. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openSqlite } from '../../../daemon/sqlite/open.ts';
import { openQueue, task } from '../../support/queue.ts';

it('is waited for without holding up the thread, and nothing is lost', async () => {
	const queue = openQueue();
	const other = openSqlite(queue.db.name, { nativeFolder: undefined, busyTimeoutMs: 0 });
	other.exec('BEGIN IMMEDIATE');
	// What SQLite waits for by itself nobody else can be served during.
	expect(queue.db.pragma('busy_timeout', { simple: true })).toBe(0);
	let done = false;
	const enqueued = queue.enqueue(task()).finally(() => {
		done = true;
	});
	for (let turn = 0; turn < 20; turn++) await nextTurn();
	expect(done).toBe(false);
	expect(await queue.parts.writer.whileSuspended(async () => queue.jobs.counts().queued)).toBe(0);
	other.exec('COMMIT');
	expect(await enqueued).toHaveLength(1);
	other.close();
});
