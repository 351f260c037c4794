/** A clock that is set back by two hours while window and daemon run: nothing is negative, nothing waits for the time to come again. */
import { spawn } from 'node:child_process';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { daemonVariables } from '../../shared/client/launch.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { semantica } from './cli.ts';
import { daemonState, until } from './daemon.ts';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import { DashboardPage } from './pages/dashboard.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

const BACK_MS = 2 * 3_600_000;
/** What no clock makes of a time. */
const WRONG = /NaN|Invalid|undefined|Infinity|(?<![\w-])[-−]\d+(\.\d+)? ?(ms|s|min|h|days|%)(?!\w)/;

describe('a clock that is set back', () => {
	const work = process.env['SEMANTICA_E2E_WORK'] ?? '';
	const file = join(work, 'moved-clock');
	const clock = `${new URL('../support/movedClock.mjs', import.meta.url).href}?by=${file}`;
	const gate = makeGate();
	let editor: Editor;
	let workbench: Workbench;
	let dashboard: DashboardPage;
	let person: DaemonConnection;

	beforeAll(async () => {
		writeFileSync(file, '0');
		editor = await Editor.start({ env: { NODE_OPTIONS: `--import ${clock}` } });
		await startDaemon(editor.home);
		workbench = await editor.open({ folder: makeWorkspace('belfry', 2) });
		dashboard = new DashboardPage(workbench.page);
		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(150);
		person = await editor.connect();
		await person.request('queue/update', { name: 'tower', concurrency: 1 });
		const tick = `n=0; while ${gate.closed}; do n=$((n+1)); echo "tick $n"; sleep 0.1; done`;
		await enqueue(script('Ring', tick, { queue: 'tower' }));
		await enqueue(script('Wind up', 'true', { queue: 'tower' }));
		await enqueue(script('Oil', 'true'));
		await row('Oil').filter({ hasText: 'succeeded' }).waitFor();
		await person.request('schedule/put', {
			name: 'chime',
			when: { everyMs: 900_000 },
			spec: script('Chime', 'true'),
		});
		await workbench.run('Semantica: Show Dashboard');
		await dashboard.section('Running').getByText('Ring').waitFor();
		await workbench.jobs.chooseUntil(line('tick 1').first(), row('Ring'), 'Open Log File');
		await workbench.run('Semantica: Follow Log to Its End');
		await enqueue(script('Polish', 'true'));
		await row('Polish').filter({ hasText: 'succeeded' }).waitFor();
		writeFileSync(file, String(-BACK_MS));
	});
	afterAll(async () => {
		person?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	/** As the extension would, and with the clock. */
	async function startDaemon(home: string): Promise<void> {
		for (const step of ['start', 'stop']) semantica(home, 'daemon', step);
		const [daemon = ''] = globSync('bin/*/daemon.js', { cwd: home });
		spawn(process.execPath, ['--import', clock, join(home, daemon)], {
			...{ cwd: home, detached: true, stdio: 'ignore' },
			env: { ...process.env, ...daemonVariables(home) },
		}).unref();
		await until('the daemon runs', () => daemonState(home) !== undefined);
	}

	const script = (title: string, text: string, more: Partial<JobSpecInput> = {}): JobSpecInput => ({
		...{ type: 'command', title, ...more },
		command: { command: '/bin/sh', args: ['-c', text], env: { PATH: '/usr/bin:/bin' } },
	});
	const enqueue = (spec: JobSpecInput) => person.request('job/enqueue', { jobs: [spec] });
	const row = (title: string) => workbench.jobs.row(title);
	const line = (text: string | RegExp) =>
		workbench.page.locator('.part.editor .view-line').filter({ hasText: text });

	it('keeps no log from going on, and nothing from running', async () => {
		const said = async () => {
			const lines = await line('tick').allTextContents();
			return Math.max(0, ...lines.map((text) => Number(/\d+/.exec(text)?.[0] ?? 0)));
		};
		const before = await said();
		await expect.poll(said, { timeout: PATIENCE_MS }).toBeGreaterThan(before + 20);
		await enqueue(script('Sweep', 'true'));
		await row('Sweep').filter({ hasText: 'succeeded' }).waitFor();
		// Its time had come: what it waits for now is the queue.
		await row('Wind up').filter({ hasText: 'tower' }).waitFor();
		expect(await row('Wind up').textContent()).not.toContain('starts at');
		const { schedules } = await person.request('schedule/list', {});
		const next = (schedules[0]?.nextAt ?? 0) - (Date.now() - BACK_MS);
		expect(next).toBeLessThanOrEqual(900_000);
		await workbench.page.screenshot({ path: picture('log') });
	});

	it('makes no time of rows, documents and charts a negative one', async () => {
		gate.open();
		await row('Ring').filter({ hasText: 'succeeded' }).waitFor();
		await row('Wind up').filter({ hasText: 'succeeded' }).waitFor();
		expect(await workbench.jobs.view.innerText()).not.toMatch(WRONG);
		await workbench.jobs.choose(row('Ring'), 'Show Details');
		await line('Run 1:').waitFor();
		expect(await workbench.page.locator('.part.editor').innerText()).not.toMatch(WRONG);
		await workbench.page.screenshot({ path: picture('details') });
		await dashboard.tab.click();
		await dashboard.card('succeeded').waitFor();
		await dashboard.section('Ended').locator('canvas').waitFor();
		expect(await dashboard.body.innerText()).not.toMatch(WRONG);
		await workbench.page.screenshot({ path: picture('dashboard') });
		expect(await workbench.notifications.count()).toBe(0);
	});
});

function picture(name: string): string {
	const folder = join(import.meta.dirname, '../../test-results/e2e');
	mkdirSync(folder, { recursive: true });
	return join(folder, `clock-${name}.png`);
}
