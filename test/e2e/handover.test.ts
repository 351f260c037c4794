/** Two builds of the extension in two editors on one data folder: the newer one takes over while jobs run. */

import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts';
import { copiesIn } from '../support/copies.ts';
import { daemonState, until } from './daemon.ts';
import { Editor } from './editor.ts';
import { type Gate, makeGate } from './gate.ts';
import { installOther } from './install.ts';
import { insist } from './pages/insist.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

/** Where pictures of each state go, for people to judge; nowhere if not set. */
const pictures = process.env['SEMANTICA_PICTURES'];

const packed = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
const ours: string = JSON.parse(packed).version;
const newer = '99.1.0';
const foreign = '99.2.0';
let newerExtensions = '';
let foreignExtensions = '';

beforeAll(() => {
	newerExtensions = installOther({ version: newer });
	foreignExtensions = installOther({ version: foreign, protocol: String(PROTOCOL_VERSION + 1) });
	if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
});

/** An editor with this build, and one with another, on one data folder; a window in each. */
class Pair {
	readonly old: Workbench;
	readonly young: Workbench;
	readonly #editors: readonly [Editor, Editor];

	private constructor(editors: readonly [Editor, Editor], old: Workbench, young: Workbench) {
		this.#editors = editors;
		this.old = old;
		this.young = young;
	}

	/** The window of the newer build is there, but has not needed Semantica yet. */
	static async open(extensions: string): Promise<Pair> {
		const home = join(
			mkdtempSync(join(process.env['SEMANTICA_E2E_WORK'] ?? '', 'shared-')),
			'home',
		);
		const first = await Editor.start({ home });
		const old = await first.open({ folder: makeWorkspace('harbour', 3) });
		await old.jobs.openEmpty();
		const second = await Editor.start({ home, extensions });
		const young = await second.open({ ew: 'true' });
		return new Pair([first, second], old, young);
	}

	get home(): string {
		return this.#editors[0].home;
	}

	get running(): { readonly pid: number; readonly version: string } {
		const state = daemonState(this.home);
		if (state === undefined) throw new Error('No daemon runs.');
		return state;
	}

