/** Runs of real processes under the real containment, without a daemon around them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Containment } from '../../../daemon/processes/containment.ts';
import { createContainment } from '../../../daemon/processes/platform.ts';
import {
	createRunner,
	type Runner,
	type RunningProcess,
} from '../../../daemon/processes/runner.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { commandLineOf, livingProcesses, until } from '../../support/processes.ts';

export interface Harness {
	readonly home: string;
	readonly statusFolder: string;
	readonly containment: Containment;
	readonly runner: Runner;
	readonly warnings: string[];
	/** Runs a line of shell, or a program with arguments. */
	run(command: string | readonly string[], more?: RunOptions): Promise<TestRun>;
}

export interface RunOptions {
	readonly env?: Record<string, string>;
	readonly cwd?: string;
	readonly exclusive?: boolean;
	/** Path of the file that is its stdin. */
	readonly input?: string;
	readonly nice?: number;
	readonly umask?: number;
	readonly openFiles?: number;
	readonly leaveBehind?: boolean;
}

export interface TestRun extends RunningProcess {
	readonly id: string;
	readonly statusFile: string;
	/** What it has printed so far, both streams. */
	output(): string;
}

/** How a run is held, and whether its supervisor was there before it. */
export const MEANS = ['process group', 'control group', 'standby'] as const;
export type Means = (typeof MEANS)[number];

/** As many processes less carry the command line of a job when their supervisor is older than it. */
export const ahead = (means: Means): number => (means === 'standby' ? 2 : 0);

let runs = 0;
let instances = 0;

export async function openHarness(
	options: { home?: string; means?: Means; statusFolder?: string } = {},
): Promise<Harness> {
	const home = options.home ?? temporaryFolder();
	const statusFolder = options.statusFolder ?? join(home, 'status');
	const warnings: string[] = [];
	const instance = `test-${process.pid}-${++instances}`;
	const means = options.means ?? 'process group';
	const containment = await createContainment({
		home,
		statusFolder,
		instance,
		cgroups: means !== 'process group',
		warn: (sentence) => warnings.push(sentence),
	});
	onTestFinished(() => containment.close());
	const runner = createRunner(containment);
	const harness: Harness = {
		home,
		statusFolder,
		containment,
		runner,
		warnings,
		async run(command, more = {}) {
			const id = `job${++runs}`;
			const [program = '', ...args] =
				typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
			let output = '';
			const started = await runner.start({
				id,
				run: 1,
				plan: { command: program, args, cwd: more.cwd ?? '/', env: {}, nice: more.nice ?? 0 },
				env: { PATH: process.env['PATH'] ?? '', HOME: home, ...more.env },
				umask: more.umask ?? 0o022,
				openFiles: more.openFiles ?? 1024,
				input: more.input ?? null,
				caps: {},
				leaveBehind: more.leaveBehind ?? false,
				exclusive: more.exclusive ?? true,
				capture: async (...streams) => {
					await Promise.all(
						streams.map(async (stream) => {
							try {
								for await (const chunk of stream) output += String(chunk);
							} catch {
								// Destroyed while held open by an escapee.
							}
						}),
					);
				},
			});
			onTestFinished(async () => {
				started.stop(0);
				await started.ended;
			});
			const statusFile = join(statusFolder, `${id}.1`);
			return { ...started, id, statusFile, output: () => output };
		},
	};
	if (means === 'standby' && usesControlGroups(containment)) {
		await (await harness.run('true')).ended;
		await until(
			() => livingProcesses().some((pid) => commandLineOf(pid).includes(`/${instance}.1 `)),
			'a supervisor waits',
		);
	}
	return harness;
}

// Where there are none, all runs are held alike, and these tests say the same thing three times.
export const usesControlGroups = (containment: Containment): boolean =>
	containment.checks().some(({ message }) => message.includes('control group of its own'));

/** The undertaker of this containment: found by its command line. */
export function childrenOf(pid: number): number[] {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
		.split(' ')
		.filter(Boolean)
		.map(Number);
}
