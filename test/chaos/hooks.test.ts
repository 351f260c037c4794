/** The daemon is killed again and again while jobs end: each end has begun its hook once, and none of those ran twice. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { enqueue, shell, startDaemon, temporaryFolder } from '../support/daemon.ts';
import { until } from '../support/processes.ts';
import { chooseSeed, createRandom } from '../support/random.ts';

const LONG = process.env['CHAOS'] === 'long';
const KILLS = LONG ? 50 : 8;
/** For each kill. */
const JOBS = 6;
const UNFINISHED = [0, 1, 2];

interface Row {
	readonly id: string;
	readonly origin: string;
	readonly state: number;
	readonly env: string | null;
}

test('each end begins its hook exactly once', { timeout: 900_000 }, async () => {
	const seed = chooseSeed(process.env);
	console.log(`Hooks: SEMANTICA_SEED=${seed}`);
	const random = createRandom(seed);
	const evidence = join(temporaryFolder(), 'ran');
	const daemon = await startDaemon();
	const rows = () => {
		const db = new Database(daemon.paths.database, { readonly: true, timeout: 5000 });
		try {
			return db
				.prepare<[], Row>(
					"SELECT id, origin, state, json_extract(spec, '$.command.env') AS env FROM jobs ORDER BY generation",
				)
				.all();
		} finally {
			db.close();
		}
	};
	const told = `echo "$SEMANTICA_HOOK_JOB_ID $SEMANTICA_HOOK_COUNT $SEMANTICA_JOB_ID" >>'${evidence}'`;
	await (await daemon.connect()).request('hooks/update', {
		add: [{ on: 'ended', command: { command: told, shell: true } }],
	});
	for (let kill = 0; kill < KILLS; kill++) {
		const connection = await daemon.connect();
		const jobs = Array.from({ length: JOBS }, () => {
			const line = `sleep ${(random.int(0, 150) / 1000).toFixed(3)}; exit ${random.int(0, 1)}`;
			return shell(line, { restartable: random.int(0, 1) === 1 });
		});
		await enqueue(connection, ...jobs);
		await delay(random.int(30, 250));
		await daemon.kill();
		await daemon.restart();
	}
	// What was gathered waits for its minute.
	const { request } = await daemon.connect();
	await until(
		() => rows().every(({ origin, state }) => origin === 'hook/1' || !UNFINISHED.includes(state)),
		'all jobs have ended',
	);
	await request('job/runNow', { filter: { queue: ['hooks'], state: ['queued'] } });
	await until(
		() => rows().every(({ state }) => !UNFINISHED.includes(state)),
		'all hooks have ended',
	);

	const ended = rows().filter(({ origin }) => origin !== 'hook/1');
	const hooks = rows().filter(({ origin }) => origin === 'hook/1');
	expect(ended).toHaveLength(KILLS * JOBS);
	const named = hooks.map(({ env }) => JSON.parse(env ?? '{}') as Record<string, string>);
	const single = named.map((env) => env['SEMANTICA_HOOK_JOB_ID']);
	// Each names another job, and together they stand for all.
	expect(new Set(single).size).toBe(single.length);
	expect(ended.map(({ id }) => id)).toEqual(expect.arrayContaining(single));
	const stands = named.reduce((sum, env) => sum + Number(env['SEMANTICA_HOOK_COUNT']), 0);
	expect(stands).toBe(ended.length);
	const ran = existsSync(evidence) ? readFileSync(evidence, 'utf8').trim().split('\n') : [];
	expect(new Set(ran).size).toBe(ran.length);
	expect(ran.length).toBeGreaterThan(0);
	console.log(
		`Hooks: ${KILLS} deaths, ${ended.length} ends, ${hooks.length} hooks, ${ran.length} of them ran to where they say so`,
	);
});
