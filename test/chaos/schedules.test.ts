/** The daemon is killed again and again around due times: each has begun one job, and none began two runs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { shell, startDaemon, temporaryFolder } from '../support/daemon.ts';
import { until } from '../support/processes.ts';
import { chooseSeed, createRandom } from '../support/random.ts';

const LONG = process.env['CHAOS'] === 'long';
const KILLS = LONG ? 50 : 8;
const SECOND = 1000;
/** Due three times a second, by turns. */
const OFFSETS = [0, 333, 666] as const;
/** So far before and after a due time it is killed. */
const AROUND_MS = 40;
const UNFINISHED = [0, 1, 2];

interface Row {
	readonly origin: string;
	readonly due_at: number;
	readonly state: number;
}

test('each due time fires exactly once', { timeout: 600_000 }, async () => {
	const seed = chooseSeed(process.env);
	console.log(`Schedules: SEMANTICA_SEED=${seed}`);
	const random = createRandom(seed);
	const evidence = join(temporaryFolder(), 'ran');
	const daemon = await startDaemon();
	const rows = () => {
		const db = new Database(daemon.paths.database, { readonly: true, timeout: 5000 });
		try {
			return db
				.prepare<[], Row>('SELECT origin, due_at, state FROM jobs ORDER BY generation')
				.all();
		} finally {
			db.close();
		}
	};
	const start = Math.ceil(Date.now() / SECOND + 1) * SECOND;
	const firstOf = new Map(OFFSETS.map((offset) => [`every-${offset}`, start + offset]));
	const connection = await daemon.connect();
	for (const [name, startAt] of firstOf) {
		await connection.request('schedule/put', {
			name,
			spec: shell(`echo "${name} $SEMANTICA_DUE_AT" >>'${evidence}'`, { queue: name }),
			when: { everyMs: SECOND },
			missed: 'all',
			overlap: 'queue',
			startAt,
		});
	}
	for (let kill = 0; kill < KILLS; kill++) {
		const soon = Date.now() + random.int(200, 600);
		const offset = random.pick(OFFSETS);
		const dueAt = Math.ceil((soon - offset) / SECOND) * SECOND + offset;
		await delay(Math.max(0, dueAt + random.int(-AROUND_MS, AROUND_MS) - Date.now()));
		await daemon.kill();
		await daemon.restart();
	}
	const last = await daemon.connect();
	for (const name of firstOf.keys()) {
		await last.request('schedule/update', { name, enabled: false });
	}
	await until(
		() => rows().every(({ state }) => !UNFINISHED.includes(state)),
		'all jobs have ended',
	);

	const jobs = rows();
	for (const [name, startAt] of firstOf) {
		const times = jobs
			.filter(({ origin }) => origin === `schedule/${name}`)
			.map((row) => row.due_at);
		expect(times.length).toBeGreaterThan(KILLS / 2);
		// None is missing, none is there twice, none was due at another time.
		expect(times).toEqual(times.map((_, i) => startAt + i * SECOND));
	}
	expect(jobs.filter(({ origin }) => !origin.startsWith('schedule/'))).toEqual([]);
	const ran = existsSync(evidence) ? readFileSync(evidence, 'utf8').trim().split('\n') : [];
	expect(ran.length).toBeGreaterThan(0);
	expect(new Set(ran).size).toBe(ran.length);
	console.log(`Schedules: ${KILLS} deaths, ${jobs.length} due times, ${ran.length} runs`);
});
