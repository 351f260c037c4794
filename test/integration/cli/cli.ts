/** The built command line on a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { readStateFile } from '../../../shared/client/endpoint.ts';
import { dataPaths } from '../../../shared/paths.ts';

import { DIST, gone, isAlive, temporaryFolder } from '../../support/daemon.ts';

export interface Finished {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface RunningCli {
	readonly child: ChildProcess;
	/** Resolves when standard output contains this so many times, rejects when it ends without. */
	saw(text: string, times?: number): Promise<void>;
	readonly finished: Promise<Finished>;
}

export interface Cli {
	readonly home: string;
	/** Runs to its end. */
	run(args: readonly string[], options?: CliOptions): Promise<Finished>;
	start(args: readonly string[], options?: CliOptions): RunningCli;
	/** Runs with --json and parses what it prints; fails on any other exit code than 0. */
	json<T>(args: readonly string[], options?: CliOptions): Promise<T>;
	/** The daemon's process id, or undefined when none runs. */
	daemonPid(): Promise<number | undefined>;
}

export interface CliOptions {
	readonly input?: string;
	readonly env?: Readonly<Record<string, string>>;
	readonly cwd?: string;
}

/**
 * Its daemon, if one was started, is killed when the test has finished.
 * @param dist of another build; `home`: an existing data folder.
 */
export function createCli({
	dist = DIST,
	home = join(temporaryFolder(), 'home'),
}: {
	readonly dist?: string;
	readonly home?: string;
} = {}): Cli {
	const daemonPid = async () => {
		const state = await readStateFile(dataPaths(home));
		return state !== undefined && isAlive(state.pid) ? state.pid : undefined;
	};
	onTestFinished(async () => {
		const pid = await daemonPid();
		if (pid === undefined) return;
		process.kill(pid, 'SIGKILL');
		await gone(pid);
	});

	function start(args: readonly string[], options: CliOptions = {}): RunningCli {
		// Who runs the tests as a job would otherwise be taken for it.
		const { FORCE_COLOR: _force, NO_COLOR: _no, SEMANTICA_TOKEN: _token, ...env } = process.env;
		const child = spawn(process.execPath, [join(dist, 'cli.js'), ...args], {
			cwd: options.cwd ?? process.cwd(),
			env: { ...env, SEMANTICA_HOME: home, ...options.env },
			stdio: 'pipe',
		});
		child.stdin.end(options.input ?? '');
		let seen = '';
		const watchers = new Set<() => void>();
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			seen += chunk;
			for (const watch of watchers) watch();
		});
		const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
		const stderr = text(child.stderr);
		return {
			child,
			saw: (wanted, times = 1) =>
				new Promise<void>((resolve, reject) => {
					const watch = () => {
						if (seen.split(wanted).length > times) resolve();
					};
					watchers.add(watch);
					watch();
					void ended.then(() => reject(new Error(`It ended without "${wanted}": ${seen}`)));
				}),
			finished: ended.then(async (code) => ({ code, stdout: seen, stderr: await stderr })),
		};
	}

	const run = (args: readonly string[], options?: CliOptions) => start(args, options).finished;
	return {
		home,
		run,
		start,
		async json<T>(args: readonly string[], options?: CliOptions): Promise<T> {
			// Behind `--` it would be the command's.
			const end = args.includes('--') ? args.indexOf('--') : args.length;
			const words = [...args.slice(0, end), '--json', ...args.slice(end)];
			const { code, stdout, stderr } = await run(words, options);
			if (code !== 0) throw new Error(`semantica ${args.join(' ')} ended with ${code}: ${stderr}`);
			return JSON.parse(stdout) as T;
		},
		daemonPid,
	};
}
