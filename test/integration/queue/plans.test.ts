/** What SQLite does for each statement that the queue prepares: nothing is scanned, nothing sorted. */
import { expect, it } from 'vitest';
import type { Sqlite } from '../../../daemon/sqlite/open.ts';
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

/** What each index is for. Each costs something with every job, so each has its reason, and a statement that uses it. */
const PURPOSES = {
	jobs_id: 'a job by its id',
	jobs_key: 'whether a job of that key is kept',
	jobs_ready: 'the heads of the ranges that a claim compares, and who stands before whom',
	jobs_run_now: 'what was asked to run now, whatever the limits say',
	jobs_ready_parts: 'ready children of a job that is tried alone',
	jobs_resuming: 'paused runs that may go on',
	jobs_active: 'what is running: at the start, and for progress',
	jobs_bound: 'what runs under conditions, when those change',
	jobs_suspect: 'jobs with which the daemon has died',
	jobs_delayed: 'what is due, and when the next is',
	jobs_wait_begun: 'what waits beyond its time after the clock was set back',
	jobs_expiring: 'whose time is over, and when the next one is',
	jobs_ttl_begun: 'the same of those that only wait so long, after the clock was set back',
	jobs_waiving: 'whose conditions are waived, and when the next are',
	jobs_waive_begun: 'the same, after the clock was set back',
	jobs_event: 'who waits for an event',
	jobs_subject_owner: 'the one of a subject that runs or may start; there is only one',
	jobs_subject_waiting: 'the best of those that wait for their subject',
	jobs_subject_queued: 'whom a newer generation of the subject replaces',
	jobs_newest_of_subject: 'the newest of a subject, for a schedule that waits for it',
	jobs_parent: 'children of a job that run',
	jobs_open_children: 'children that a stop or a pause has not reached',
	jobs_group_open: 'how many of a group run, and which',
	jobs_group_limit: 'the smallest limit that jobs of the group brought',
	jobs_retry_of: 'what a retry by hand made of a job',
	jobs_of_schedule: 'what a schedule began and has not ended',
	jobs_newest_of_schedule: 'the newest that a schedule began',
	jobs_of_hook: 'whether runs of a hook wait already',
	jobs_finished: 'what is removed first, and how much is kept',
	jobs_finished_key: 'the same of those whose keys are remembered',
	jobs_payload: 'who refers to a payload file that is damaged, or is to be moved',
	jobs_state: 'lists by state, newest first',
	jobs_tag: 'lists by tag',
	jobs_workspace: 'lists of a workspace',
	jobs_group: 'lists of a group',
	runs_pgid: 'process groups that may be alive, at the start',
	removed_keys_free: 'keys of removed jobs that may be used again',
	payload_files_unused: 'payload files that nobody needs',
	dependencies_target: 'who waits for a job',
	dependencies_ready: 'who waits until a job is ready',
	sweeps_root: 'what is being carried to the children of a job',
	schedules_due: 'which schedules are due, and when the next is',
	schedules_ahead: 'schedules that are too far ahead after the clock was set back',
	schedules_refused: 'schedules whose last firing was refused',
	schedules_payload: 'which schedules refer to a payload file that is damaged',
	queue_rates_at: 'queues whose rate the clock makes wait',
	queue_rates_token: 'when a queue may start something again',
	last_successes_at: 'the oldest of what is remembered for skipIfUnchanged',
	fleet_sent_open: 'what others do for us and has not ended',
} as const;

/** They are for statements of rooms that this test does not open. */
const ELSEWHERE = ['jobs_payload', 'schedules_payload', 'fleet_sent_open'];

it('has an index for a purpose only, and uses each', async () => {
	const prepared = new Set<string>();
	const { queue } = openSchedules({ prepared: (sql) => prepared.add(sql) });
	const filters = [
		{ state: ['failed' as const] },
		{ tag: 'tag' },
		{ workspace: '/' },
		{ group: 'g' },
	];
	for (const filter of filters) await queue.jobs.list({ filter, sort: '-createdAt', limit: 10 });
	const used = new Set(ELSEWHERE);
	for (const sql of prepared) {
		if (!/^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)/.test(sql)) continue;
		for (const step of planOf(queue.db, sql)) {
			const name = /INDEX (\w+)/.exec(step)?.[1];
			if (name !== undefined) used.add(name);
		}
	}
	const names = queue.db
		.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
		.pluck()
		.all();
	expect(new Set(names)).toEqual(new Set(Object.keys(PURPOSES)));
	expect(names.filter((name) => !used.has(name))).toEqual([]);
});

it('reads nothing that has ended where it asks for what has not', () => {
	const prepared = new Set<string>();
	const { queue } = openSchedules({ prepared: (sql) => prepared.add(sql) });
	const conditionOf = queue.db
		.prepare<[string], string>("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?")
		.pluck();
	const open = [...prepared].filter((sql) => /^\s*SELECT/.test(sql) && OPEN.test(sql));
	expect(open.length).toBeGreaterThan(20);
	for (const sql of open) {
		for (const step of planOf(queue.db, sql)) {
			const name = /^SEARCH jobs USING (?:COVERING )?INDEX (\w+)/.exec(step)?.[1];
			// Of one job there is one row, and what has ended has no time that could be over.
			if (name === undefined || /^jobs_(id|key|expiring)$/.test(name)) continue;
			expect(conditionOf.get(name), sql).toMatch(/\b(state|stage)\b/);
		}
	}
});

/** Conditions that no job meets that has ended. */
const OPEN = /state = 0|stage <> 6|stage = [1-58]|state IN \(1, 2\)/;

function planOf(db: Sqlite, sql: string): string[] {
	return db
		.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll(/\?|@\w+/g, "'0'")}`)
		.all()
		.map(({ detail }) => detail);
}

it('prepares no statement anew for each value (docs/decisions/0006)', () => {
	const prepared = new Set<string>();
	openSchedules({ prepared: (sql) => prepared.add(sql) });
	const ordered = [...prepared].filter((sql) => /ORDER BY/.test(sql));
	expect(ordered.length).toBeGreaterThan(10);
	expect(ordered.filter((sql) => /[^+<>]= \?/.test(sql))).toEqual([]);
	expect([...prepared].filter((sql) => /LIMIT [?@]/.test(sql))).toEqual([]);
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
		for (const step of planOf(queue.db, sql)) {
			expect(step, sql).not.toMatch(/TEMP B-TREE|AUTOMATIC/);
			// Every queued job is in this one: it is for lists.
			expect(step, sql).not.toMatch(/INDEX jobs_state/);
			const scanned = /^SCAN (?:\w+)(?: USING (?:COVERING )?INDEX (\w+))?$/.exec(step);
			if (scanned !== null) expect(SMALL, `${step}: ${sql}`).toContain(scanned[1]);
		}
	}
	expect([...ONCE.keys()].filter((sql) => !prepared.has(sql))).toEqual([]);
});
