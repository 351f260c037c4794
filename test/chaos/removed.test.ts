/** Files of a working daemon are removed, moved away or taken by another one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { acquireLock } from '../../daemon/instance/lock.ts';
import type { DataPaths } from '../../shared/paths.ts';
import { daemonsOf, ensure } from '../integration/daemon/launching.ts';
import {
	DIST,
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	shell,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../support/daemon.ts';
import { marked, newMarker, until } from '../support/processes.ts';

function empty(folder: string): void {
	for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

function present(daemon: TestDaemon): boolean {
	const { stateFile, tokenFile, lockFile, statusFolder } = daemon.paths;
	const files = [stateFile, tokenFile, lockFile, statusFolder, daemon.state.endpoint];
	return files.every((file) => existsSync(file));
}

async function expectServed(daemon: TestDaemon): Promise<void> {
	expect(await ensure(daemon.home)).toEqual(daemon.state);
	const { pid } = await (await daemon.connect()).request('system/status', {});
	expect(pid).toBe(daemon.state.pid);
	expect(daemonsOf(daemon.home)).toEqual([pid]);
}

describe('what the daemon is found by', () => {
	const WHAT: [string, (paths: DataPaths, endpoint: string) => string][] = [
		['the socket', (_, endpoint) => endpoint],
		['the state file', (paths) => paths.stateFile],
		['the token', (paths) => paths.tokenFile],
		['the lock', (paths) => paths.lockFile],
		['the folder of status files', (paths) => paths.statusFolder],
		['the whole folder', (paths) => paths.run],
	];

	test.each(WHAT)('%s, removed: it is there again, and the daemon the same', async (_, file) => {
		const daemon = await startDaemon();
		const before = await daemon.connect();
		const token = readFileSync(daemon.paths.tokenFile, 'utf8');
		// Twice: what was made anew is looked after too.
		for (let round = 1; round <= 2; round++) {
			rmSync(file(daemon.paths, daemon.state.endpoint), { recursive: true });
			await until(() => present(daemon), 'everything is there again');
			await expectServed(daemon);
			expect(readFileSync(daemon.paths.tokenFile, 'utf8')).toBe(token);
			expect(acquireLock(daemon.paths.lockFile, join(DIST, 'native'))).toBeUndefined();
		}
		// Who was connected still is.
		const [id = ''] = await enqueue(before, shell('true'));
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded' });
	});

	test('a runtime folder that goes with the last logout: the socket is there again', async () => {
		const runtime = temporaryFolder();
		const home = join(temporaryFolder(), 'x'.repeat(100));
		const daemon = await startDaemon({ home, env: { XDG_RUNTIME_DIR: runtime } });
		expect(dirname(dirname(daemon.state.endpoint))).toBe(runtime);
		for (let round = 1; round <= 2; round++) {
			empty(runtime);
			await until(() => existsSync(daemon.state.endpoint), 'it listens again');
			await expectServed(daemon);
		}
	});
});

describe('run/ emptied under a working daemon', () => {
	test('every job ends well, under the one daemon', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const marker = newMarker();
		const flag = join(daemon.home, 'go');
		const wait = `while [ ! -e '${flag}' ]; do sleep 0.01; done; : ${marker}`;
		const ids = await enqueue(connection, ...Array.from({ length: 20 }, () => shell(wait)));
		await until(() => marked(marker).length > 0, 'some run');
		empty(daemon.paths.run);
		mkdirSync(flag);
		await until(() => present(daemon), 'everything is there again');
		await expectServed(daemon);
		const ends = await Promise.all(ids.map((id) => jobEnd(daemon, id)));
		expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(['succeeded']));
	});

	test('another daemon was quicker: the first ends at once, the queue is the second one’s', async () => {
		const first = await startDaemon();
		const connection = await first.connect();
		const marker = newMarker();
		const [once = '', again = ''] = await enqueue(
			connection,
			shell(`[ "$SEMANTICA_RUN" = 1 ] && sleep ${marker}; true`),
			shell(`[ "$SEMANTICA_RUN" = 1 ] && sleep ${marker}; true`, { restartable: true }),
		);
		await until(() => marked(marker).length >= 4, 'both run');
		const { pid } = first.state;
		await stopBetweenCommits(first);
		empty(first.paths.run);
		await first.restart();
		expect(first.state.pid).not.toBe(pid);
		const ids = await enqueue(
			await first.connect(),
			...Array.from({ length: 21 }, () => shell('sleep 0.1')),
		);
		process.kill(pid, 'SIGCONT');
		await gone(pid);

		const ends = await Promise.all(ids.map((id) => jobEnd(first, id)));
		expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(['succeeded']));
		expect(await jobEnd(first, once)).toMatchObject({ state: 'failed', stopReason: 'interrupted' });
		expect(await jobEnd(first, again)).toMatchObject({ state: 'succeeded', run: 2 });
		expect(marked(marker)).toEqual([]);
		// What the second one is found by was left to it.
		await expectServed(first);
		expect(first.log()).toMatch(/Another daemon has taken .* The daemon ends/);
	});
});

/** In the middle of a commit it would hold the database, and no other daemon could start beside it. */
async function stopBetweenCommits({ state, paths }: TestDaemon): Promise<void> {
	await until(() => {
		process.kill(state.pid, 'SIGSTOP');
		const db = new Database(paths.database, { timeout: 0 });
		try {
			db.exec('BEGIN IMMEDIATE; ROLLBACK');
			return true;
		} catch {
			process.kill(state.pid, 'SIGCONT');
			return false;
		} finally {
			db.close();
		}
	}, 'it commits nothing');
}

