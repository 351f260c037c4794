/** Jobs on other machines: joined in the editor, chosen where a command is asked for, followed and changed on their rows. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../support/fleet/servers.ts';
import { semantica } from './cli.ts';
import { ensureGone } from './daemon.ts';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe.skipIf(whyNoServers({ bouncer: false }) !== undefined)('a shared queue', () => {
	const homes: string[] = [];
	let servers: FleetServers;
	let editor: Editor;
	let workbench: Workbench;
	let person: DaemonConnection;
	let boxKey: string;

	/** Another machine: a data folder with a daemon of its own. */
	const machine = (name: string) => {
		const home = join(mkdtempSync(join(process.env['SEMANTICA_E2E_WORK'] ?? '', 'm-')), name);
		homes.push(home);
		const address = servers.address(name);
		const joined = semantica(home, 'fleet', 'join', address, '--name', name, '--json');
		return { home, key: (JSON.parse(joined) as { key: string }).key };
	};

	beforeAll(async () => {
		servers = await startFleetServers({ durable: false });
		await servers.logins('laptop', 'box', 'attic');
		// Orders and wishes come with a sync.
		await servers.owner.run("UPDATE fleet.config SET lease = '3 seconds'");
		boxKey = machine('box').key;
		// One that is off.
		await ensureGone(machine('attic').home);
		editor = await Editor.start({ settings: { 'terminal.integrated.gpuAcceleration': 'off' } });
		workbench = await editor.open({ folder: makeWorkspace('harbour', 2) });
		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(130);
		person = await editor.connect();
	});
	afterAll(async () => {
		person?.dispose();
		await editor?.stop();
		for (const home of homes) await ensureGone(home);
		await servers?.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const row = (title: string) => workbench.jobs.row(title);
	const line = (text: string) =>
		workbench.page.locator('.part.editor .view-line').filter({ hasText: text });
	const submit = (on: string, title: string, text: string, more: Partial<JobSpecInput> = {}) =>
		person.request('fleet/submit', {
			jobs: [
				{
					...{ on, place: { kind: 'scratch' } },
					spec: {
						...{ type: 'command', title, ...more },
						command: { command: '/bin/sh', args: ['-c', text] },
					},
				},
			],
		});

	it('is joined by an address, a name and a password, and looked at', async () => {
		const { quickInput } = workbench;
		const asked = ['The address', 'called there', 'password'];
		const answers = [servers.address('laptop'), 'laptop', ''];
		await workbench.run('Semantica: Join Shared Queue…');
		for (const [at, answer] of answers.entries()) {
			await quickInput.message.filter({ hasText: asked[at] ?? '' }).waitFor();
			await quickInput.fill(answer);
			await quickInput.accept();
		}
		await workbench.notification('has joined as laptop').waitFor();
		await workbench.clearNotifications();
		const { key = '' } = await person.request('fleet/status', {});
		semantica(
			homes[0] ?? '',
			'fleet',
			'accept',
			key ?? '',
			'--commands',
			'--at-most',
			'4',
			'--yes',
		);
		await person.request('fleet/accept', { key: boxKey });
		await workbench.run('Semantica: Show Shared Queue');
		await line('joined as laptop').waitFor();
		await line('box').first().waitFor();
		await workbench.page.screenshot({ path: picture('shown') });
		await workbench.run('View: Close All Editors');
	});

	it('is where a command may run, in a folder that is chosen, with its log here', async () => {
		const { quickInput } = workbench;
		await workbench.run('Semantica: Run Command as Job…');
		await quickInput.title.filter({ hasText: 'Run Command' }).waitFor();
		await quickInput.fill('echo ahoy from afar');
		await quickInput.accept();
		await quickInput.row('box').waitFor();
		await workbench.page.screenshot({ path: picture('where') });
		await quickInput.row('box').click();
		await quickInput.row('An Empty Folder').waitFor();
		await workbench.page.screenshot({ path: picture('folder') });
		await quickInput.row('An Empty Folder').click();
		await row('echo ahoy').filter({ hasText: 'box · succeeded' }).waitFor();
		await workbench.output.line('ahoy from afar').waitFor();
	});

	it('shows how far a job is elsewhere, and its log as it comes', async () => {
		// It goes on when it has been looked at, however long that takes.
		const gate = makeGate();
		const train = `for n in $(seq 16); do echo "epoch $n of 16, loss 0.$((900-n))"; echo "::semantica progress {\\"current\\": $n, \\"total\\": 16}"; [ $n -lt 6 ] || ${gate.wait}; done; echo trained`;
		await submit('box', 'Train the model', train);
		await row('Train the model')
			.filter({ hasText: /box · \d+%/ })
			.waitFor();
		await row('Train the model').click();
		await workbench.output.line('epoch 6 of 16').waitFor();
		await submit('attic', 'Warm the attic', 'true');
		await row('Warm the attic').filter({ hasText: 'attic · ' }).waitFor();
		await workbench.page.mouse.move(800, 300);
		await workbench.page.screenshot({ path: picture('log') });
		await workbench.jobs.explain(row('Warm the attic'), ['Waits for attic'], () =>
			workbench.page.screenshot({ path: picture('waiting') }),
		);
		gate.open();
		await row('Train the model').filter({ hasText: 'box · succeeded' }).waitFor();
		await workbench.output.line('trained').waitFor();
	});

	it('lets what nobody has taken be paused, resumed, started early and cancelled on its row', async () => {
		await workbench.jobs.choose(row('Warm the attic'), 'Pause');
		await row('Warm the attic').filter({ hasText: 'attic · held' }).waitFor();
		await workbench.page.screenshot({ path: picture('held') });
		await workbench.jobs.act(row('Warm the attic'), 'Resume');
		await row('Warm the attic').filter({ hasNotText: 'held' }).waitFor();
		await workbench.jobs.act(row('Warm the attic'), 'Cancel');
		await row('Warm the attic').filter({ hasText: 'attic · cancelled' }).waitFor();
		await submit('box', 'Sail at dawn', 'true', { runAt: Date.now() + 3_600_000 });
		await workbench.jobs.explain(row('Sail at dawn'), ['It starts at']);
		await row('Sail at dawn').filter({ hasText: 'box · starts at' }).waitFor();
		await workbench.jobs.act(row('Sail at dawn'), 'Run Now');
		await row('Sail at dawn').filter({ hasText: 'box · succeeded' }).waitFor();
	});

	it('is granted to AI tools machine by machine, on the page with all that they may do', async () => {
		const { quickInput } = workbench;
		await workbench.run('Semantica: Set What AI Tools May Do…');
		await quickInput.row('machines that they may send work to').waitFor();
		await quickInput.row(/box.*off/).click();
		await quickInput.row(/^recipes/).click();
		await quickInput.row(/box.*recipes/).waitFor();
		await workbench.page.screenshot({ path: picture('policy') });
		const { fleet } = await person.request('ai/policy', {});
		expect(fleet).toEqual([expect.objectContaining({ on: 'box', may: 'recipes' })]);
		await quickInput.dismiss();
	});

	it('is told in a terminal, too', async () => {
		await workbench.run('Terminal: Create New Terminal');
		await workbench.run('View: Toggle Maximized Panel');
		await workbench.page.locator('.terminal-wrapper.active .xterm-screen').waitFor();
		await workbench.page.keyboard.type("PS1='$ '; clear; semantica fleet status\n");
		await workbench.page
			.locator('.terminal-wrapper.active .xterm-rows > div')
			.filter({ hasText: 'this one' })
			.first()
			.waitFor({ timeout: PATIENCE_MS });
		await workbench.page.screenshot({ path: picture('status') });
	});
});

/** Of docs/fleet.md. */
const SHOWN = ['log', 'status'];

function picture(name: string): string {
	const root = join(import.meta.dirname, '../..');
	if (SHOWN.includes(name) && process.env['SEMANTICA_SCREENSHOTS'] === '1')
		return join(root, 'media/screenshots', `fleet-${name}-dark.png`);
	const folder = join(root, 'test-results/e2e');
	mkdirSync(folder, { recursive: true });
	return join(folder, `fleet-${name}.png`);
}
