/** Runs the maintenance process and reads its answer. */
import { execFile } from 'node:child_process';
import { inheritedEnvironment } from '../../../shared/environment.ts';
import { errorMessage } from '../../../shared/errors.ts';
import { nodeArguments } from '../../../shared/nodeArguments.ts';
import type { MaintenanceAnswer } from './answer.ts';

export type Maintenance = (
	task: 'check' | 'vacuum',
	/** Ends it at once; what it had begun is as if it had never been. */
	stop?: AbortSignal,
) => Promise<MaintenanceAnswer>;

export interface MaintenanceOptions {
	/** The Node, or Electron, that is there to run it. */
	readonly node: () => string;
	/** dist/maintenance.js */
	readonly entry: string;
	readonly databaseFile: string;
}

export function createMaintenance({ node, entry, databaseFile }: MaintenanceOptions): Maintenance {
	return async (task, stop) => {
		try {
			const program = node();
			const args = [...nodeArguments(program), entry, task, databaseFile];
			return JSON.parse(await output(program, args, stop)) as MaintenanceAnswer;
		} catch (error) {
			if (stop?.aborted) return { kind: 'stopped' };
			return { kind: 'failed', problem: errorMessage(error) };
		}
	};
}

/**
 * Node's own: a process that could not be given its pipes is an error here, and breaks nothing else. It ends with
 * us, since nobody holds its stdin any more then.
 */
function output(
	program: string,
	args: readonly string[],
	stop: AbortSignal | undefined,
): Promise<string> {
	const env = { ...inheritedEnvironment(process.env), ELECTRON_RUN_AS_NODE: '1' };
	return new Promise((resolve, reject) => {
		execFile(
			program,
			args,
			{ env, windowsHide: true, killSignal: 'SIGKILL', ...(stop && { signal: stop }) },
			(error, stdout) => {
				if (error === null) resolve(stdout);
				else reject(error);
			},
		);
	});
}
