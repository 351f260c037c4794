/** Where everything stands in the data folder (docs/design.md section 9). Nothing here touches the disk. */
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SemanticaError } from './errors.ts';

export interface DataPaths {
	readonly home: string;
	readonly database: string;
	readonly payloads: string;
	readonly answers: string;
	/** What runs find of those before them: a file each, while they run. */
	readonly checkpoints: string;
	readonly logs: string;
	/** Of workers that the daemon starts: a file each. */
	readonly workerLogs: string;
	readonly indexes: string;
	readonly run: string;
	readonly stateFile: string;
	readonly tokenFile: string;
	/** What Prometheus says to the port for metrics. */
	readonly metricsTokenFile: string;
	readonly lockFile: string;
	/** There while no daemon runs because a person stopped the last one. */
	readonly stopMark: string;
	readonly statusFolder: string;
	/** Room that is given up when the disk is full, so that work can be stopped. */
	readonly reserve: string;
	readonly bin: string;
	readonly damaged: string;
	/** Says that the database was found damaged and must be set aside at the next start. */
	readonly damageMark: string;
	readonly daemonLog: string;
	readonly config: string;
	/** Keys of endpoints. */
	readonly secrets: string;
	/** The shared queue that was joined, and whose work may run here; the key of this machine; folders of such work. */
	readonly fleet: string;
	readonly fleetKey: string;
	readonly fleetScratch: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The data folder named by SEMANTICA_HOME, else `~/.semantica`.
 * @throws SemanticaError SYSTEM when there is no telling where that is
 */
export function dataFolder(env: Environment): string {
	const named = env['SEMANTICA_HOME'];
	if (!named) return join(homeFolder(env), '.semantica');
	// A tilde that a shell did not see, as in quotes or in a file of settings.
	if (named === '~' || /^~[/\\]/.test(named)) return join(homeFolder(env), named.slice(1));
	if (named.startsWith('~')) {
		throw new SemanticaError(
			'SYSTEM',
			`SEMANTICA_HOME is "${named}", and only a shell knows whose folder that is. Write the whole path.`,
		);
	}
	try {
		return resolve(named);
	} catch {
		throw new SemanticaError(
			'SYSTEM',
			`SEMANTICA_HOME is "${named}", and the current folder has been removed. Write the whole path.`,
		);
	}
}

/** HOME may be set and empty, as in a service, or stand for no place; then the system's own record counts. */
export function homeFolder(env: Environment): string {
	const candidates = [() => env['HOME'], homedir, () => userInfo().homedir];
	for (const candidate of candidates) {
		const folder = attempt(candidate);
		if (folder && isAbsolute(folder)) return folder;
	}
	throw new SemanticaError(
		'SYSTEM',
		'There is no home folder for the data of Semantica: HOME is not the path of one. Set it, or name a folder with SEMANTICA_HOME.',
	);
}

function attempt(look: () => string | undefined): string | undefined {
	try {
		return look();
	} catch {
		// A user whom the system does not know.
		return undefined;
	}
}

export function dataPaths(home: string): DataPaths {
	const run = join(home, 'run');
	return {
		home,
		database: join(home, 'jobs.db'),
		payloads: join(home, 'payloads'),
		answers: join(run, 'answers'),
		checkpoints: join(run, 'checkpoints'),
		logs: join(home, 'logs'),
		workerLogs: join(home, 'logs', 'workers'),
		indexes: join(home, 'indexes'),
		run,
		stateFile: join(run, 'daemon.json'),
		tokenFile: join(run, 'token'),
		metricsTokenFile: join(run, 'metrics-token'),
		lockFile: join(run, 'lock'),
		stopMark: join(run, 'stopped'),
		statusFolder: join(run, 'status'),
		reserve: join(run, 'reserve'),
		bin: join(home, 'bin'),
		damaged: join(home, 'damaged'),
		damageMark: join(run, 'database-damaged'),
		daemonLog: join(home, 'daemon.log'),
		config: join(home, 'config.json'),
		secrets: join(home, 'secrets.json'),
		fleet: join(home, 'fleet.json'),
		fleetKey: join(home, 'fleet.key'),
		fleetScratch: join(run, 'fleet'),
	};
}
