/** A laptop: what starts by itself waits for the mains and spares a low battery, what a person starts runs. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { UNSHARE } from '../support/mounts.ts';
import type { PowerTree } from '../support/power.ts';
import { Editor } from './editor.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

const supplies = (online: boolean, capacity: number): PowerTree => ({
	ADP1: { type: 'Mains', online: online ? '1' : '0' },
	BAT0: {
		type: 'Battery',
		present: '1',
		status: online ? 'Charging' : 'Discharging',
		capacity: String(capacity),
	},
});

describe.skipIf(UNSHARE === undefined)('on battery', () => {
	let editor: Editor;
	afterEach(async ({ task }) => {
		await editor.keepEvidence(task);
		await editor.stop();
	});

	const start = async (capacity: number, onBattery: 'wait' | 'ask') => {
		const home = join(mkdtempSync(join(process.env['SEMANTICA_E2E_WORK'] ?? tmpdir(), 'h-')), 'h');
		mkdirSync(home, { mode: 0o700 });
		// A daemon that looks often, so that nobody has to wait for a minute of mains.
		const quick = { powerPollMs: 1000, acStableMs: 3000 };
		writeFileSync(join(home, 'config.json'), JSON.stringify(quick));
		const settings = {
			'semantica.index.onOpen': 'always',
			'semantica.index.onBattery': onBattery,
		};
		editor = await Editor.start({ home, settings, ownPower: true });
		editor.power(supplies(false, capacity));
	};
	const indexed = async () => {
		const connection = await editor.connect();
		const { indexes } = await connection.request('index/status', {});
		connection.dispose();
		return indexes.map(({ files }) => files);
	};

	it('a folder that is opened is indexed once the machine is plugged in, and work steps aside', async () => {
		await start(43, 'wait');
		const workbench = await editor.open({ folder: makeWorkspace('cabin', 3) });
		await workbench.jobs.open();
		await workbench.jobs.widen(200);
		const row = workbench.jobs.row('Index cabin');
		await row.filter({ hasText: 'waiting for AC power: on battery, 43 %' }).waitFor();
		await workbench.jobs.explain(row, ['It starts once the machine is plugged in.']);
		editor.power(supplies(false, 42));
		await row.filter({ hasText: 'on battery, 42 %' }).waitFor();
		editor.power(supplies(true, 42));
		await expect.poll(indexed, { timeout: PATIENCE_MS }).toEqual([5]);
		await row.waitFor({ state: 'detached' });

		const connection = await editor.connect();
		const command = { command: '/bin/sleep', args: ['1000'] };
		const onMains = { constraints: { power: 'ac' }, onConstraintLost: 'pause' } as const;
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title: 'Long work', command, ...onMains }],
		});
		connection.dispose();
		const work = workbench.jobs.row('Long work');
		await work.filter({ hasText: 'running' }).waitFor();
		editor.power(supplies(false, 41));
		await work.filter({ hasText: 'AC power was lost, on battery, 41 %' }).waitFor();
		editor.power(supplies(true, 41));
		await work.filter({ hasText: 'running' }).waitFor();
		await workbench.jobs.act(work, 'Cancel');
	});

	it('a person is asked where they want to be, and indexes at once', async () => {
		await start(43, 'ask');
		const workbench = await editor.open({ folder: makeWorkspace('tent', 3) });
		const question = workbench.notification('The index of tent is waiting for AC power');
		await question.getByText('Index Now').click();
		await expect.poll(indexed, { timeout: PATIENCE_MS }).toEqual([5]);
	});

	it('that is low, only what a person starts runs', async () => {
		await start(12, 'wait');
		const workbench = await editor.open({ folder: makeWorkspace('boat', 3) });
		await workbench.jobs.open();
		await workbench.jobs.widen(200);
		await workbench.jobs.row('Index boat').filter({ hasText: 'AC power' }).waitFor();
		const connection = await editor.connect();
		const command = { command: '/bin/true' };
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title: 'Some tool', command }],
		});
		connection.dispose();
		const waiting = 'waiting for 25 % of battery or AC power: on battery, 12 %';
		await workbench.jobs.row('Some tool').filter({ hasText: waiting }).waitFor();
		await workbench.run('Semantica: Index Workspace');
		await workbench.jobs.row('Index boat').filter({ hasText: 'succeeded' }).waitFor();
		await workbench.jobs.act(workbench.jobs.row('Some tool'), 'Run Now');
		await workbench.jobs.row('Some tool').filter({ hasText: 'succeeded' }).waitFor();
	});
});
