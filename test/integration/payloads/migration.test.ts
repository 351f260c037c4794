/** Existing rows are brought to the threshold in the background, through kills, while the daemon serves. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrate } from '../../../daemon/sqlite/migrate.ts';
import { openSqlite, type Sqlite } from '../../../daemon/sqlite/open.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { startDaemon, type TestDaemon, temporaryFolder } from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { MIGRATIONS } from '../../support/queue.ts';
import { digesting, digestOfJob, payloadFiles, readPayload, sha256, THRESHOLD } from './support.ts';

const LATER = Date.now() + 30 * 24 * 3_600_000;

function openJobs(home: string): Sqlite {
	return openSqlite(dataPaths(home).database, { nativeFolder: undefined, busyTimeoutMs: 5000 });
}

/** How many payloads are where. */
function places(home: string): { inline: number; files: number; rule: number | null } {
	const db = openJobs(home);
	try {
		const count = (sql: string) => (db.prepare(sql).get() as { n: number | null }).n;
		return {
			inline: count('SELECT count(*) AS n FROM payloads') ?? 0,
			files: count('SELECT count(*) AS n FROM jobs WHERE payload_hash IS NOT NULL') ?? 0,
			rule: count('SELECT threshold AS n FROM payload_rule'),
		};
	} finally {
		db.close();
	}
}

function setThreshold(home: string, payloadThresholdBytes: number): void {
	writeFileSync(dataPaths(home).config, JSON.stringify({ payloadThresholdBytes }));
}

async function enqueueAll(daemon: TestDaemon, contents: readonly string[]): Promise<string[]> {
	const client = await daemon.connect();
	const ids: string[] = [];
	for (const payload of contents) {
		const { jobs } = await client.request('job/enqueue', {
			jobs: [digesting({ payload, runAt: LATER })],
		});
		ids.push(jobs[0]?.id ?? '');
	}
	return ids;
}

/** Every job has the payload that it was given. */
async function expectWhole(
	daemon: TestDaemon,
	ids: readonly string[],
	contents: readonly string[],
) {
	const client = await daemon.connect();
	for (const [index, id] of ids.entries()) {
		const text = await readPayload(client, id, 1024 * 1024);
		expect(sha256(text)).toBe(sha256(contents[index] ?? ''));
	}
}

const contents = Array.from({ length: 60 }, (_, index) =>
	index % 3 === 0
		? `small ${index}`
		: `${index} ${randomBytes(50_000 + index * 1000).toString('hex')}`,
);
const large = contents.filter((content) => content.length >= THRESHOLD).length;
const small = contents.length - large;

describe('existing rows', () => {
	test('of a database made before there were payload files', async () => {
		const home = temporaryFolder();
		const before = join(temporaryFolder(), 'migrations');
		mkdirSync(before);
		for (const file of ['001_jobs.sql', '002_processes.sql']) {
			copyFileSync(join(MIGRATIONS, file), join(before, file));
		}
		const db = openJobs(home);
		db.pragma('auto_vacuum = INCREMENTAL');
		migrate(db, before);
		const insert = db.prepare(
			`INSERT INTO jobs (id, type, title, queue, priority, spec, state, stage, created_at,
			 first_trigger, run_at, payload_bytes) VALUES (?, 'command', 'old', 'default', 0, ?, 0, 2, 1, 1, ?, ?)`,
		);
		const spec = JSON.stringify({
			command: { args: ['-c', 'sha256sum'], command: '/bin/sh', env: {}, shell: false },
			supersede: 'queued',
			debounceMs: 0,
			maxDelayMs: 0,
			ttlMs: null,
			deadlineAt: null,
			timeoutMs: null,
			maxAttempts: 1,
			backoff: { baseMs: 1, factor: 1, maxMs: 1, jitter: 0 },
			retryOn: null,
			restartable: false,
			graceMs: 1000,
		});
		const payload = db.prepare('INSERT INTO payloads (job, data) VALUES (?, ?)');
		const ids = contents.map((content, index) => {
			const id = `018f4d2e-7c3a-7b1e-9f00-${String(index).padStart(12, '0')}`;
			const { lastInsertRowid } = insert.run(id, spec, LATER, content.length);
			payload.run(lastInsertRowid, Buffer.from(content));
			return id;
		});
		db.pragma('wal_checkpoint(TRUNCATE)');
		db.close();
		const sizeBefore = statSync(dataPaths(home).database).size;

		const daemon = await startDaemon({ home });
		await expect
			.poll(() => places(home), { timeout: 60_000 })
			.toEqual({ inline: small, files: large, rule: THRESHOLD });
		await expectWhole(daemon, ids, contents);
		await daemon.kill();
		const after = openJobs(home);
		after.pragma('wal_checkpoint(TRUNCATE)');
		expect(after.pragma('integrity_check', { simple: true })).toBe('ok');
		after.close();
		expect(statSync(dataPaths(home).database).size).toBeLessThan(sizeBefore / 10);
	});

	test('follow every later change of the threshold, through kills at any moment', async () => {
		const home = temporaryFolder();
		setThreshold(home, 16 * 1024 * 1024);
		const daemon = await startDaemon({ home });
		const ids = await enqueueAll(daemon, contents);
		expect(payloadFiles(daemon.paths.payloads)).toEqual([]);

		const steps = [
			{ threshold: THRESHOLD, inline: small, files: large },
			{ threshold: 1024 * 1024, inline: contents.length, files: 0 },
			{ threshold: 1, inline: 0, files: contents.length },
		];
		let kills = 0;
		for (const { threshold, inline, files } of steps) {
			await daemon.kill();
			setThreshold(home, threshold);
			const moved = () => Math.abs(places(home).files - before);
			const before = places(home).files;
			// Killed at once, and then each time that it has come some rows further.
			for (let goal = 0; places(home).rule !== threshold; goal = moved() + 4) {
				await daemon.restart();
				await until(
					() => moved() >= goal || places(home).rule === threshold,
					`${goal} payloads are moved`,
					60_000,
				);
				await daemon.kill();
				kills++;
			}
			await daemon.restart();
			expect(places(home)).toEqual({ inline, files, rule: threshold });
			await expectWhole(daemon, ids, contents);
			await expect
				.poll(() => payloadFiles(daemon.paths.payloads).length, { timeout: 20_000 })
				.toBe(files);
		}
		expect(kills).toBeGreaterThan(2 * steps.length);
		const client = await daemon.connect();
		await client.request('job/runNow', { ids });
		for (const [index, id] of ids.entries()) {
			expect(await digestOfJob(daemon, id)).toBe(sha256(contents[index] ?? ''));
		}
	});
});
