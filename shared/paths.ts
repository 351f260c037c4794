/** Where everything stands in the data folder (docs/design.md section 9). Pure: nothing here touches the disk. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface DataPaths {
	readonly home: string;
	readonly database: string;
	readonly payloads: string;
	readonly logs: string;
	readonly indexes: string;
	readonly run: string;
	readonly stateFile: string;
	readonly tokenFile: string;
	readonly lockFile: string;
	readonly statusFolder: string;
	readonly bin: string;
	readonly damaged: string;
	/** Says that the database was found damaged and must be set aside at the next start. */
	readonly damageMark: string;
	readonly daemonLog: string;
	readonly config: string;
}

/** The data folder named by SEMANTICA_HOME, else `~/.semantica`. */
export function dataFolder(env: Readonly<Record<string, string | undefined>>): string {
	const named = env['SEMANTICA_HOME'];
	return named ? resolve(named) : join(env['HOME'] ?? homedir(), '.semantica');
}

export function dataPaths(home: string): DataPaths {
	const run = join(home, 'run');
	return {
		home,
		database: join(home, 'jobs.db'),
		payloads: join(home, 'payloads'),
		logs: join(home, 'logs'),
		indexes: join(home, 'indexes'),
		run,
		stateFile: join(run, 'daemon.json'),
		tokenFile: join(run, 'token'),
		lockFile: join(run, 'lock'),
		statusFolder: join(run, 'status'),
		bin: join(home, 'bin'),
		damaged: join(home, 'damaged'),
		damageMark: join(run, 'database-damaged'),
		daemonLog: join(home, 'daemon.log'),
		config: join(home, 'config.json'),
	};
}
