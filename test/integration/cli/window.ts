/** The command line in a terminal that can be looked at, resized and typed into: tmux. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFinished, type TestContext } from 'vitest';
import { DIST, temporaryFolder } from '../../support/daemon.ts';
import type { Cli } from './cli.ts';

const run = promisify(execFile);
const PATIENCE_MS = 30_000;

export interface Window {
	/** What stands on the screen. */
	text(): Promise<string>;
	/** Resolves with the screen once this holds of it. */
	shows(what: string | RegExp): Promise<string>;
	/** As tmux names them: `Enter`, `C-c`; everything else is typed. */
	press(...keys: readonly string[]): Promise<void>;
	resize(width: number, height: number): Promise<void>;
	/** Whether it shows a screen of its own, and the cursor. */
	state(): Promise<{ readonly alternate: boolean; readonly cursor: boolean }>;
	/** Types `semantica …` into the shell; resolves with the process's id. */
	semantica(words: string, env?: string): Promise<number>;
}

/** A shell in a window of its own. */
export async function openWindow(context: TestContext, cli: Cli): Promise<Window> {
	if (spawnSync('tmux', ['-V']).status !== 0) context.skip('There is no tmux here.');
	const folder = temporaryFolder();
	const tmux = async (...args: string[]): Promise<string> => {
		const { TMUX: _outer, ...env } = process.env;
		const all = ['-S', join(folder, 'tmux'), '-f', '/dev/null', ...args];
		return (await run('tmux', all, { env })).stdout;
	};
	onTestFinished(async () => {
		await tmux('kill-server').catch(() => {});
	});
	const variables = [`SEMANTICA_HOME=${cli.home}`, 'LC_ALL=C.UTF-8'];
	const shellStart = join(folder, 'bashrc');
	writeFileSync(shellStart, "PS1='ready>'\n");
	await tmux(
		...['new-session', '-d', '-x', '80', '-y', '24'],
		...variables.flatMap((one) => ['-e', one]),
		`env -u NO_COLOR -u FORCE_COLOR -u SEMANTICA_TOKEN bash --rcfile ${shellStart} -i`,
	);
	const text = () => tmux('capture-pane', '-p');
	const until = async (holds: () => Promise<boolean>, otherwise: () => Promise<string>) => {
		for (const deadline = Date.now() + PATIENCE_MS; !(await holds()); await delay(100)) {
			if (Date.now() > deadline) throw new Error(await otherwise());
		}
	};
	const shows = async (what: string | RegExp) => {
		let screen = '';
		await until(
			async () => {
				screen = await text();
				return typeof what === 'string' ? screen.includes(what) : what.test(screen);
			},
			async () => `The window never showed ${what}:\n${screen}`,
		);
		return screen;
	};
	let calls = 0;
	await shows('ready>');
	return {
		text,
		shows,
		press: async (...keys) => {
			await tmux('send-keys', ...keys);
		},
		resize: async (width, height) => {
			await tmux('resize-window', '-x', String(width), '-y', String(height));
		},
		state: async () => {
			const told = await tmux('display-message', '-p', '#{alternate_on}#{cursor_flag}');
			return { alternate: told[0] === '1', cursor: told[1] === '1' };
		},
		semantica: async (words, env = '') => {
			const file = join(folder, `pid-${++calls}`);
			const program = `exec '${process.execPath}' '${join(DIST, 'cli.js')}' ${words}`;
			await tmux('send-keys', '-l', `(echo $BASHPID > ${file}; ${env} ${program})`);
			await tmux('send-keys', 'Enter');
			const found = () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);
			await until(
				async () => found() > 0,
				async () => `It did not start:\n${await text()}`,
			);
			return found();
		},
	};
}
