/** A real Prometheus watches a real daemon under load, and every question of the dashboard is asked of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import {
	enqueue,
	jobEnd,
	jobWhen,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { freePort } from '../../support/freePort.ts';
import { helpersOf } from '../../support/processes.ts';
import { RULES_FILE } from './rules.ts';
import { PROMETHEUS, saidNotTried } from './tools.ts';

const DASHBOARD = resolve(import.meta.dirname, '../../../media/monitoring/dashboard.json');
/** What depends on what the machine has: without a battery there is no charge. */
const MAY_BE_EMPTY = /semantica_(battery_ratio|on_mains|machine_idle)\{/;

interface Answer {
	readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

interface Panel {
	readonly title: string;
	readonly targets?: readonly { readonly expr: string }[];
}

async function startPrometheus(program: string, port: number, tokenFile: string) {
	const folder = temporaryFolder();
	const own = await freePort();
	const config = join(folder, 'prometheus.yml');
	writeFileSync(
		config,
		JSON.stringify({
			global: { scrape_interval: '1s', evaluation_interval: '1s' },
			rule_files: [RULES_FILE],
			scrape_configs: [
				{
					job_name: 'semantica',
					static_configs: [{ targets: [`127.0.0.1:${port}`] }],
					authorization: { credentials_file: tokenFile },
				},
			],
		}),
	);
	const child = spawn(
		program,
		[
			`--config.file=${config}`,
			`--storage.tsdb.path=${join(folder, 'data')}`,
			`--web.listen-address=127.0.0.1:${own}`,
			'--log.level=error',
		],
		{ stdio: ['ignore', 'ignore', 'pipe'] },
	);
	let said = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		said += text;
	});
	onTestFinished(async () => {
		child.kill('SIGKILL');
		if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
	});
	const query = async (expr: string): Promise<number[]> => {
		const url = `http://127.0.0.1:${own}/api/v1/query?query=${encodeURIComponent(expr)}`;
		const response = await fetch(url);
		const text = await response.text();
		if (!response.ok) throw new Error(`${expr}: ${text}`);
		return (JSON.parse(text) as Answer).data.result.map(({ value }) => Number(value[1]));
	};
	/** It scrapes by its own clock: there is nothing to wait for but its next look. */
	const until = async (expr: string, is: (values: readonly number[]) => boolean) => {
		const end = Date.now() + 60_000;
		for (;;) {
			const found = await query(expr).catch(() => undefined);
			if (found !== undefined && is(found)) return found;
			if (Date.now() > end) throw new Error(`${expr} is ${String(found)}. ${said}`);
			await delay(100);
		}
	};
	return { query, until };
}

const asked = (expr: string): string =>
	expr
		.replaceAll('$__rate_interval', '1m')
		.replaceAll('"$job"', '"semantica"')
		.replaceAll(/"\$(instance|queue)"/g, '".+"');

