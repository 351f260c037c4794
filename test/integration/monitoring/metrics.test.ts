/** What a real daemon says of itself, read by the real promtool where there is one. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import {
	enqueue,
	jobEnd,
	jobWhen,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { createCli } from '../cli/cli.ts';
import { RULES_FILE } from './rules.ts';
import { samples, sumOf, textOf } from './samples.ts';
import { PROMTOOL, saidNotTried } from './tools.ts';

const DOCUMENTED = new Set(
	[
		...readFileSync(resolve(import.meta.dirname, '../../../docs/monitoring.md'), 'utf8').matchAll(
			/^\| `(semantica_\w+)` \|/gm,
		),
	].map(([, name = '']) => name),
);

it('agrees with the status, job by job', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	await client.request('queue/update', { name: 'q3', paused: true });
	// More queues than have a name of their own.
	const specs = Array.from({ length: 120 }, (_, i) =>
		shell(i % 3 === 0 ? 'exit 3' : 'true', {
			queue: `q${i % 60}`,
			...(i % 10 === 0 ? { runAt: Date.now() + 3_600_000 } : {}),
		}),
	);
	const ids = await enqueue(client, ...specs);
	const waiting = new Set(ids.filter((_, i) => i % 10 === 0 || i % 60 === 3));
	await client.request('job/cancel', { ids: ids.slice(10, 11) });
	for (const id of ids) if (!waiting.has(id)) await jobEnd(daemon, id);
	await aloneAgain(client);
	const text = await textOf(client);
	const status = await client.request('system/status', {});
	const found = samples(text);
	for (const [state, count] of Object.entries(status.counts)) {
		expect(sumOf(found, 'semantica_jobs', { state }), state).toBe(count);
	}
	expect(sumOf(found, 'semantica_jobs_waiting', {})).toBe(status.counts.queued);
	expect(sumOf(found, 'semantica_jobs_waiting', { reason: 'delayed' })).toBe(11);
	expect(sumOf(found, 'semantica_jobs_waiting', { reason: 'paused' })).toBe(2);
	expect(sumOf(found, 'semantica_jobs_enqueued_total', {})).toBe(120);
	const { failed, succeeded, cancelled } = status.counts;
	for (const [state, count] of Object.entries({ failed, succeeded, cancelled })) {
		expect(sumOf(found, 'semantica_jobs_finished_total', { state }), state).toBe(count);
	}
	expect(sumOf(found, 'semantica_job_run_seconds_count', {})).toBe(failed + succeeded);
	const queues = found.filter(({ name }) => name === 'semantica_jobs');
	expect(new Set(queues.map(({ labels }) => labels['queue'])).size).toBe(51);
	expect(sumOf(found, 'semantica_clients', {})).toBe(status.clients);
	expect(sumOf(found, 'semantica_log_bytes', {})).toBeGreaterThan(0);
});

it('is text that promtool has nothing against, of metrics that the documentation names', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	const [failing = ''] = await enqueue(
		client,
		shell('false', { maxAttempts: 2, backoff: { baseMs: 1 } }),
		shell('sleep 60'),
		shell('true', { constraints: { power: 'ac', idle: true } }),
	);
	await jobEnd(daemon, failing);
	const text = await textOf(client);
	const said = [...text.matchAll(/^# (HELP|TYPE) (\w+) /gm)].map(([, what, name]) => [what, name]);
	const names = new Set(said.filter(([what]) => what === 'TYPE').map(([, name = '']) => name));
	for (const name of names) {
		expect(DOCUMENTED, name).toContain(name);
		expect(said.filter(([, of]) => of === name)).toHaveLength(2);
	}
	for (const { name } of samples(text)) {
		expect(names, name).toContain(name.replace(/_(bucket|sum|count)$/, ''));
	}
	// What stands there only while a job depends on it.
	const sometimes = ['semantica_on_mains', 'semantica_battery_ratio', 'semantica_machine_idle'];
	expect([...DOCUMENTED].filter((name) => !names.has(name) && !sometimes.includes(name))).toEqual(
		[],
	);
	if (PROMTOOL === undefined) {
		saidNotTried('promtool check metrics');
		return;
	}
	const checked = spawnSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' });
	expect(checked.stdout + checked.stderr).toBe('');
	expect(checked.status).toBe(0);
});

it('is printed by the command line, and written whole, also that there is no daemon', async () => {
	const cli = createCli();
	const file = join(temporaryFolder(), 'semantica.prom');
	expect((await cli.run(['metrics', '--out', file])).code).toBe(3);
	expect(samples(readFileSync(file, 'utf8'))).toEqual([
		{ name: 'semantica_up', labels: {}, value: 0 },
	]);
	expect((await cli.run(['daemon', 'start'])).code).toBe(0);
	expect(await cli.run(['metrics', '--out', file])).toMatchObject({ code: 0, stdout: '' });
	const kept = samples(readFileSync(file, 'utf8'));
	expect(sumOf(kept, 'semantica_up', {})).toBe(1);
	const printed = samples((await cli.run(['metrics'])).stdout);
	expect(new Set(printed.map(({ name }) => name))).toEqual(new Set(kept.map(({ name }) => name)));
	const nowhere = await cli.run(['metrics', '--out', join(file, 'x')]);
	expect(nowhere.code).toBe(1);
	expect(nowhere.stderr).toContain('Name a file in a folder that you may write in.');
	expect((await cli.run(['metrics', '--rules'])).stdout).toBe(readFileSync(RULES_FILE, 'utf8'));
	const dashboard = JSON.parse((await cli.run(['metrics', '--dashboard'])).stdout);
	expect(dashboard).toMatchObject({ title: 'Semantica' });
});

it('remembers across lives what was left behind', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	const [id = ''] = await enqueue(client, shell('sleep 600'));
	await jobWhen(daemon, id, (job) => job.state === 'running');
	await daemon.kill();
	await daemon.restart();
	for (const lives of [1, 2]) {
		const again = await daemon.connect();
		const found = samples(await textOf(again));
		expect(sumOf(found, 'semantica_recovered_jobs_total', { outcome: 'interrupted' })).toBe(1);
		if (lives === 1) {
			await daemon.kill();
			await daemon.restart();
		}
	}
});

/** Who looked how jobs ended has hung up. */
async function aloneAgain(client: DaemonConnection): Promise<void> {
	while ((await client.request('system/status', {})).clients > 1);
}