	/** A job that ends when its gate is open. */
	async job(title: string, restartable = false): Promise<Gate> {
		const connection = await this.#editors[0].connect();
		const gate = makeGate();
		const command = { command: '/bin/sh', args: ['-c', gate.wait], env: { PATH: '/usr/bin:/bin' } };
		// However busy the machine is.
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title, restartable, priority: 60, command }],
		});
		connection.dispose();
		await this.old.jobs.row(title).filter({ hasText: 'running' }).waitFor();
		return gate;
	}

	takenOver(version: string): Promise<void> {
		return until(`daemon ${version} runs`, () => daemonState(this.home)?.version === version);
	}

	async keepEvidence(task: Parameters<Editor['keepEvidence']>[0]): Promise<void> {
		for (const editor of this.#editors) await editor.keepEvidence(task);
	}

	async stop(): Promise<void> {
		for (const editor of this.#editors) await editor.stop();
	}
}

/** Hovers over Semantica's item in the status bar. */
async function panel(workbench: Workbench, look: (panel: Locator) => Promise<void>): Promise<void> {
	const { page } = workbench;
	const tooltip = page.locator('.monaco-hover:visible').filter({ hasText: 'Semantica' });
	await insist(tooltip, async () => {
		await page.mouse.move(700, 300);
		await page.locator('.statusbar-item[id="semantica.semantica.semantica.status"]').hover();
	});
	await look(tooltip);
	await page.mouse.move(700, 300);
	await tooltip.waitFor({ state: 'hidden' });
}

async function picture(workbench: Workbench, name: string): Promise<void> {
	if (pictures === undefined) return;
	await workbench.page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
}

describe('an update while jobs run', () => {
	let pair: Pair;
	let gate: Gate;
	beforeAll(async () => {
		pair = await Pair.open(newerExtensions);
	});
	afterAll(() => pair.stop());
	afterEach(({ task }) => pair.keepEvidence(task));

	it('waits for them, and both windows say so', async () => {
		gate = await pair.job('Count the ships');
		await pair.young.jobs.open();
		for (const [name, window, version] of [
			['old', pair.old, ours],
			['young', pair.young, newer],
		] as const) {
			await window.statusItem('Semantica: update waits for 1 job').waitFor();
			await window.jobs.view
				.getByText(`Semantica ${newer} takes over when 1 running job has ended`)
				.waitFor();
			await panel(window, async (tooltip) => {
				await tooltip.getByText(`Semantica ${version} · daemon ${ours}`).waitFor();
				await tooltip.getByText('Update Now').waitFor();
				await picture(window, `waiting-${name}`);
			});
		}
		expect(pair.running.version).toBe(ours);
	});

	it('keeps what is started meanwhile for the newer build', async () => {
		const { young } = pair;
		await young.run('Semantica: Run Command as Job…');
		await young.quickInput.title.filter({ hasText: 'Run Command' }).waitFor();
		await young.quickInput.fill('echo deploy');
		await young.quickInput.accept();
		await young.jobs.group('Waiting').waitFor();
		await young.jobs.row('echo deploy').first().waitFor();
		await picture(young, 'queued-young');
		gate.open();
		await pair.takenOver(newer);
		await young.jobs.row('Count the ships').filter({ hasText: 'succeeded' }).waitFor();
		await young.jobs.row('echo deploy').filter({ hasText: 'succeeded' }).waitFor();
	});

	it('is over then; the older window goes on with the newer daemon, and says that it is older', async () => {
		for (const [name, window, version] of [
			['old', pair.old, ours],
			['young', pair.young, newer],
		] as const) {
			await panel(window, async (tooltip) => {
				await tooltip.getByText(`Semantica ${version} · daemon ${newer}`).waitFor();
				const older = tooltip.getByText('newer than this window');
				expect(await older.count()).toBe(window === pair.old ? 1 : 0);
				await picture(window, `over-${name}`);
			});
		}
		await pair.old.run('Semantica: Index Workspace');
		await pair.old.jobs.row('Index harbour').filter({ hasText: 'succeeded' }).waitFor();
		await until('the older copy is removed', () => copiesIn(pair.home).length === 1);
	});

	it('is not undone by the older window: not by a restart, not by a crash', async () => {
		const before = pair.running;
		await pair.old.run('Semantica: Restart Daemon');
		await until('another daemon runs', () => daemonState(pair.home)?.pid !== before.pid);
		await pair.takenOver(newer);
		const { pid } = pair.running;
		process.kill(pid, 'SIGKILL');
		await until('another daemon runs', () => daemonState(pair.home)?.pid !== pid);
		await pair.takenOver(newer);
		await pair.old.jobs.row('Count the ships').waitFor();
	});
});

describe('an update whose older daemon is killed in the middle', () => {
	let pair: Pair;
	beforeAll(async () => {
		pair = await Pair.open(newerExtensions);
	});
	afterAll(() => pair.stop());
	afterEach(({ task }) => pair.keepEvidence(task));

	it('goes on at once: what ran is resolved by its rules, what waited begins', async () => {
		const gate = await pair.job('Count the gulls', true);
		await pair.job('Hold the line');
		await pair.young.jobs.open();
		await pair.young.statusItem('Semantica: update waits for 2 jobs').waitFor();
		const { pid } = pair.running;
		process.kill(pid, 'SIGKILL');
		await pair.takenOver(newer);
		const { jobs } = pair.young;
		await jobs.row('Hold the line').filter({ hasText: 'interrupted' }).waitFor();
		await jobs.row('Count the gulls').filter({ hasText: 'running' }).waitFor();
		gate.open();
		await jobs.row('Count the gulls').filter({ hasText: 'succeeded' }).waitFor();
		await pair.old.jobs.row('Count the gulls').filter({ hasText: 'succeeded' }).waitFor();
		expect(await pair.young.notifications.count()).toBe(0);
		expect(await pair.old.notifications.count()).toBe(0);
	});
});

describe('an update to another protocol', () => {
	let pair: Pair;
	beforeAll(async () => {
		pair = await Pair.open(foreignExtensions);
	});
	afterAll(() => pair.stop());
	afterEach(({ task }) => pair.keepEvidence(task));

	it('waits for what runs, with a way to hasten it', async () => {
		await pair.job('Hold the line');
		const { young } = pair;
		await young.jobs.open();
		await young.statusItem('Semantica: updating').waitFor();
		await young.jobs.welcome.filter({ hasText: 'The daemon that runs is older' }).waitFor();
		await panel(young, async (tooltip) => {
			await tooltip.getByText(`Semantica ${foreign} · daemon ${ours}`).waitFor();
			await tooltip.getByText(`The Semantica daemon ${ours} is older than this window`).waitFor();
			await picture(young, 'foreign-young');
		});
		await young.jobs.welcome.getByText('Update Now').click();
		await young.dialog.filter({ hasText: '1 job still runs in the older' }).waitFor();
		await picture(young, 'foreign-ask');
		await young.dialog.getByText('Update Now').click();
		await pair.takenOver(foreign);
		await young.jobs.row('Hold the line').filter({ hasText: 'interrupted' }).waitFor();
	});

	it('leaves the older window with a sentence and a way out', async () => {
		const { old } = pair;
		await old.statusItem('Semantica: update needed').waitFor();
		await old.jobs.welcome.filter({ hasText: 'this window is too old for it' }).waitFor();
		await old.jobs.welcome.getByText('Reload Window', { exact: true }).waitFor();
		await panel(old, async (tooltip) => {
			await tooltip.getByText('speaks a newer protocol than this version').waitFor();
			await tooltip.getByText('Reload Window').waitFor();
			await picture(old, 'outdated-old');
		});
		const { pid } = pair.running;
		await old.run('Semantica: Index Workspace');
		await old
			.notification('Update Semantica')
			.getByRole('button', { name: 'Reload Window' })
			.waitFor();
		await picture(old, 'outdated-command');
		expect(pair.running.pid).toBe(pid);
	});
});
