/** The maintenance process: it gives the database back when it is asked to, and does not outlive the daemon. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createMaintenance } from '../../../daemon/operations/maintenance/run.ts';
import { openSqlite } from '../../../daemon/sqlite/open.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { openQueue, task } from '../../support/queue.ts';

const ENTRY = resolve(import.meta.dirname, '../../../dist/maintenance.js');

/** A database that somebody else writes to: a rewrite waits for 5 s, as one that takes long would. */
function openBusy(): string {
	const file = join(temporaryFolder(), 'jobs.db');
	const db = openSqlite(file, { nativeFolder: undefined, busyTimeoutMs: 0 });
	db.pragma('journal_mode = WAL');
	db.exec('CREATE TABLE t (n); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)');
	onTestFinished(() => void db.close());
	return file;
}

describe('the maintenance process', () => {
	test('carries out what it is asked for', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		openSqlite(file, { nativeFolder: undefined, busyTimeoutMs: 0 })
			.exec('CREATE TABLE t (n)')
			.close();
		const maintenance = createMaintenance({
			node: () => process.execPath,
			entry: ENTRY,
			databaseFile: file,
		});
		expect(await maintenance('check')).toEqual({ kind: 'done' });
		expect(await maintenance('vacuum')).toEqual({ kind: 'done' });
	});

	test('stops when it is told to', async () => {
		const maintenance = createMaintenance({
			node: () => process.execPath,
			entry: ENTRY,
			databaseFile: openBusy(),
		});
		const stop = new AbortController();
		const answer = maintenance('vacuum', stop.signal);
		stop.abort();
		expect(await answer).toEqual({ kind: 'stopped' });
	});

	test('ends with the daemon, in the middle of its work', async () => {
		const child = spawn(process.execPath, [ENTRY, 'vacuum', openBusy()], {
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		const exited = once(child, 'exit');
		let printed = '';
		child.stdout.on('data', (chunk: Buffer) => {
			printed += chunk.toString();
		});
		child.stdin.destroy();
		const [, signal] = await exited;
		expect({ signal, printed }).toEqual({ signal: 'SIGKILL', printed: '' });
	});
});

describe('who has the database for himself', () => {
	const hold = (queue: ReturnType<typeof openQueue>) => {
		const asked = new AbortController();
		const held = queue.parts.writer.whileSuspended(
			(giveBack) =>
				new Promise<void>((done) => {
					giveBack.addEventListener('abort', () => {
						asked.abort();
						done();
					});
				}),
		);
		return { asked: asked.signal, held };
	};

	test('is asked for it by a cancel, a pause, the end of a run and the end of the daemon', async () => {
		const queue = openQueue();
		const [one, two] = await queue.enqueue(task(), task());
		const id = one?.id ?? '';
		await queue.claim();
		const urgent = [
			() => queue.jobs.pause({ ids: [two?.id ?? ''] }),
			() => queue.dispatch.stopRun(id, 1, 'timeout'),
			() => queue.jobs.cancel({ ids: [id] }),
			() => queue.parts.close(),
		];
		for (const ask of urgent) {
			const { asked, held } = hold(queue);
			await ask();
			await held;
			expect(asked.aborted).toBe(true);
		}
	});

	test('keeps it while others only want to change something', async () => {
		const queue = openQueue();
		const { asked, held } = hold(queue);
		const enqueued = queue.enqueue(task());
		for (let turn = 0; turn < 10; turn++) await nextTurn();
		expect(asked.aborted).toBe(false);
		queue.parts.writer.hurry();
		await held;
		expect(await enqueued).toHaveLength(1);
	});
});
