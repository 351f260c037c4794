/** A real VS Code (code-server) with the packaged extension, and browser windows onto it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	closeSync,
	cpSync,
	existsSync,
	globSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { RunnerTestCase } from 'vitest';
import { SYSFS_POWER_SUPPLIES } from '../../daemon/scheduling/power/linux.ts';
import {
	type ClientIdentity,
	connectOver,
	type DaemonConnection,
} from '../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../shared/client/endpoint.ts';
import { dataPaths } from '../../shared/paths.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import { UNSHARE } from '../support/mounts.ts';
import { type PowerTree, writePowerTree } from '../support/power.ts';
import { ensureGone, killFamily } from './daemon.ts';
import { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { codeServer } from './setup.ts';

const need = (name: string): string => {
	const value = process.env[name];
	if (value === undefined) throw new Error(`${name} is not set: use npm run test:e2e.`);
	return value;
};

export interface EditorOptions {
	/** Off: the editor asks for trust and opens folders in Restricted Mode. */
	readonly trusted?: boolean;
	readonly theme?: ThemeName;
	readonly settings?: Readonly<Record<string, unknown>>;
	/** Shortcuts that the person has assigned. */
	readonly keys?: readonly {
		readonly key: string;
		readonly command: string;
		readonly when: string;
	}[];
	/** The data folder instead of a fresh one. */
	readonly home?: string;
	/** Sees power supplies of its own: none at first, then what `Editor.power` says. Needs UNSHARE. */
	readonly ownPower?: boolean;
	/** Folders on a disk that nobody can write to, until `Editor.writable`. Needs UNSHARE. */
	readonly readOnly?: readonly string[];
	/** The folder of extensions instead of the one with this build. */
	readonly extensions?: string;
	/** Of the editor's environment, beside ours. */
	readonly env?: Readonly<Record<string, string>>;
	/** A file that is missing from the installed extension. */
	readonly withoutFile?: string;
}

type Target =
	| { readonly folder: string }
	| { readonly workspace: string }
	| { readonly ew: 'true' };

export class Editor {
	readonly home: string;
	readonly #folder: string;
	readonly #server: ChildProcess;
	readonly #browser: Browser;
	readonly #url: string;
	readonly #pages = new Set<Page>();

	private constructor(
		folder: string,
		home: string,
		server: ChildProcess,
		browser: Browser,
		url: string,
	) {
		this.#folder = folder;
		this.home = home;
		this.#server = server;
		this.#browser = browser;
		this.#url = url;
	}

	static async start(options: EditorOptions = {}): Promise<Editor> {
		const folder = mkdtempSync(join(need('SEMANTICA_E2E_WORK'), 'editor-'));
		const home = options.home ?? join(folder, 'home');
		// Where nothing may run there must be no data folder either.
		if (options.home === undefined && options.trusted !== false) unthrottled(home);
		const data = join(folder, 'data');
		mkdirSync(join(data, 'User'), { recursive: true });
		writeFileSync(
			join(data, 'User/settings.json'),
			JSON.stringify({ ...QUIET, ...theme(options.theme), ...options.settings }),
		);
		writeFileSync(join(data, 'User/keybindings.json'), JSON.stringify(options.keys ?? []));
		// Its own words matter only when something fails.
		const words = openSync(join(folder, 'code-server.log'), 'a');
		const extensions = options.extensions ?? installed(folder, options.withoutFile);
		const mounts = [
			...(options.ownPower === true ? [`mount -t tmpfs none ${SYSFS_POWER_SUPPLIES}`] : []),
			...(options.readOnly ?? []).flatMap((one) => [
				`mount --bind '${one}' '${one}'`,
				`mount -o remount,bind,ro '${one}'`,
			]),
		];
		const [program = '', ...before] = [...withMounts(mounts), process.execPath];
		const server = spawn(
			program,
			[
				...before,
				codeServer,
				...['--config', join(folder, 'code-server.yaml')],
				...['--auth', 'none', '--bind-addr', '127.0.0.1:0'],
				...['--disable-telemetry', '--disable-update-check'],
				...(options.trusted === false ? [] : ['--disable-workspace-trust']),
				...['--user-data-dir', data, '--extensions-dir', extensions],
			],
			{
				stdio: ['ignore', 'pipe', words],
				env: { ...process.env, SEMANTICA_HOME: home, XDG_DATA_HOME: folder, ...options.env },
			},
		);
		closeSync(words);
		const [url, browser] = await Promise.all([address(server), launchBrowser()]);
		return new Editor(folder, home, server, browser, url);
	}