describe('the data folder', () => {
	test('removed: the daemon ends, its jobs too, and the next one is alone', async () => {
		const daemon = await startDaemon();
		const marker = newMarker();
		await enqueue(await daemon.connect(), shell(`sleep ${marker}`));
		await until(() => marked(marker).length > 0, 'the job runs');
		const { pid } = daemon.state;
		rmSync(daemon.home, { recursive: true });
		await gone(pid);
		await until(() => marked(marker).length === 0, 'the job is gone');
		// Nothing came back.
		expect(existsSync(daemon.home)).toBe(false);
		await daemon.restart();
		await expectServed(daemon);
	});

	test('moved away: the daemon starts nothing any more, and spoils nothing of the next one', async () => {
		const daemon = await startDaemon();
		const old = await daemon.connect();
		const { pid } = daemon.state;
		const aside = temporaryFolder();
		renameSync(daemon.home, join(aside, 'home'));
		await daemon.restart();
		expect(daemon.state.pid).not.toBe(pid);
		const connection = await daemon.connect();
		const marker = newMarker();
		const kept = await enqueue(connection, shell('true', { runAt: Date.now() + 3_600_000 }));
		await enqueue(old, shell(`sleep ${marker}`)).catch(() => {});
		await gone(pid);
		expect(marked(marker)).toEqual([]);

		await daemon.kill();
		await daemon.restart();
		const { job } = await (await daemon.connect()).request('job/get', { id: kept[0] ?? '' });
		expect(job.state).toBe('queued');
	});

	test('taken by something that is no daemon: this one ends', async () => {
		const daemon = await startDaemon();
		const job = await enqueue(await daemon.connect(), shell('sleep 600'));
		await jobWhen(daemon, job[0] ?? '', ({ state }) => state === 'running');
		// Held elsewhere first: between two steps the daemon could make its own again.
		const other = join(temporaryFolder(), 'lock');
		const lock = acquireLock(other, join(DIST, 'native'));
		renameSync(other, daemon.paths.lockFile);
		await gone(daemon.state.pid);
		lock?.release();
		await daemon.restart();
		expect(await jobEnd(daemon, job[0] ?? '')).toMatchObject({ stopReason: 'interrupted' });
	});
});
