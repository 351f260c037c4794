/** Everything that is ours in the four themes that VS Code brings: what is seen, what is read aloud, what axe-core finds. */
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { Editor } from './editor.ts';
import { moveAway } from './pages/contextMenu.ts';
import { DashboardPage } from './pages/dashboard.ts';
import { insist } from './pages/insist.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

/** As the editor lists them, and what its page says of each by a class. */
const THEMES = {
	dark: ['Dark Modern', 'vs-dark'],
	light: ['Light Modern', 'vs'],
	contrast: ['Dark High Contrast', 'hc-black'],
	lightContrast: ['Light High Contrast', 'hc-light'],
} as const;
const NAMES = Object.keys(THEMES) as (keyof typeof THEMES)[];
/** WCAG 2.1, 1.4.11: what a graphic needs to be told from what is behind it. */
const ICON_CONTRAST = 3;
/** A row's text is read as one word, its title and its description without a space, which is the editor's doing. */
const AXE = { rules: { 'label-content-name-mismatch': { enabled: false } } };
/** Of a pick all but the words is the editor's: levels of options, labels of keys, buttons in rows, pale details. */
const AXE_OF_PICKS = {
	rules: Object.fromEntries(
		[
			...['aria-allowed-attr', 'aria-prohibited-attr'],
			...['nested-interactive', 'color-contrast', 'label-content-name-mismatch'],
		].map((rule) => [rule, { enabled: false }]),
	),
};
/** Of the README. */
const SHOWN = /^(serving|terminal)-(dark|light)$/;
const SIDE = '[id="workbench.view.extension.semantica"]';

