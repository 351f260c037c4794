/** Starting daemons that may not start. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { readBuildInfo } from '../../../shared/build.ts';
import { ensureDaemon } from '../../../shared/client/launch.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { StateFile } from '../../../shared/protocol/requests.ts';
import { DIST } from '../../support/daemon.ts';
import { commandLineOf, environmentOf, livingProcesses } from '../../support/processes.ts';

export function ensure(home: string, env: Record<string, string> = {}): Promise<StateFile> {
	return ensureDaemon({
		paths: dataPaths(home),
		distFolder: DIST,
		build: readBuildInfo(DIST),
		execPath: process.execPath,
		env: { ...process.env, ...env },
		timeoutMs: 60_000,
	});
}

/** The sentence with which a start is refused. */
export async function refusal(home: string, env: Record<string, string> = {}): Promise<string> {
	try {
		const { pid } = await ensure(home, env);
		process.kill(pid, 'SIGKILL');
	} catch (error) {
		expect(error).toMatchObject({ name: 'SemanticaError' });
		const { message } = error as Error;
		// A sentence for a person: no stack, and it ends like one.
		expect(message).not.toMatch(/\n\s+at /);
		expect(message).toMatch(/\.$/);
		return message;
	}
	throw new Error('The daemon started.');
}

/** Processes that run a daemon of this data folder. */
export function daemonsOf(home: string): number[] {
	return livingProcesses().filter(
		(pid) => commandLineOf(pid).includes(join(home, 'bin')) && environmentOf(pid).includes(home),
	);
}
