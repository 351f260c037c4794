/**
 * `npm run bench:face`: what the face costs in a real editor: its start, ten thousand jobs cancelled, a hundred thousand
 * listed, a storm of changes, a log that never stops. Prints a table; the figures are judged by people.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

const MANY = 100_000;
const CANCELLED = 10_000;
const STORM_MS = 15_000;
/** Enqueued and cancelled again, each 200 ms: 500 changes a second. */
const AT_ONCE = 50;
const TURN_MS = 200;
const SETTLED_MS = 8000;
const LINES = 2_000_000;
const IN_REQUEST = 1000;

let editor: Editor;
let workbench: Workbench;
let connection: DaemonConnection;
const figures: (readonly [what: string, figure: string])[] = [];
const note = (what: string, figure: string | number) => figures.push([what, String(figure)]);

beforeAll(async () => {
	editor = await Editor.start();
	workbench = await editor.open({ folder: makeWorkspace('figures', 2) });
	await workbench.jobs.openEmpty();
	connection = await editor.connect();
	await connection.request('queue/update', { name: '*', paused: true });
});

afterAll(async () => {
	await editor.stop();
	console.log(
		['| what | figure |', '|---|---|', ...figures.map((row) => `| ${row.join(' | ')} |`)].join(
			'\n',
		),
	);
});

test('the start', async () => {
	await workbench.run('Developer: Show Running Extensions');
	const ours = workbench.page.locator('.runtime-extensions-editor .extension', {
		hasText: 'Semantica',
	});
	const time = await ours.locator('.activation-time').innerText();
	expect(time).toMatch(/\d+ms/);
	note('activation, as the editor says it', time.replace(/\s+/g, ' '));
	note('extension host with nothing listed, MB', hostMB());
	await workbench.page.keyboard.press('Escape');
	await ours.waitFor({ state: 'hidden' });
});

test(`${CANCELLED} cancelled`, async () => {
	await fill(CANCELLED);
	const waiting = workbench.jobs.group('Waiting');
	await waiting.filter({ hasText: `100 of ${CANCELLED}` }).waitFor();
	await workbench.page.waitForTimeout(SETTLED_MS);
	note(`extension host with ${CANCELLED} jobs, MB`, hostMB());
	await workbench.jobs.act(waiting, 'Cancel All of Group…');
	await workbench.dialog.waitFor();
	await beginFrames();
	const began = Date.now();
	await workbench.dialog.getByRole('button', { name: 'Cancel Jobs', exact: true }).click();
	await workbench.jobs.emptyGroup('Waiting').waitFor();
	note(`${CANCELLED} cancelled and shown so, ms`, Date.now() - began);
	note('frames meanwhile, p50, p99, longest, ms', await endFrames());
	note('extension host then, MB', hostMB());
	await connection.request('job/remove', { filter: { state: ['cancelled'] } });
});

test(`${MANY} listed, and a storm`, async () => {
	await beginFrames();
	await fill(MANY);
	await workbench.jobs
		.group('Waiting')
		.filter({ hasText: `100 of ${MANY}` })
		.waitFor();
	note(`frames while ${MANY} come, p50, p99, longest, ms`, await endFrames());
	await workbench.page.waitForTimeout(SETTLED_MS);
	note(`extension host with ${MANY} jobs, MB`, hostMB());
	await beginFrames();
	const until = Date.now() + STORM_MS;
	let changes = 0;
	while (Date.now() < until) {
		const turn = Date.now();
		const ids = await fill(AT_ONCE);
		await connection.request('job/cancel', { ids });
		changes += 2 * AT_ONCE;
		await workbench.page.waitForTimeout(Math.max(0, TURN_MS - (Date.now() - turn)));
	}
	note('changes a second in the storm', Math.round((changes * 1000) / STORM_MS));
	note('frames in it, p50, p99, longest, ms', await endFrames());
	const began = Date.now();
	await workbench.page.keyboard.press('F1');
	await workbench.quickInput.widget.waitFor();
	note('the palette right after it, ms', Date.now() - began);
	await workbench.page.keyboard.press('Escape');
	await workbench.page.waitForTimeout(SETTLED_MS);
	note('extension host after it, MB', hostMB());
	await connection.request('job/cancel', { filter: { state: ['queued'] } });
});

test('a log that never stops', async () => {
	const before = hostMB();
	await connection.request('queue/update', { name: '*', paused: false });
	const { jobs } = await connection.request('job/enqueue', {
		jobs: [
			{ type: 'command', title: 'Chatter', command: { command: 'seq', args: [String(LINES)] } },
		],
	});
	await workbench.jobs.row('Chatter').first().click();
	await beginFrames();
	await connection.request('job/wait', { ids: jobs.map(({ id }) => id) });
	await workbench.output.line(String(LINES)).waitFor();
	note(
		`frames beside ${LINES} lines of log that are followed, p50, p99, longest, ms`,
		await endFrames(),
	);
	note('extension host before and after them, MB', `${before}, ${hostMB()}`);
});

async function fill(count: number): Promise<string[]> {
	const ids: string[] = [];
	for (let at = 0; at < count; at += IN_REQUEST) {
		const answer = await connection.request('job/enqueue', {
			jobs: Array.from({ length: Math.min(IN_REQUEST, count - at) }, (_, n) => ({
				type: 'command',
				title: `Parcel ${at + n}`,
				command: { command: '/bin/true' },
			})),
		});
		ids.push(...answer.jobs.map(({ id }) => id));
	}
	return ids;
}

/** Of the process that runs the extension: what it has in memory. */
function hostMB(): number {
	for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
		try {
			const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
			if (!read('cmdline').includes('extensionHost')) continue;
			if (!read('environ').includes(`SEMANTICA_HOME=${editor.home}\0`)) continue;
			return Math.round(Number(/VmRSS:\s+(\d+)/.exec(read('status'))?.[1]) / 1024);
		} catch {
			// It has ended since.
		}
	}
	throw new Error('There is no extension host.');
}

interface Watched extends Window {
	semanticaFrames?: number[];
}

const beginFrames = () =>
	workbench.page.evaluate(() => {
		const watched = window as Watched;
		const frames: number[] = [];
		watched.semanticaFrames = frames;
		let last = performance.now();
		const next = () => {
			const now = performance.now();
			frames.push(now - last);
			last = now;
			if (watched.semanticaFrames === frames) requestAnimationFrame(next);
		};
		requestAnimationFrame(next);
	});

async function endFrames(): Promise<string> {
	const frames = await workbench.page.evaluate(() => {
		const watched = window as Watched;
		const seen = watched.semanticaFrames ?? [];
		delete watched.semanticaFrames;
		return seen;
	});
	frames.sort((a, b) => a - b);
	const at = (share: number) => Math.round(frames[Math.floor((frames.length - 1) * share)] ?? 0);
	return [at(0.5), at(0.99), at(1)].join(', ');
}