describe('in each theme', () => {
	let editor: Editor;
	let workbench: Workbench;
	let connection: DaemonConnection;
	let tool: DaemonConnection;
	let dashboard: DashboardPage;

	beforeAll(async () => {
		editor = await Editor.start({ settings: { 'terminal.integrated.gpuAcceleration': 'off' } });
		const folder = realpathSync(makeWorkspace('orchard', 3));
		workbench = await editor.open({ folder });
		dashboard = new DashboardPage(workbench.page);
		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(150);
		connection = await editor.connect();
		await stage(connection, folder);
		await connection.request('ai/update', { run: 'ask' });
		tool = await editor.connect({ client: 'mcp/claude-code', role: 'tool', root: folder });
		const command = { command: 'true', args: [], cwd: folder };
		await tool.request('job/enqueue', { jobs: [{ type: 'command', title: 'Deploy', command }] });
		await workbench.run('Semantica: Index Workspace');
		await workbench.jobs.row('Serve the preview').filter({ hasText: 'serving' }).waitFor();
		await workbench.jobs.row('npm run build').filter({ hasText: 'succeeded' }).waitFor();
		await workbench.jobs.row('npm test').filter({ hasText: 'exit code 1' }).waitFor();
		await workbench.jobs.row('Too late').filter({ hasText: 'expired' }).waitFor();
		await workbench.jobs.row('Index orchard').filter({ hasText: 'succeeded' }).waitFor();
		// What wants an answer or a yes asks for it by itself.
		await workbench.notification('claude-code wants to run').waitFor();
		await workbench.clearNotifications();
	});
	afterAll(async () => {
		tool?.dispose();
		connection?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const take = (name: string) => workbench.page.screenshot({ path: picture(name) });

	async function choose(theme: keyof typeof THEMES): Promise<void> {
		const [title, name] = THEMES[theme];
		const chosen = workbench.page.locator(`.monaco-workbench.${name}`);
		if (await chosen.isVisible()) return;
		await insist(chosen, async () => {
			// Which of those that the palette finds is the first differs.
			await workbench.page.keyboard.press('F1');
			await workbench.quickInput.fill('>Preferences: Color Theme');
			await workbench.quickInput.row(/^Preferences: Color Theme/).click();
			await workbench.quickInput.fill(title);
			await workbench.quickInput.chosen(title).waitFor();
			await workbench.quickInput.accept();
		});
	}

	it.each([
		['Rest a while', /^Rest a while, paused/],
		['Draft of the report', /^Draft of the report, replaced by a newer job/],
		['Release', /^Release, .*asks: Which version\?/],
		['Deploy', /^Deploy, .*approval/],
	])('%s is seen and read aloud as what it is', async (title, label) => {
		await workbench.jobs.scrollTo(title);
		const row = workbench.jobs.row(title).first();
		await expect
			.poll(() => row.getAttribute('aria-label'), { timeout: PATIENCE_MS })
			.toMatch(label);
	});

	it('rows are read aloud once, with their state', async () => {
		const labels = await workbench.jobs.view
			.locator('.monaco-list-row')
			.evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
		expect(labels.find((label) => label.startsWith('Serve'))).toMatch(
			/^Serve the preview, running, serving/,
		);
		for (const label of labels) {
			const parts = label.split(/, | · /);
			expect(new Set(parts).size, label).toBe(parts.length);
		}
	});

	it.each(NAMES)('%s: the Jobs view', async (theme) => {
		await choose(theme);
		await workbench.jobs.open();
		await take(`jobs-${theme}`);
		expect(await faint(workbench.page)).toEqual([]);
		expect(await found(workbench.page, SIDE)).toEqual([]);
		await workbench.jobs.explain(workbench.jobs.row('Serve the preview'), ['serving'], async () => {
			await take(`serving-${theme}`);
		});
		const item = workbench.page.locator('.statusbar-item[id^="semantica"]');
		const panel = workbench.page.locator('.monaco-hover:visible');
		const showPanel = () =>
			insist(panel, async () => {
				await moveAway(workbench.page);
				await item.hover();
			});
		await showPanel();
		await take(`status-${theme}`);
		const inPanel = async () => {
			// It is gone as soon as the words in the status bar change.
			await showPanel();
			return found(workbench.page, '.monaco-hover');
		};
		await expect.poll(inPanel, { timeout: PATIENCE_MS }).toEqual([]);
		await moveAway(workbench.page);
	});

	it.each(NAMES)('%s: the dashboard', async (theme) => {
		await choose(theme);
		await workbench.run('Semantica: Show Dashboard');
		await dashboard.section('Running').getByText('Serve the preview').waitFor();
		await dashboard.section('Ended').locator('canvas').waitFor();
		await take(`dashboard-${theme}`);
		expect(await found(await dashboard.frame(), 'body')).toEqual([]);
	});

	it.each(NAMES)('%s: a log in a terminal, and the details', async (theme) => {
		await choose(theme);
		await workbench.jobs.choose(workbench.jobs.row('npm run check'), 'Open Log in Terminal');
		await workbench.page
			.locator('.terminal-wrapper.active .xterm-rows > div')
			.filter({ hasText: 'nothing broken' })
			.waitFor();
		await take(`terminal-${theme}`);
		await workbench.run('Terminal: Kill All Terminals');
		await workbench.jobs.choose(workbench.jobs.row('npm test'), 'Show Details');
		await workbench.activeTab.filter({ hasText: 'npm test' }).waitFor();
		await workbench.page.locator('.view-line').filter({ hasText: 'Run 1:' }).waitFor();
		await take(`details-${theme}`);
		expect(await found(workbench.page, '.part.editor .monaco-editor')).toEqual([]);
	});

	it.each(NAMES)('%s: what a search finds, as one types and as a view', async (theme) => {
		await choose(theme);
		await workbench.search('"animals of the south"');
		await workbench.quickInput.row('marsupials.ts:1').waitFor();
		await take(`search-${theme}`);
		expect(await found(workbench.page, '.quick-input-widget', AXE_OF_PICKS)).toEqual([]);
		await workbench.quickInput.row('Open Results').click();
		await workbench.jobs.view.getByText('6 lines in 1 file').waitFor();
		await take(`results-${theme}`);
		expect(await faint(workbench.page)).toEqual([]);
		// The buttons in the heading of a view are the editor's.
		expect(await found(workbench.page, `${SIDE} .pane-body`)).toEqual([]);
		await workbench.run('Semantica: Clear Results');
		await workbench.jobs.view.getByText('6 lines in 1 file').waitFor({ state: 'detached' });
	});

	it.each(NAMES)('%s: the walkthrough', async (theme) => {
		await choose(theme);
		await workbench.run('Welcome: Open Walkthrough');
		await workbench.quickInput.row('Semantica').first().click();
		await workbench.page.locator('.getting-started-step').first().waitFor();
		await take(`walkthrough-${theme}`);
	});
});

/** Icons of rows that stand out less than they must from what is behind them. */
function faint(page: Page): Promise<string[]> {
	return page.locator(`${SIDE} .monaco-list-row`).evaluateAll((rows, least) => {
		type Color = [number, number, number, number];
		const parse = (text: string): Color => {
			const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
			return [r, g, b, a];
		};
		const light = ([r, g, b]: Color) => {
			const part = (value: number) =>
				value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
			return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
		};
		const behind = (element: Element | null): Color => {
			if (element === null) return [255, 255, 255, 1];
			const color = parse(getComputedStyle(element).backgroundColor);
			return color[3] === 1 ? color : behind(element.parentElement);
		};
		return rows.flatMap((row) => {
			const icon = row.querySelector('.custom-view-tree-node-item-icon.codicon');
			if (icon === null) return [];
			const [a, b] = [light(parse(getComputedStyle(icon).color)), light(behind(icon))];
			const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
			return contrast < least ? [`${row.getAttribute('aria-label')}: ${contrast.toFixed(2)}`] : [];
		});
	}, ICON_CONTRAST);
}

/** What axe-core finds in a part of a page that is serious. */
async function found(place: Page | Frame, part: string, options: axe.RunOptions = AXE) {
	await place.evaluate(axe.source);
	const all = await place.evaluate(
		async ([part, options]) => {
			const { axe: inside } = globalThis as unknown as { axe: typeof axe };
			return (await inside.run(part, options)).violations.map(({ id, impact, nodes }) => ({
				id,
				impact,
				html: nodes
					.map(({ html, any }) => `${html.slice(0, 300)} ${any[0]?.message ?? ''}`)
					.slice(0, 3),
			}));
		},
		[part, options] as const,
	);
	return all.filter(({ impact }) => impact === 'serious' || impact === 'critical');
}

function picture(name: string): string {
	const root = join(import.meta.dirname, '../..');
	if (SHOWN.test(name) && process.env['SEMANTICA_SCREENSHOTS'] === '1')
		return join(root, 'media/screenshots', `${name}.png`);
	const folder = join(root, 'test-results/e2e');
	mkdirSync(folder, { recursive: true });
	return join(folder, `themes-${name}.png`);
}

const QUESTION = JSON.stringify({
	...{ id: 'release', question: 'Which version?' },
	schema: { type: 'object', properties: { version: { type: 'string' } }, required: ['version'] },
});

/** One job in each state. */
async function stage(connection: DaemonConnection, folder: string): Promise<void> {
	const workspace = pathToFileURL(folder).href;
	const job = (title: string, line: string, more: Partial<JobSpecInput> = {}): JobSpecInput => ({
		type: 'command',
		title,
		workspace,
		command: { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } },
		...more,
	});
	const counting =
		'i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo "::semantica progress {\\"current\\":4000,\\"total\\":9000,\\"unit\\":\\"pages\\"}"; sleep 0.5; done';
	const paint = (color: number, text: string) => `\\033[3${color}m${text}\\033[0m`;
	const checked = [
		...['format', 'lint', 'types'].map((what) => `${paint(2, '✓')} ${what}`),
		`${paint(3, '! unused')}  ${paint(6, 'src/animals/marsupials.ts')}:7:14  ${paint(5, 'quokkaResonance')}`,
		`3 checks, ${paint(3, '1 warning')}, ${paint(4, 'nothing broken')}`,
	];
	writeFileSync(join(folder, 'check.sh'), `printf '${checked.join('\\n')}\\n'\n`);
	await connection.request('queue/update', { name: 'nightly', concurrency: 1 });
	await connection.request('queue/update', { name: 'reports', paused: true });
	const { jobs } = await connection.request('job/enqueue', {
		jobs: [
			job('npm run build', 'echo built'),
			job('npm test', 'echo "1 of 214 tests failed"; exit 1'),
			{
				...job('npm run check', '', { pty: true }),
				command: { command: '/bin/sh', args: ['check.sh'], cwd: folder },
			},
			job('Took too long', 'sleep 1000', { timeoutMs: 1_000 }),
			job('Too late', 'true', { queue: 'reports', ttlMs: 1_000 }),
			job('Not wanted any more', 'sleep 1000'),
		],
	});
	await connection.request('job/cancel', { ids: jobs.slice(-1).map(({ id }) => id) });
	await connection.request('job/wait', { ids: jobs.map(({ id }) => id), timeoutMs: PATIENCE_MS });
	await connection.request('job/enqueue', {
		jobs: [
			job('Serve the preview', 'echo listening on 4173; sleep 1000', {
				ready: { pattern: 'listening on' },
			}),
			job('Start the database', 'sleep 1000', { ready: { pattern: 'never said' } }),
			job('Nightly import', counting, { queue: 'nightly' }),
			job('Refresh embeddings', 'true', { queue: 'nightly' }),
			job('Weekly report', 'true', { queue: 'reports' }),
			job('Send the digest', 'true', { runAt: Date.now() + 4 * 3_600_000 }),
			job('After the commit', 'true', { constraints: { event: 'git.commit' } }),
			job('Release', `echo '::semantica ask ${QUESTION}'; sleep 1000`),
			job('Draft of the report', 'true', { queue: 'reports', subject: 'report' }),
			job('The report', 'true', { queue: 'reports', subject: 'report' }),
		],
	});
	const { jobs: resting } = await connection.request('job/enqueue', {
		jobs: [job('Rest a while', 'sleep 1000')],
	});
	await connection.request('job/pause', { ids: resting.map(({ id }) => id) });
}