	/** Opens a window on a folder, on a .code-workspace file, or on nothing. */
	async open(target: Target = { ew: 'true' }): Promise<Workbench> {
		const context = await this.#browser.newContext({
			viewport: { width: 1200, height: 760 },
			deviceScaleFactor: process.env['SEMANTICA_SCREENSHOTS'] === '1' ? 1.5 : 1,
		});
		context.setDefaultTimeout(PATIENCE_MS);
		const page = await context.newPage();
		this.#pages.add(page);
		page.on('close', () => this.#pages.delete(page));
		await page.goto(`${this.#url}/?${new URLSearchParams(target)}`);
		const workbench = new Workbench(page);
		await workbench.ready();
		// Started on a busy machine the editor may miss the folders of such a file, and then for good: as a person
		// would, one loads the window again.
		while ('workspace' in target && !(await workbench.hasFolders())) {
			await page.reload();
			await workbench.ready();
		}
		return workbench;
	}

	/** Changes the power supplies that the editor and all it starts can see. */
	power(tree: PowerTree): void {
		writePowerTree(`/proc/${this.#server.pid}/root${SYSFS_POWER_SUPPLIES}`, tree);
	}

	/** The disk of such a folder can be written to from now on. */
	writable(folder: string): void {
		const mapped = UNSHARE?.includes('--map-root-user') === true;
		const into = ['--mount', ...(mapped ? ['--user', '--preserve-credentials'] : [])];
		const mount = ['mount', '-o', 'remount,bind,rw', folder];
		execFileSync('nsenter', ['--target', String(this.#server.pid), ...into, '--', ...mount]);
	}

	/** A connection of its own to the daemon of this editor. */
	async connect(as: Partial<ClientIdentity> = {}): Promise<DaemonConnection> {
		const paths = dataPaths(this.home);
		const state = await readStateFile(paths);
		if (state === undefined) throw new Error(`No daemon runs for ${this.home}.`);
		const identity = { token: await readToken(paths), client: 'e2e', version: '0', ...as };
		return connectOver(await openSocket(state.endpoint), identity);
	}

	async status(): Promise<Result<'system/status'>> {
		const connection = await this.connect();
		try {
			return await connection.request('system/status', {});
		} finally {
			connection.dispose();
		}
	}

	/** What the extension has written into its output channel, in all windows. */
	extensionLog(): string {
		const logs = join(this.#folder, 'data/logs');
		const files = globSync('**/semantica.semantica/*.log', { cwd: logs });
		return files.map((file) => readFileSync(join(logs, file), 'utf8')).join('');
	}

	/** What the editor has written into its folder of logs, the contents of output channels among it. */
	logBytes(): number {
		const logs = join(this.#folder, 'data/logs');
		const files = globSync('**/*.log', { cwd: logs });
		return files.reduce((sum, file) => sum + statSync(join(logs, file)).size, 0);
	}

	/** To be called after each test: keeps pictures and logs of one that failed. */
	async keepEvidence(test: RunnerTestCase): Promise<void> {
		if (test.result?.state !== 'fail') return;
		const folder = join(need('SEMANTICA_E2E_RESULTS'), test.name.replace(/\W+/g, '-'));
		mkdirSync(folder, { recursive: true });
		for (const [number, page] of [...this.#pages].entries()) {
			const path = join(folder, `window-${number + 1}.png`);
			await page.screenshot({ path }).catch((error: unknown) => console.log(String(error)));
			// Where the pictures are lost with the machine, the words of the window still tell.
			const words = await page.locator('body').innerText({ timeout: 5_000 }).catch(String);
			console.log(
				`Window ${number + 1} says:\n${words.replace(/\s*\n\s*/g, ' | ').slice(0, 3_000)}`,
			);
		}
		const logs = [
			[join(this.home, 'daemon.log'), 'daemon.log'],
			[join(this.#folder, 'data/logs'), 'editor-logs'],
			[join(this.#folder, 'code-server.log'), 'code-server.log'],
		] as const;
		for (const [from, to] of logs) {
			if (existsSync(from)) cpSync(from, join(folder, to), { recursive: true });
		}
		console.log(`Evidence kept in ${folder}`);
	}

	async stop(): Promise<void> {
		await this.#browser.close();
		if (this.#server.pid !== undefined && this.#server.exitCode === null) {
			const exited = once(this.#server, 'exit');
			// All at once: an extension host that outlives its server would start the daemon anew.
			killFamily(this.#server.pid);
			await exited;
		}
		await ensureGone(this.home);
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

/** The load of other programs, these tests among them, keeps no job waiting. */
function unthrottled(home: string): void {
	mkdirSync(home, { mode: 0o700 });
	writeFileSync(dataPaths(home).config, JSON.stringify({ throttleCpuPercent: 100 }));
}

function withMounts(mounts: readonly string[]): string[] {
	if (mounts.length === 0) return [];
	const inside = [...mounts, 'exec "$0" "$@"'].join(' && ');
	return ['unshare', ...(UNSHARE ?? []), 'sh', '-c', inside];
}

/** Where the extension is installed: the shared folder, or a copy that lacks a file. */
function installed(folder: string, withoutFile: string | undefined): string {
	const shared = need('SEMANTICA_E2E_EXTENSIONS');
	if (withoutFile === undefined) return shared;
	const copy = join(folder, 'extensions');
	cpSync(shared, copy, { recursive: true });
	const [file] = globSync(`semantica.*/${withoutFile}`, { cwd: copy });
	if (file === undefined) throw new Error(`The extension has no ${withoutFile}.`);
	rmSync(join(copy, file));
	return copy;
}

/** What would cover the workbench or make it move by itself. */
const QUIET = {
	'workbench.startupEditor': 'none',
	'workbench.secondarySideBar.defaultVisibility': 'hidden',
	'workbench.tips.enabled': false,
	'workbench.reduceMotion': 'on',
	'chat.disableAIFeatures': true,
	'extensions.ignoreRecommendations': true,
	'git.openRepositoryInParentFolders': 'never',
	'git.blame.statusBarItem.enabled': false,
	'editor.minimap.enabled': false,
	'security.workspace.trust.startupPrompt': 'never',
};

const THEMES = {
	light: 'Default Light Modern',
	dark: 'Default Dark Modern',
	contrast: 'Default High Contrast',
	lightContrast: 'Default High Contrast Light',
};

export type ThemeName = keyof typeof THEMES;

const theme = (name: ThemeName = 'dark') => ({ 'workbench.colorTheme': THEMES[name] });

async function address(server: ChildProcess): Promise<string> {
	if (server.stdout === null)
		throw new Error('code-server has no output to read its address from.');
	for await (const line of createInterface(server.stdout)) {
		const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
		if (url === undefined) continue;
		// Nobody reads on: without this it would block once the pipe is full.
		server.stdout.resume();
		return url;
	}
	throw new Error('code-server ended without an address.');
}

function launchBrowser(): Promise<Browser> {
	return chromium.launch({
		executablePath: need('SEMANTICA_E2E_BROWSER'),
		timeout: PATIENCE_MS,
		args: [
			...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
			...['--disable-background-networking', '--disable-component-update'],
			// A window in the background must go on drawing.
			...['--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows'],
		],
	});
}
