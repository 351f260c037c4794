/** The instance put together: the one daemon of this data folder, with its lock, log, settings and way out. */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readBuildInfo } from '../../shared/build.ts';
import { errorMessage } from '../../shared/errors.ts';
import { type DataPaths, dataFolder, dataPaths } from '../../shared/paths.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts';
import { assertDataFolder, assertOwnFolder } from '../../shared/trust.ts';
import { isLooking } from '../disks/answering.ts';
import type { Clock } from '../queue/ports/clock.ts';
import { type Config, openConfig } from './config.ts';
import { createDamageExit, type DamageExit } from './damage.ts';
import { chooseEndpoint, makeSocketFolder } from './endpoint.ts';
import { refuseNetworkFolder } from './fileSystem.ts';
import { ensureToken, makeFolders, removeStateFile, writeStateFile, writeToken } from './files.ts';
import { createHolding, type Holding, type HoldingOptions } from './holding.ts';
import { type Hooks, openHooks } from './hooks.ts';
import { acquireLock, lockHolder } from './lock.ts';
import { createDaemonLog, type DaemonLog } from './log.ts';
import { sayReady } from './ready.ts';
import { openSettings, type Settings } from './settings.ts';
import { createWarnings } from './warnings.ts';
import { openWorkerEntries, type WorkerEntries } from './workers.ts';

export interface Instance {
	/** Unique to the life of this daemon. */
	readonly id: string;
	readonly paths: DataPaths;
	/** Where the bundles of this build stand. */
	readonly dist: string;
	/** Where its native binaries stand. */
	readonly nativeFolder: string;
	readonly settings: Settings;
	readonly hooks: Hooks;
	/** Those that it starts itself. */
	readonly workers: WorkerEntries;
	/** config.json, for what is no setting. */
	readonly config: Config;
	readonly damage: DamageExit;
	/** The daemon before this one did not leave in order. */
	readonly endedUncleanly: boolean;
	readonly log: DaemonLog;
	readonly info: (sentence: string) => void;
	/** For the log, and for `system/status` too. */
	readonly warn: (sentence: string) => void;
	readonly warnings: readonly string[];
	/** What every client of the data folder has to know. */
	token(): string;
	/** What this daemon is and where it listens; not yet told. */
	describe(): Promise<StateFile>;
	/** From now on clients find it, and what they find it by is looked after. */
	announce(state: StateFile, ports: Pick<HoldingOptions, 'listenAnew' | 'mended'>): void;
	/** Whether the data folder is still this daemon's. Where it is another's, the daemon ends at once. */
	readonly holds: () => boolean;
	/** Windows that cannot be told start no other one by themselves. */
	stoppedByPerson(): void;
	/** To be called before anything is closed: what has been taken by others is not to be touched. */
	leaving(): void;
	/** Nothing of it is left but the files that its successor takes over. */
	leave(state: StateFile): void;
	/** Ends the process, whatever its threads wait for. */
	end(code: number): never;
}

/** Undefined where another daemon serves the folder, which the starter is told. @throws SemanticaError SYSTEM */
export function openInstance(clock: Clock): Instance | undefined {
	const dist = dirname(process.argv[1] ?? '');
	const build = readBuildInfo(dist);
	const nativeFolder = join(dist, 'native');
	const paths = dataPaths(dataFolder(process.env));
	assertOwnFolder(paths);
	assertDataFolder(paths);
	makeFolders(paths);
	refuseNetworkFolder(paths.home);
	const lock = acquireLock(paths.lockFile, nativeFolder);
	if (lock === undefined) {
		sayReady({ busy: true, pid: lockHolder(paths.lockFile) });
		return undefined;
	}

	const log = createDaemonLog(paths.daemonLog, () => clock.now());
	const info = (sentence: string) => log.info(sentence);
	const { warn, warnings } = createWarnings(log);
	const damage = createDamageExit(paths.damageMark, log);
	process.on('uncaughtException', (error) => {
		damage.leaveIfDamaged(error);
		log.error(`The daemon ends because of an error of its own: ${error.stack ?? error.message}`);
		end(1);
	});

	const config = openConfig(paths.config, warn);
	const settings = openSettings(config, warn);
	const hooks = openHooks(config, warn);
	const workers = openWorkerEntries(config, warn);
	// A daemon that leaves in order takes its state file along.
	const endedUncleanly = existsSync(paths.stateFile);
	// It named another daemon, and with our socket behind it would soon seem to name us.
	removeStateFile(paths);
	rmSync(paths.stopMark, { force: true });
	const id = randomUUID();
	let holding: Holding | undefined;

	// Not an orderly exit: SQLite would remove the logs of whatever database has our one's name by now.
	function lost(sentence: string): void {
		log.error(`${sentence} The daemon ends, and its jobs with it.`);
		process.kill(process.pid, 'SIGKILL');
	}

	return {
		id,
		paths,
		dist,
		nativeFolder,
		settings,
		hooks,
		workers,
		config,
		damage,
		endedUncleanly,
		log,
		info,
		warn,
		warnings,
		token: () => ensureToken(paths),
		describe: async () => ({
			pid: process.pid,
			endpoint: await chooseEndpoint(paths, process.env),
			protocol: PROTOCOL_VERSION,
			version: build.version,
			buildId: build.buildId,
			builtAt: build.builtAt,
			instance: id,
			startedAt: clock.now(),
			proves: true,
		}),
		announce(state, ports) {
			writeStateFile(paths, state);
			const token = ensureToken(paths);
			holding = createHolding({
				...ports,
				paths,
				clock,
				state,
				token,
				lock,
				lockAnew: () => acquireLock(paths.lockFile, nativeFolder),
				makeFolders() {
					makeFolders(paths);
					if (process.platform !== 'win32') makeSocketFolder(dirname(state.endpoint));
				},
				writeFiles() {
					writeToken(paths, token);
					writeStateFile(paths, state);
				},
				lost,
				warn: log.warn,
			});
			const { version, buildId, pid } = state;
			info(`Ready: version ${version}, build ${buildId}, pid ${pid}, ${paths.home}`);
			sayReady({ ready: state });
			damage.started();
		},
		holds: () => holding?.holds() ?? true,
		stoppedByPerson() {
			try {
				writeFileSync(paths.stopMark, '', { mode: 0o600 });
			} catch (error) {
				warn(`A window may start another daemon: ${errorMessage(error)}`);
			}
		},
		leaving: () => holding?.close(),
		leave({ endpoint }) {
			const held = holding?.lock ?? lock;
			try {
				if (held.look() === 'held') {
					removeStateFile(paths);
					if (process.platform !== 'win32') rmSync(endpoint, { force: true });
				}
			} finally {
				info('The daemon has left.');
				held.release();
			}
		},
		end,
	};
}

/** Node waits for the threads of libuv, and one that looks at a disk that does not answer never comes back. */
function end(code: number): never {
	if (isLooking()) process.kill(process.pid, 'SIGKILL');
	process.exit(code);
}
