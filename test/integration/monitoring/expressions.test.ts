/** Each question of the dashboard has the right answer, by the real promtool over series that stand here. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROWS } from '../../../scripts/monitoring/panels.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { PROMTOOL, saidNotTried } from './tools.ts';

const OURS = 'job="semantica",instance="a"';
/** Of what is asked for; other queues, jobs and instances have the same series. */
const ASKED = { job: 'semantica', instance: 'a', queue: 'build|index', __rate_interval: '1m' };

/** A sample in 15 s; `n` more each time is n / 15 a second. */
const counts = (n: number) => `0+${n}x40`;
const stays = (n: number) => `${n}x40`;
/** In the last minute. */
const changes = (from: number, to: number) => `${from}x16 ${to}x23`;

function histogram(name: string, labels: string, byBound: Readonly<Record<string, number>>) {
	return Object.entries(byBound).map(([le, n]) => [
		`${name}_bucket{${[labels, `le="${le}"`].filter((text) => text !== '').join(',')}}`,
		counts(n),
	]);
}

/** Half takes up to 5 s, half up to 15 s; or everything up to 1 s. */
const SLOW = { 1: 0, 5: 30, 15: 60, '+Inf': 60 };
const QUICK = { 1: 60, 5: 60, 15: 60, '+Inf': 60 };
const COMMITS = { '0.5': 15, 1: 30, '+Inf': 30 };

const SERIES: Readonly<Record<string, string>> = Object.fromEntries([
	['semantica_up', stays(1)],
	['semantica_jobs{queue="build",state="running"}', stays(2)],
	['semantica_jobs{queue="index",state="running"}', stays(1)],
	['semantica_jobs{queue="build",state="queued"}', stays(5)],
	['semantica_jobs{queue="index",state="queued"}', stays(7)],
	['semantica_jobs{queue="build",state="paused"}', stays(1)],
	['semantica_jobs{queue="build",state="failed"}', stays(4)],
	['semantica_queue_oldest_ready_seconds{queue="build"}', stays(30)],
	['semantica_queue_oldest_ready_seconds{queue="index"}', stays(90)],
	['semantica_queue_longest_run_seconds{queue="build"}', stays(12)],
	['semantica_queue_longest_run_seconds{queue="index"}', stays(3)],
	['semantica_queue_limit{queue="build"}', stays(4)],
	['semantica_queue_limit{queue="index"}', stays(1)],
	['semantica_queue_paused{queue="build"}', stays(0)],
	['semantica_queue_paused{queue="index"}', stays(1)],
	['semantica_jobs_waiting{queue="build",reason="slot"}', stays(2)],
	['semantica_jobs_waiting{queue="build",reason="paused"}', stays(3)],
	['semantica_jobs_waiting{queue="index",reason="slot"}', stays(4)],
	['semantica_jobs_waiting{queue="index",reason="idle"}', stays(3)],
	['semantica_jobs_enqueued_total{queue="build",type="command"}', counts(30)],
	['semantica_jobs_enqueued_total{queue="index",type="index.files"}', counts(15)],
	['semantica_runs_started_total{queue="build",type="command"}', counts(15)],
	[
		'semantica_jobs_finished_total{queue="build",type="command",state="succeeded",reason="exit"}',
		counts(15),
	],
	[
		'semantica_jobs_finished_total{queue="build",type="command",state="failed",reason="exit"}',
		counts(30),
	],
	[
		'semantica_jobs_finished_total{queue="build",type="command",state="failed",reason="timeout"}',
		counts(15),
	],
	[
		'semantica_jobs_finished_total{queue="index",type="index.files",state="cancelled",reason="cancel"}',
		counts(15),
	],
	['semantica_job_retries_total{queue="build"}', counts(30)],
	['semantica_job_retries_total{queue="index"}', counts(15)],
	...histogram('semantica_job_wait_seconds', 'queue="build"', SLOW),
	...histogram('semantica_job_wait_seconds', 'queue="index"', QUICK),
	...histogram('semantica_job_run_seconds', 'queue="build",type="command"', SLOW),
	...histogram('semantica_job_run_seconds', 'queue="index",type="index.files"', QUICK),
	['semantica_database_bytes', stays(1000)],
	['semantica_database_wal_bytes', stays(200)],
	['semantica_payload_bytes', stays(30)],
	['semantica_payload_quota_bytes', stays(40)],
	['semantica_log_bytes', stays(50)],
	['semantica_index_bytes', stays(60)],
	['semantica_index_files', stays(70)],
	['semantica_index_pending_files', stays(8)],
	['semantica_process_cpu_seconds_total', '0+7.5x40'],
	['semantica_process_resident_memory_bytes', stays(90)],
	['semantica_process_open_fds', stays(25)],
	['semantica_clients', stays(2)],
	...histogram('semantica_commit_seconds', '', COMMITS),
	...histogram('semantica_commit_jobs', '', { 10: 15, 100: 30, '+Inf': 30 }),
	['semantica_event_loop_lag_seconds', stays(0.5)],
	['semantica_request_seconds_count{method="job/list"}', counts(30)],
	['semantica_request_seconds_count{method="job/wait"}', counts(15)],
	...histogram('semantica_request_seconds', 'method="job/list"', COMMITS),
	['semantica_on_mains', stays(1)],
	['semantica_battery_ratio', stays(0.75)],
	['semantica_machine_idle', stays(0)],
	['semantica_draining', stays(0)],
	['semantica_orphan_processes_found_total', changes(1, 3)],
	['semantica_orphan_processes_killed_total', changes(1, 2)],
	['semantica_left_processes', stays(5)],
	['semantica_recovered_jobs_total{outcome="requeued"}', changes(0, 4)],
	['semantica_recovered_jobs_total{outcome="interrupted"}', stays(7)],
	['semantica_poison_jobs_total', changes(0, 1)],
	['semantica_process_start_time_seconds', changes(100, 200)],
]);

