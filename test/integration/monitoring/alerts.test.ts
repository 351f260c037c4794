/** Each alert fires, stays silent and resolves, by the real promtool. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CONDITIONS } from '../../../daemon/metrics/health.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { type Alert, RULES_FILE, readAlerts } from './rules.ts';
import { PROMTOOL, saidNotTried } from './tools.ts';

type Series = Readonly<Record<string, string>>;

interface Trial {
	/** By name and further labels; a sample a minute. */
	readonly series: Series;
	readonly fires: string;
	readonly resolved: string;
	/** Beside job and instance. */
	readonly labels?: Readonly<Record<string, string>>;
	/** What comes near and is not it, at `fires`. */
	readonly silent: readonly Series[];
}

const failed =
	'semantica_jobs_finished_total{queue="q",type="command",state="failed",reason="exit"}';
const succeeded =
	'semantica_jobs_finished_total{queue="q",type="command",state="succeeded",reason="exit"}';
const bucket = (le: string) => `semantica_commit_seconds_bucket{le="${le}"}`;
const oldest = 'semantica_queue_oldest_ready_seconds{queue="q"}';
const started = 'semantica_runs_started_total{queue="q",type="command"}';
const orphans = 'semantica_orphan_processes_last_found_timestamp_seconds';

const TRIALS: Readonly<Record<keyof typeof CONDITIONS, Trial>> = {
	OrphansFound: {
		// Found in the fourth minute, by the clock that promtool begins at 0.
		series: { [orphans]: '-90000x3 240x60' },
		fires: '10m',
		resolved: '25m',
		silent: [{ [orphans]: '-90000x60' }, { [orphans]: '90000x60' }],
	},
	DatabaseLarge: {
		series: { semantica_database_bytes: '2000000000x30 1000x30' },
		fires: '20m',
		resolved: '40m',
		silent: [
			{ semantica_database_bytes: '999999999x60' },
			// For a moment only.
			{ semantica_database_bytes: '1000x10 2000000000x49' },
		],
	},
	QueueStuck: {
		series: { [oldest]: '0x5 700+60x20 0x30', [started]: '1x60' },
		fires: '20m',
		resolved: '40m',
		labels: { queue: 'q' },
		silent: [
			// A queue that is paused has none that only a slot keeps from starting.
			{ [oldest]: '0x60', [started]: '1x60' },
			{ [oldest]: '700+60x60', [started]: '1+1x60' },
			{ [oldest]: '500x60', [started]: '1x60' },
		],
	},
	JobsFailing: {
		series: { [failed]: '0+1x20 20x80', [succeeded]: '0x100' },
		fires: '20m',
		resolved: '90m',
		labels: { queue: 'q' },
		silent: [
			// Few, and as many that succeed.
			{ [failed]: '0x18 3x40', [succeeded]: '0x60' },
			{ [failed]: '0+1x60', [succeeded]: '0+2x60' },
		],
	},
	PoisonJob: {
		series: { semantica_poison_jobs_total: '0x5 1x120' },
		fires: '10m',
		resolved: '80m',
		silent: [{ semantica_poison_jobs_total: '3x120' }],
	},
	WalGrows: {
		series: { semantica_database_wal_bytes: '300000000x20 4000x30' },
		fires: '15m',
		resolved: '30m',
		silent: [{ semantica_database_wal_bytes: '240000000x60' }],
	},
	PayloadQuota: {
		series: { semantica_payload_bytes: '95x10 50x30', semantica_payload_quota_bytes: '100x40' },
		fires: '5m',
		resolved: '20m',
		silent: [
			{ semantica_payload_bytes: '90x40', semantica_payload_quota_bytes: '100x40' },
			{ semantica_payload_bytes: '0x40', semantica_payload_quota_bytes: '0x40' },
		],
	},
	SlowCommit: {
		series: {
			[bucket('0.5')]: '0+90x30 2700x60',
			[bucket('1')]: '0+100x30 3000x60',
			[bucket('+Inf')]: '0+100x30 3000x60',
		},
		fires: '25m',
		resolved: '60m',
		silent: [
			{
				[bucket('0.5')]: '0+1000x60',
				[bucket('1')]: '0+1000x60',
				[bucket('+Inf')]: '0+1001x60',
			},
			// Nothing is committed at all.
			{ [bucket('0.5')]: '5x60', [bucket('1')]: '9x60', [bucket('+Inf')]: '9x60' },
		],
	},
	Restarts: {
		series: { semantica_process_start_time_seconds: '100x1 200x1 300x1 400x1 500x60' },
		fires: '10m',
		resolved: '40m',
		silent: [{ semantica_process_start_time_seconds: '100x1 200x1 300x1 400x60' }],
	},
};

const WHERE = { job: 'semantica', instance: '127.0.0.1:9464' };

/** With the labels that a scrape adds. */
function inputOf(series: Series) {
	const where = `job="${WHERE.job}",instance="${WHERE.instance}"`;
	return Object.entries(series).map(([name, values]) => ({
		series: name.includes('{') ? name.replace('{', `{${where},`) : `${name}{${where}}`,
		values,
	}));
}

function testsOf(alert: Alert, trial: Trial): object[] {
	const { labels = {} } = trial;
	const named = (text: string) =>
		text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? '');
	const expected = {
		exp_labels: { ...WHERE, ...labels, severity: 'warning', component: 'semantica' },
		exp_annotations: { summary: named(alert.summary), description: alert.description },
	};
	const at = (eval_time: string, exp_alerts: object[]) => ({
		eval_time,
		alertname: alert.name,
		exp_alerts,
	});
	return [
		{
			interval: '1m',
			input_series: inputOf(trial.series),
			alert_rule_test: [at(trial.fires, [expected]), at(trial.resolved, [])],
		},
		...trial.silent.map((series) => ({
			interval: '1m',
			input_series: inputOf(series),
			alert_rule_test: [at(trial.fires, [])],
		})),
	];
}

it('has an alert for each condition, in the words of doctor', () => {
	const said = Object.fromEntries(readAlerts().map(({ name, description }) => [name, description]));
	expect(said).toEqual(CONDITIONS);
});

it.each(readAlerts().map((alert) => [alert.name, alert] as const))(
	'%s fires, stays silent and resolves',
	(name, alert) => {
		if (PROMTOOL === undefined) {
			saidNotTried(`whether ${name} fires`);
			return;
		}
		const trial = TRIALS[name as keyof typeof CONDITIONS];
		const file = join(temporaryFolder(), 'tests.yml');
		// YAML takes JSON.
		writeFileSync(
			file,
			JSON.stringify({
				rule_files: [RULES_FILE],
				evaluation_interval: '1m',
				tests: testsOf(alert, trial),
			}),
		);
		const { status, stdout, stderr } = spawnSync(PROMTOOL, ['test', 'rules', file], {
			encoding: 'utf8',
		});
		expect(status, stdout + stderr).toBe(0);
	},
);

it('is a file that promtool has nothing against', () => {
	if (PROMTOOL === undefined) {
		saidNotTried('promtool check rules');
		return;
	}
	const { status, stdout, stderr } = spawnSync(PROMTOOL, ['check', 'rules', RULES_FILE], {
		encoding: 'utf8',
	});
	expect(status, stdout + stderr).toBe(0);
});
