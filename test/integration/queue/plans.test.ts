/** What SQLite does for each statement that the queue prepares: nothing is scanned, nothing sorted. */
import { expect, it } from 'vitest';
import { openSchedules } from '../../support/schedules.ts';

/** Statements that look at everything, and when they do. */
const ONCE = new Map([
	[
		"SELECT queue, state, CASE state WHEN 0 THEN stage + 16 * (attempt > 0) + 32 * class ELSE -1 END AS place, iif(state = 0, group_name, '') AS name, count(*) AS n, sum(log_bytes) AS log FROM jobs GROUP BY queue, state, place, name",
		'at the start',
	],
	['SELECT name, value FROM lasting_counts', 'seven rows'],
	['SELECT at, told FROM ring', '288 rows'],
	['SELECT coalesce(sum(stored), 0) AS stored FROM payload_files', 'at the start'],
	['SELECT name, concurrency, paused FROM queues', 'a row for each queue that a person changed'],
	[
		'SELECT queue FROM queue_rates ORDER BY queue',
		'a row for each queue that a person gave a rate',
	],
	['SELECT EXISTS (SELECT 1 FROM checkpoints)', 'one row, whether there is any'],
	['SELECT * FROM fired_events LIMIT 1', 'one row of a table that is mostly empty'],
	['SELECT * FROM sweeps ORDER BY id LIMIT 1', 'one row of a table that is mostly empty'],
	['SELECT EXISTS (SELECT 1 FROM checkpoints)', 'ends at the first row'],
	['SELECT count(*) AS n FROM schedules', 'when one is made'],
	['SELECT total_changes()', 'no table at all'],
]);

/** Indexes that hold only jobs that are going on, or are just being dealt with: all of them may be read. */
const SMALL = [
	'jobs_active',
	'jobs_bound',
	'jobs_run_now',
	'jobs_resuming',
	'jobs_suspect',
	'payload_files_unused',
	'schedules_due',
	'schedules_refused',
	'last_successes_at',
];

it('prepares no statement anew for each value (docs/decisions/0006)', () => {
	const prepared = new Set<string>();
	openSchedules({ prepared: (sql) => prepared.add(sql) });
	const ordered = [...prepared].filter((sql) => /ORDER BY/.test(sql));
	expect(ordered.length).toBeGreaterThan(10);
	expect(ordered.filter((sql) => /[^+<>]= \?/.test(sql))).toEqual([]);
});

it('uses an index made for it, for every statement', () => {
	const prepared = new Set<string>();
	const { queue } = openSchedules({
		prepared: (sql) => prepared.add(sql.replaceAll(/\s+/g, ' ').trim()),
	});
	const statements = [...prepared].filter((sql) => /^(SELECT|UPDATE|DELETE|INSERT)/.test(sql));
	expect(statements.length).toBeGreaterThan(60);
	for (const sql of statements) {
		if (ONCE.has(sql)) continue;
		const steps = queue.db
			.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll(/\?|@\w+/g, "'0'")}`)
			.all()
			.map((row) => row.detail);
		for (const step of steps) {
			expect(step, sql).not.toMatch(/TEMP B-TREE|AUTOMATIC/);
			// Every queued job is in this one: it is for lists.
			expect(step, sql).not.toMatch(/INDEX jobs_state/);
			const scanned = /^SCAN (?:\w+)(?: USING (?:COVERING )?INDEX (\w+))?$/.exec(step);
			if (scanned !== null) expect(SMALL, `${step}: ${sql}`).toContain(scanned[1]);
		}
	}
	expect([...ONCE.keys()].filter((sql) => !prepared.has(sql))).toEqual([]);
});
