/** The data folder on whatever disk it is: unwritable, full, damaged, newer. Nothing is lost, and a sentence says why. */
import { execFileSync } from 'node:child_process';
import {
	appendFileSync,
	closeSync,
	existsSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../../daemon/sqlite/open.ts';
import { errorCode } from '../../../shared/errors.ts';
import { dataPaths } from '../../../shared/paths.ts';
import {
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	runToEnd,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { mountDisk } from '../../support/disks.ts';
import { commandLineOf, livingProcesses, until } from '../../support/processes.ts';
import { daemonsOf, refusal } from './launching.ts';

/** Takes all that is free on the disk. */
function fillDisk(folder: string): void {
	const ballast = join(folder, 'ballast');
	const piece = Buffer.alloc(1024 * 1024, 1);
	try {
		for (;;) appendFileSync(ballast, piece);
	} catch (error) {
		expect(errorCode(error)).toBe('ENOSPC');
	}
}

describe('a data folder that cannot be written', () => {
	test.skipIf(process.platform !== 'linux')(
		'because the system makes no folders there',
		async () => {
			for (const home of ['/proc/nope', '/proc/nope/deeper']) {
				expect(await refusal(home)).toMatch(/cannot write .*\/proc\/nope.*SEMANTICA_HOME/);
			}
		},
	);

	test('because a file is in its place, or in the way of what goes into it', async () => {
		const folder = temporaryFolder();
		const file = join(folder, 'file');
		writeFileSync(file, '');
		for (const home of [file, join(file, 'inside')]) {
			const sentence = await refusal(home);
			expect(sentence).toContain(home);
			expect(sentence).toMatch(/cannot write .*SEMANTICA_HOME/);
		}
		for (const name of ['run', 'logs', 'bin']) {
			const home = join(folder, `with-${name}`);
			mkdirSync(home);
			writeFileSync(join(home, name), '');
			const sentence = await refusal(home);
			expect(sentence).toContain(home);
			expect(sentence, name).toMatch(/cannot write/);
			await until(() => daemonsOf(home).length === 0, 'no daemon stays');
		}
	});

	test('because its disk is read-only; when it no longer is, everything is there', async (context) => {
		const home = temporaryFolder();
		mountDisk(context, home, 'size=64m');
		const daemon = await startDaemon({ home });
		const connection = await daemon.connect();
		const [id = ''] = await enqueue(connection, shell('true', { runAt: Date.now() + 3_600_000 }));
		await daemon.kill();
		execFileSync('mount', ['-o', 'remount,ro', home]);
		expect(await refusal(home)).toMatch(/cannot write .*read-only.*SEMANTICA_HOME/);
		execFileSync('mount', ['-o', 'remount,rw', home]);
		await daemon.restart();
		expect((await (await daemon.connect()).request('job/get', { id })).job.state).toBe('queued');
	});
});

test('a data folder from which nothing may be run is told, by its mount', async (context) => {
	const folder = temporaryFolder();
	mountDisk(context, folder, 'size=64m,noexec');
	expect(await refusal(join(folder, 'home'))).toContain(
		`nothing may be run from ${folder}, which is mounted noexec. Remount it with exec`,
	);
});

describe('a full disk', () => {
	test('before the first start is told, and nothing half is left', async (context) => {
		const home = temporaryFolder();
		mountDisk(context, home, 'size=512k');
		expect(await refusal(home)).toMatch(/cannot write .*ENOSPC.* Free space/);
		expect(existsSync(join(home, 'bin')) ? readdirSync(join(home, 'bin')) : []).toEqual([]);
	});

	test('while it works loses nothing: each change is refused or kept, and all goes on with space', async (context) => {
		const home = temporaryFolder();
		mountDisk(context, home, 'size=96m');
		const daemon = await startDaemon({ home });
		const connection = await daemon.connect();
		const [before = '', running = ''] = await enqueue(
			connection,
			shell('true', { runAt: Date.now() + 3_600_000 }),
			shell(`until [ -e ${home}-go ]; do sleep 0.02; done; echo said; exit 6`),
		);
		const gate = `${home}-go`;
		onTestFinished(() => rmSync(gate, { force: true }));
		await jobWhen(daemon, running, (job) => job.state === 'running');

		fillDisk(home);
		const large = Array.from({ length: 500 }, (_, i) =>
			shell('true', { subject: `${i} ${'s'.repeat(500)}`, runAt: Date.now() + 3_600_000 }),
		);
		const full = {
			code: 5001,
			data: { kind: 'STORE' },
			message: expect.stringMatching(/full.*Free space/),
		};
		// What the log has room for already is kept.
		let kept = 0;
		const untilRefused = async (): Promise<unknown> => {
			for (;;) {
				try {
					kept += (await connection.request('job/enqueue', { jobs: large })).jobs.length;
				} catch (error) {
					return error;
				}
			}
		};
		for (let i = 0; i < 3; i++) expect(await untilRefused()).toMatchObject(full);
		// It ends while there may be no room to write that down.
		writeFileSync(gate, '');
		expect((await connection.request('job/get', { id: before })).job.state).toBe('queued');
		const { queued = 0, superseded = 0 } = (await connection.request('system/status', {})).counts;
		expect(queued + superseded).toBe(1 + kept);

		rmSync(join(home, 'ballast'));
		expect(await jobEnd(daemon, running)).toMatchObject({ state: 'failed', exitCode: 6 });
		expect((await connection.request('job/enqueue', { jobs: large })).jobs).toHaveLength(500);
		expect((await runToEnd(daemon, connection, shell('true'))).state).toBe('succeeded');
	});

	test('by its inodes alone loses output, and says how much', async (context) => {
		const home = temporaryFolder();
		mountDisk(context, home, 'size=96m,nr_inodes=300');
		const daemon = await startDaemon({ home });
		const connection = await daemon.connect();
		mkdirSync(join(home, 'many'));
		try {
			for (let i = 0; ; i++) writeFileSync(join(home, 'many', String(i)), '');
		} catch (error) {
			expect(errorCode(error)).toBe('ENOSPC');
		}
		const job = await runToEnd(daemon, connection, shell('echo said; exit 3'));
		expect(job).toMatchObject({ state: 'failed', exitCode: 3 });
		const chunk = await connection.request('log/read', { id: job.id, offset: 0, maxBytes: 1000 });
		expect(job.logBytes).toBeGreaterThan('said\n'.length);
		expect(chunk).toMatchObject({ text: '', eof: true, dropped: { from: 0, to: job.logBytes } });
		expect((await connection.request('system/status', {})).warnings).toEqual([
			expect.stringMatching(/log of job .* cannot be written .*ENOSPC/),
		]);
		rmSync(join(home, 'many'), { recursive: true });
	});

	test('at the start of a folder that has been used is told too', async (context) => {
		const home = temporaryFolder();
		mountDisk(context, home, 'size=96m');
		const daemon = await startDaemon({ home });
		await runToEnd(daemon, await daemon.connect(), shell('true'));
		await daemon.kill();
		// What it had just forked would keep the space of removed files taken for a moment.
		const left = () => livingProcesses().filter((pid) => commandLineOf(pid).includes(home));
		await until(() => left().length === 0, 'nothing of it is left');
		// With its log: a new database would begin by removing that, and have its space.
		const { database } = dataPaths(home);
		for (const file of [database, `${database}-wal`, `${database}-shm`]) rmSync(file);
		fillDisk(home);
		expect(await refusal(home)).toMatch(/Free space/);
		rmSync(join(home, 'ballast'));
		await daemon.restart();
		expect((await runToEnd(daemon, await daemon.connect(), shell('true'))).state).toBe('succeeded');
	});
});

/** Spoils the first page of a table or index as a disk would, without a word to who has the file open. */
function damage(file: string, name: string): void {
	const db = openSqlite(file, { nativeFolder: undefined, busyTimeoutMs: 1000 });
	db.pragma('wal_checkpoint(TRUNCATE)');
	const page = db
		.prepare<[string], number>('SELECT rootpage FROM sqlite_master WHERE name = ?')
		.pluck()
		.get(name);
	const size = Number(db.pragma('page_size', { simple: true }));
	db.close();
	const handle = openSync(file, 'r+');
	writeSync(handle, Buffer.alloc(size, 0xff), 0, size, ((page ?? 0) - 1) * size);
	closeSync(handle);
}

describe('a jobs.db', () => {
	test('that is no database is set aside, and said so', async () => {
		const home = temporaryFolder();
		const paths = dataPaths(home);
		const garbage = 'This is a letter, not a database.\n'.repeat(500);
		writeFileSync(paths.database, garbage);
		const daemon = await startDaemon({ home });
		const connection = await daemon.connect();
		const { warnings } = await connection.request('system/status', {});
		expect(warnings).toEqual([
			expect.stringMatching(
				/jobs\.db could not be read as a database .* moved to .*damaged.* new, empty queue/,
			),
		]);
		const [kept = ''] = readdirSync(paths.damaged);
		expect(readFileSync(join(paths.damaged, kept, 'jobs.db'), 'utf8')).toBe(garbage);
		expect((await runToEnd(daemon, connection, shell('true'))).state).toBe('succeeded');
	});

	test.each(['jobs', 'queues', 'payload_files', 'jobs_active', 'runs_pgid'])(
		'whose %s are damaged is set aside by the start that meets it',
		async (table) => {
			const daemon = await startDaemon();
			await runToEnd(daemon, await daemon.connect(), shell('true'));
			await daemon.kill();
			damage(daemon.paths.database, table);
			await daemon.restart();
			const connection = await daemon.connect();
			const { warnings } = await connection.request('system/status', {});
			expect(warnings).toEqual([expect.stringMatching(/malformed.* moved to .* new, empty queue/)]);
			expect(readdirSync(daemon.paths.damaged)).toHaveLength(1);
			expect((await runToEnd(daemon, connection, shell('true'))).state).toBe('succeeded');
		},
	);

	test.each([
		['a request', 'jobs', 'job/list', {}],
		['the scheduling loop', 'jobs_delayed', 'queue/update', { name: '*', concurrency: 9 }],
	] as const)('that %s finds damaged makes way for a new one', async (_, name, method, params) => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const large = shell('true', {
			runAt: Date.now() + 3_600_000,
			command: { command: 'true', args: ['a'.repeat(200_000)] },
		});
		await enqueue(connection, ...Array.from({ length: 100 }, () => large));
		// More than SQLite keeps in memory: it must look at the disk again.
		await connection.request('job/list', { limit: 100, sort: 'createdAt' });
		damage(daemon.paths.database, name);
		await Promise.allSettled([connection.request(method, params)]);
		await gone(daemon.state.pid);
		await daemon.restart();
		const { counts, warnings } = await (await daemon.connect()).request('system/status', {});
		expect(counts).toMatchObject({ queued: 0 });
		expect(warnings).toEqual([expect.stringMatching(/malformed.* moved to .* new, empty queue/)]);
	});

	test('of a newer Semantica is left alone', async () => {
		const daemon = await startDaemon();
		const { database } = daemon.paths;
		await daemon.kill();
		const db = openSqlite(database, { nativeFolder: undefined, busyTimeoutMs: 1000 });
		const known = Number(db.pragma('user_version', { simple: true }));
		db.pragma('user_version = 99');
		db.close();
		expect(await refusal(daemon.home)).toMatch(
			new RegExp(`written by a newer Semantica \\(schema 99; this one knows ${known}\\)\\. Update`),
		);
		expect(existsSync(daemon.paths.damaged) ? readdirSync(daemon.paths.damaged) : []).toEqual([]);
		const again = openSqlite(database, { nativeFolder: undefined, busyTimeoutMs: 1000 });
		expect(again.pragma('user_version', { simple: true })).toBe(99);
		again.pragma(`user_version = ${known}`);
		again.close();
		await daemon.restart();
	});

	test('that is a folder is told', async () => {
		const home = temporaryFolder();
		mkdirSync(dataPaths(home).database);
		const sentence = await refusal(home);
		expect(sentence).toContain(join(home, 'jobs.db'));
		await until(() => daemonsOf(home).length === 0, 'no daemon stays');
	});

	test('that somebody else holds for a moment is waited for', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const db = openSqlite(daemon.paths.database, { nativeFolder: undefined, busyTimeoutMs: 1000 });
		db.exec('BEGIN IMMEDIATE');
		const enqueued = enqueue(connection, shell('true'));
		// Others who only ask are answered meanwhile.
		for (let i = 0; i < 20; i++) await connection.request('job/list', {});
		db.exec('COMMIT');
		db.close();
		const [id = ''] = await enqueued;
		expect((await jobEnd(daemon, id)).state).toBe('succeeded');
	});
});
