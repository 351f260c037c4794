/** The command line as a shell calls it, with redirections, also on a terminal of its own (script of util-linux). */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { DIST } from '../../support/daemon.ts';
import type { Cli } from './cli.ts';

/** `line` is what stands behind `semantica`, or a line of shell that calls it as `S`. */
function bash(line: string): string {
	const body = line.includes('S ') ? line : `S ${line}`;
	return `S() { '${process.execPath}' '${join(DIST, 'cli.js')}' "$@"; }; ${body}`;
}

function environment(cli: Cli): NodeJS.ProcessEnv {
	const { FORCE_COLOR: _force, NO_COLOR: _no, SEMANTICA_TOKEN: _token, ...env } = process.env;
	return { ...env, SEMANTICA_HOME: cli.home, TERM: 'xterm', LANG: 'C.UTF-8', LC_ALL: '' };
}

export async function runShell(cli: Cli, line: string, cwd: string) {
	const child = spawn('/bin/bash', ['-c', bash(line)], { cwd, env: environment(cli) });
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text: string) => {
			output += text;
		});
	}
	const code = await new Promise((resolve) => child.once('close', resolve));
	return { code, output };
}

export interface Terminal {
	/** Resolves once the terminal was sent this, so many times. */
	shows(text: string, times?: number): Promise<void>;
	type(text: string): void;
	/** All that it was sent. */
	readonly ended: Promise<string>;
}

export function startTerminal(context: TestContext, cli: Cli, line: string, cwd: string): Terminal {
	if (spawnSync('script', ['--version']).status !== 0) {
		context.skip('There is no script of util-linux here to make a terminal.');
	}
	const child = spawn('script', ['-qec', bash(line), '/dev/null'], {
		cwd,
		env: { ...environment(cli), SHELL: '/bin/bash' },
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	onTestFinished(() => void child.kill('SIGKILL'));
	let seen = '';
	const watchers = new Set<() => void>();
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		seen += text;
		for (const watch of watchers) watch();
	});
	const ended = new Promise<string>((resolve) => child.once('close', () => resolve(seen)));
	return {
		ended,
		type: (text) => void child.stdin.write(text),
		shows: (text, times = 1) =>
			new Promise((resolve, reject) => {
				const watch = () => {
					if (seen.split(text).length > times) resolve();
				};
				watchers.add(watch);
				watch();
				void ended.then(() => reject(new Error(`It ended without "${text}": ${seen}`)));
			}),
	};
}

export const runInTerminal = (context: TestContext, cli: Cli, line: string, cwd: string) =>
	startTerminal(context, cli, line, cwd).ended;
