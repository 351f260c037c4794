/** Runs the maintenance process and reads its answer. */
import { inheritedEnvironment } from '../../../shared/environment.ts';
import { errorMessage } from '../../../shared/errors.ts';
import type { MaintenanceAnswer } from './answer.ts';

export type Maintenance = (task: 'check' | 'vacuum') => Promise<MaintenanceAnswer>;

export interface MaintenanceOptions {
	readonly execPath: string;
	/** dist/maintenance.js */
	readonly entry: string;
	readonly databaseFile: string;
}

export function createMaintenance({
	execPath,
	entry,
	databaseFile,
}: MaintenanceOptions): Maintenance {
	return async (task) => {
		try {
			const { execa } = await import('execa');
			const { stdout } = await execa(execPath, [entry, task, databaseFile], {
				env: { ...inheritedEnvironment(process.env), ELECTRON_RUN_AS_NODE: '1' },
				extendEnv: false,
				windowsHide: true,
			});
			return JSON.parse(stdout) as MaintenanceAnswer;
		} catch (error) {
			return { kind: 'failed', problem: errorMessage(error) };
		}
	};
}