it('has an answer for every panel, and sums that agree with the status', async () => {
	if (PROMETHEUS === undefined) {
		saidNotTried('a real Prometheus that asks a real daemon');
		return;
	}
	const port = await freePort();
	const daemon = await startDaemon({ config: { 'metrics.port': port } });
	const client = await daemon.connect();
	const prometheus = await startPrometheus(PROMETHEUS, port, daemon.paths.metricsTokenFile);
	await prometheus.until('up', ([up]) => up === 1);

	const work = Array.from({ length: 200 }, (_, i) =>
		shell(i % 5 === 0 ? 'exit 1' : 'true', {
			queue: `load${i % 3}`,
			...(i % 10 === 0 ? { maxAttempts: 2, backoff: { baseMs: 10 } } : {}),
		}),
	);
	const later = Date.now() + 3_600_000;
	const [long = '', cancelled = ''] = await enqueue(
		client,
		shell('sleep 600', { queue: 'long' }),
		shell('true', { runAt: later }),
		shell('true', { runAt: later }),
		shell('true', { constraints: { event: 'never' } }),
		shell('true', { constraints: { power: 'ac', idle: true } }),
	);
	// Counters that Prometheus is to see rise have to be seen before.
	await enqueue(
		client,
		shell('true', { queue: 'load0' }),
		shell('exit 1', { queue: 'load0', maxAttempts: 2, backoff: { baseMs: 10 } }),
	);
	await prometheus.until('sum(semantica_job_retries_total)', ([n]) => n === 1);
	const ids = await enqueue(client, ...work);
	await client.request('job/cancel', { ids: [cancelled] });
	await client.request('queue/update', { name: 'still', paused: true });
	await client.request('queue/update', { name: 'rare', rate: { count: 1, perMs: 3_600_000 } });
	const [, , holder = ''] = await enqueue(
		client,
		shell('true', { queue: 'still' }),
		shell('true', { after: [{ id: long }] }),
		shell('sleep 600', { queue: 'long', group: 'one' }),
		shell('true', { queue: 'long', group: 'one' }),
		shell('true', { queue: 'rare' }),
		shell('true', { queue: 'rare' }),
	);
	for (const id of ids) await jobEnd(daemon, id);
	for (const id of [long, holder]) await jobWhen(daemon, id, (job) => job.state === 'running');

	const { counts } = await client.request('system/status', {});
	for (const [state, count] of Object.entries(counts)) {
		await prometheus.until(`sum(semantica_jobs{state="${state}"})`, ([n]) => n === count);
	}
	expect(await prometheus.query('sum(semantica_jobs_waiting)')).toEqual([counts.queued]);
	const ended = counts.succeeded + counts.failed + counts.cancelled;
	await prometheus.until('sum(semantica_jobs_finished_total)', ([n]) => n === ended);
	expect(await prometheus.query('sum(semantica_jobs_enqueued_total)')).toEqual([213]);
	for (const reason of ['delayed', 'paused', 'event', 'dependency', 'group', 'rate']) {
		await prometheus.until(`sum(semantica_jobs_waiting{reason="${reason}"})`, ([n]) => n === 1);
	}

	const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: readonly Panel[] };
	const silent: string[] = [];
	for (const { title, targets = [] } of panels) {
		for (const { expr } of targets) {
			const values = await prometheus.query(asked(expr));
			if (values.length === 0 && !MAY_BE_EMPTY.test(expr)) silent.push(`${title}: ${expr}`);
		}
	}
	expect(silent).toEqual([]);
	const rising = await prometheus.query('sum(rate(semantica_jobs_finished_total[1m]))');
	expect(rising[0]).toBeGreaterThan(0);
	// More than half did not fail, nothing else is wrong either.
	expect(await prometheus.query('ALERTS{alertstate="firing"}')).toEqual([]);

	// What is found at the next start is an alert. Nobody is left to end it before.
	process.kill(daemon.state.pid, 'SIGSTOP');
	for (const pid of helpersOf(daemon.state.pid)) process.kill(pid, 'SIGKILL');
	await daemon.kill();
	await daemon.restart();
	await prometheus.until('semantica_recovered_jobs_total{outcome="interrupted"}', ([n]) => n === 2);
	const { recovery } = await (await daemon.connect()).request('system/status', {});
	expect(recovery.killed).toBeGreaterThan(0);
	const found = await prometheus.query('semantica_orphan_processes_found_total');
	expect(found).toEqual([recovery.killed]);
	expect(await prometheus.query('semantica_orphan_processes_killed_total')).toEqual(found);
	const shown = panels.find(({ title }) => title === 'Orphans')?.targets ?? [];
	// Beside them stands what jobs left on purpose.
	const orphans = shown.filter(({ expr }) => expr.includes('semantica_orphan'));
	expect(orphans).toHaveLength(2);
	for (const { expr } of orphans) {
		expect((await prometheus.query(asked(expr)))[0], expr).toBeGreaterThan(0);
	}
	await prometheus.until('ALERTS{alertname="OrphansFound",alertstate="firing"}', ([n]) => n === 1);
});