/** One value without labels, or values by labels. */
type Answer = number | Readonly<Record<string, number>>;

const byQueue = (build: number, index: number): Answer => ({
	'{queue="build"}': build,
	'{queue="index"}': index,
});
const byBound = (...values: number[]): Answer =>
	Object.fromEntries(values.map((n, i) => [`{le="${['+Inf', 1, 15, 5][i]}"}`, n]));
/** The metric as it is. */
const plain = (name: string, value: number): Answer => ({
	[`semantica_${name}{instance="a",job="semantica"}`]: value,
});

/** By title of the panel, in the order of its questions. */
const ANSWERS: Readonly<Record<string, readonly Answer[]>> = {
	Running: [3],
	Waiting: [12],
	Paused: [1],
	'Failed and kept': [4],
	'Oldest ready job': [90],
	Daemons: [1],
	'Jobs in and out': [3, 1, 5],
	'How jobs end': [{ '{state="cancelled"}': 1, '{state="failed"}': 3, '{state="succeeded"}': 1 }],
	'Why jobs fail': [{ '{reason="exit"}': 2, '{reason="timeout"}': 1 }],
	Retries: [byQueue(2, 1)],
	'Waiting jobs by reason': [
		{ '{reason="idle"}': 3, '{reason="paused"}': 3, '{reason="slot"}': 6 },
	],
	'Waiting jobs by queue': [byQueue(5, 7)],
	'Wait before the start': [byQueue(5, 0.5), byQueue(14, 0.95)],
	'Length of runs': [byQueue(5, 0.5), byQueue(14, 0.95)],
	Waits: [byBound(480, 240, 480, 360)],
	Runs: [byBound(480, 240, 480, 360)],
	'Running jobs against the limit': [byQueue(2, 1), byQueue(4, 1)],
	'Oldest ready job by queue': [byQueue(30, 90)],
	'Longest run by queue': [byQueue(12, 3)],
	'Paused queues': [byQueue(0, 1)],
	Database: [plain('database_bytes', 1000), plain('database_wal_bytes', 200)],
	Payloads: [plain('payload_bytes', 30), plain('payload_quota_bytes', 40)],
	'Logs and indexes': [plain('log_bytes', 50), plain('index_bytes', 60)],
	'Indexed files': [plain('index_files', 70), plain('index_pending_files', 8)],
	Processor: [{ '{instance="a"}': 0.5 }],
	Memory: [plain('process_resident_memory_bytes', 90)],
	'Open files and clients': [plain('process_open_fds', 25), plain('clients', 2)],
	Commits: [0.5, 0.99],
	'Changes per commit': [10, 98.2],
	'Event loop': [plain('event_loop_lag_seconds', 0.5)],
	Requests: [{ '{method="job/list"}': 2, '{method="job/wait"}': 1 }],
	Answers: [{ '{method="job/list"}': 0.95 }],
	Machine: [
		plain('on_mains', 1),
		plain('battery_ratio', 0.75),
		plain('machine_idle', 0),
		plain('draining', 0),
	],
	Orphans: [2, 1, plain('left_processes', 5)],
	'Recovered jobs': [{ '{outcome="interrupted"}': 0, '{outcome="requeued"}': 4 }],
	Poison: [1],
	Starts: [{ '{instance="a", job="semantica"}': 1 }],
};

const panels = ROWS.flatMap((row) => row.panels);

/** What is asked for, and beside it what must not be counted. */
function input() {
	const within = (series: string, labels: string) =>
		series.includes('{') ? series.replace('{', `{${labels},`) : `${series}{${labels}}`;
	return Object.entries(SERIES).flatMap(([series, values]) => {
		const hidden = series.replace(/queue="\w+"/, 'queue="hidden"');
		return [
			within(series, OURS),
			within(series, 'job="elsewhere",instance="a"'),
			within(series, 'job="semantica",instance="b"'),
			...(hidden === series || !series.includes('build') ? [] : [within(hidden, OURS)]),
		].map((one) => ({ series: one, values }));
	});
}

const asked = (expr: string): string =>
	Object.entries(ASKED).reduce((text, [name, value]) => text.replaceAll(`$${name}`, value), expr);

it('has an answer here for every question of the dashboard', () => {
	const questions = panels.map(({ title, queries }) => [title, queries.length]);
	const answers = Object.entries(ANSWERS).map(([title, all]) => [title, all.length]);
	expect(questions).toEqual(answers);
});

it.each(panels.map((panel) => [panel.title, panel] as const))(
	'asks rightly for "%s"',
	(title, { queries }) => {
		if (PROMTOOL === undefined) {
			saidNotTried(`the answer to "${title}"`);
			return;
		}
		const file = join(temporaryFolder(), 'tests.yml');
		const tests = queries.map(({ expr }, i) => {
			const answer = ANSWERS[title]?.[i] ?? {};
			const samples = typeof answer === 'number' ? { '{}': answer } : answer;
			return {
				expr: asked(expr),
				eval_time: '5m',
				exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
			};
		});
		// YAML takes JSON.
		writeFileSync(
			file,
			JSON.stringify({
				tests: [{ interval: '15s', input_series: input(), promql_expr_test: tests }],
			}),
		);
		const { status, stdout, stderr } = spawnSync(PROMTOOL, ['test', 'rules', file], {
			encoding: 'utf8',
		});
		expect(status, stdout + stderr).toBe(0);
	},
);
