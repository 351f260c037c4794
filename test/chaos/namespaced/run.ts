/** Shared by the scripts that run inside a namespace, where no test runner is. */
import { mkdtempSync } from 'node:fs';
import type { Containment } from '../../../daemon/processes/containment.ts';
import { createContainment } from '../../../daemon/processes/platform.ts';
import {
	createRunner,
	type Runner,
	type RunningProcess,
} from '../../../daemon/processes/runner.ts';

export async function openRunner(
	statusFolder?: string,
	cgroups = false,
): Promise<{
	containment: Containment;
	runner: Runner;
}> {
	const home = mkdtempSync('/tmp/semantica-test-');
	const containment = await createContainment({
		home,
		statusFolder: statusFolder ?? `${home}/status`,
		instance: 'namespaced',
		cgroups,
		warn: (sentence) => console.error(sentence),
	});
	return { containment, runner: createRunner(containment) };
}

export function startShell(
	runner: Runner,
	id: string,
	line: string,
	env: Readonly<Record<string, string>> = {},
): Promise<RunningProcess> {
	return runner.start({
		id,
		run: 1,
		plan: { command: '/bin/sh', args: ['-c', line], cwd: '/', env: {}, nice: 0 },
		env: { PATH: process.env['PATH'] ?? '', ...env },
		umask: 0o022,
		openFiles: 1024,
		input: null,
		caps: {},
		leaveBehind: false,
		exclusive: true,
		capture: async (...streams) => {
			for (const stream of streams) stream.resume();
		},
	});
}

/** The answer to the test; the temporary folder is left to the system. */
export function answer(value: Record<string, unknown>): never {
	console.log(JSON.stringify(value));
	process.exit(0);
}
