/** The daemon's composition root: the only place that knows every room. */

import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { readBuildInfo } from '../shared/build.ts';
import { errorMessage, SemanticaError } from '../shared/errors.ts';
import { dataFolder, dataPaths } from '../shared/paths.ts';
import { PROTOCOL_VERSION, type StateFile } from '../shared/protocol/requests.ts';
import { createIndexHandlers } from './indexing/handlers.ts';
import { createIndexService } from './indexing/service.ts';
import { createDamageExit } from './instance/damage.ts';
import { chooseEndpoint } from './instance/endpoint.ts';
import { refuseNetworkFolder } from './instance/fileSystem.ts';
import {
	ensureToken,
	isNotWritable,
	makeFolders,
	notWritable,
	removeStateFile,
	writeStateFile,
} from './instance/files.ts';
import { acquireLock, lockHolder } from './instance/lock.ts';
import { createDaemonLog } from './instance/log.ts';
import { sayReady } from './instance/ready.ts';
import { openSettings } from './instance/settings.ts';
import { createWarnings } from './instance/warnings.ts';
import { collectGarbage } from './native/collect.ts';
import { loadKoffi } from './native/koffi.ts';
import {
	databaseCheck,
	dataFolderChecks,
	diagnose,
	indexesCheck,
	nodeCheck,
	recoveryCheck,
	warningsCheck,
} from './operations/diagnose.ts';
import { createHousekeeping } from './operations/housekeeping.ts';
import { Lifecycle } from './operations/lifecycle.ts';
import { createMaintenance } from './operations/maintenance/run.ts';
import { createStatus } from './operations/status.ts';
import { createPayloadMaintenance } from './payloads/maintenance.ts';
import { createPayloadRoom } from './payloads/store.ts';
import { commandHandler } from './processes/commandHandler.ts';
import { createExecutor } from './processes/executor.ts';
import { createLogStore } from './processes/log/store.ts';
import { createContainment } from './processes/platform.ts';
import { closeInheritedDescriptors } from './processes/posix/descriptors.ts';
import { readPidWorld } from './processes/posix/identity.ts';
import { createRunner } from './processes/runner.ts';
import { systemClock } from './queue/clock.ts';
import { openDatabase } from './queue/database.ts';
import { createDispatch } from './queue/dispatch.ts';
import { createIdSource } from './queue/ids.ts';
import { createQueueParts } from './queue/parts.ts';
import { createJobRequests } from './queue/requests.ts';
import { createUpkeep } from './queue/upkeep.ts';
import { createHandlers } from './rpc/handlers.ts';
import { RpcServer } from './rpc/server.ts';
import { createTokens } from './rpc/tokens.ts';
import { ActiveRuns } from './scheduling/activeRuns.ts';
import { SchedulingLoop } from './scheduling/loop.ts';
import { createMachineConditions } from './scheduling/machine.ts';
import { createBatteryReport } from './scheduling/power/windows.ts';
import { recoverRuns } from './scheduling/recovery.ts';
import { createWakeTimers } from './scheduling/suspend.ts';
import { isDamage } from './sqlite/damage.ts';
import { assertNodeRunsSqlite } from './sqlite/open.ts';

const clock = systemClock;
/** By then who caused the start has been served. */
const SETTLED_MS = 1000;
/** Unique to the life of this daemon. */
const instance = randomUUID();

async function main(): Promise<void> {
	assertNodeRunsSqlite(process.versions);
	closeInheritedDescriptors();
	const dist = dirname(process.argv[1] ?? '');
	const build = readBuildInfo(dist);
	const nativeFolder = join(dist, 'native');
	const paths = dataPaths(dataFolder(process.env));
	makeFolders(paths);
	refuseNetworkFolder(paths.home);
	const lock = acquireLock(paths.lockFile, nativeFolder);
	if (lock === undefined) {
		sayReady({ busy: true, pid: lockHolder(paths.lockFile) });
		return;
	}

	const log = createDaemonLog(paths.daemonLog, () => clock.now());
	const { warn, warnings } = createWarnings(log);
	const info = (sentence: string) => log.info(sentence);
	const damage = createDamageExit(paths.damageMark, log);
	process.on('uncaughtException', (error) => {
		damage.leaveIfDamaged(error);
		log.error(`The daemon ends because of an error of its own: ${error.stack ?? error.message}`);
		process.exit(1);
	});

	const settings = openSettings(paths.config, warn);
	// It asks the system what it allows, while the database is opened.
	const containing = createContainment({
		home: paths.home,
		statusFolder: paths.statusFolder,
		nativeFolder,
		instance,
		cgroups: settings.values.cgroups,
		warn,
	});
	// A daemon that leaves in order takes its state file along.
	const endedUncleanly = existsSync(paths.stateFile);
	// It named another daemon, and with our socket behind it would soon seem to name us.
	removeStateFile(paths);
	const db = openDatabase({
		file: paths.database,
		migrations: join(dist, 'migrations'),
		nativeFolder,
		damagedFolder: paths.damaged,
		payloadFolder: paths.payloads,
		damageMark: paths.damageMark,
		durability: settings.values.durability,
		now: () => clock.now(),
		warn(sentence) {
			damage.begunAnew();
			warn(sentence);
		},
	});

	const logs = createLogStore(paths.logs, warn);
	const types = new Map(
		[
			commandHandler,
			...createIndexHandlers({
				execPath: process.execPath,
				indexerEntry: join(dist, 'indexer.js'),
			}),
		].map((handler) => [handler.type, handler]),
	);
	const timers = createWakeTimers(clock, (recent) => loop.slept(recent));
	const conditions = createMachineConditions({
		settings: () => settings.values,
		platform: process.platform,
		pid: process.pid,
		clock,
		timers,
		ci: isTruthy(process.env['CI']),
		activeRuns: () => runs.size,
		containedCpuMs: () => containment.ownCpuMs(),
		koffi: () => loadKoffi(join(nativeFolder, `koffi-${process.platform}-${process.arch}.node`)),
		batteryReport: createBatteryReport(process.execPath, join(dist, 'battery.js')),
		changed: () => {
			loop.wake();
			// What waits for it may have another reason now.
			queue.feed.touch();
		},
	});
	const payloads = createPayloadRoom({
		db,
		clock,
		folder: paths.payloads,
		thresholdBytes: settings.values.payloadThresholdBytes,
		quotaBytes: () => settings.values.payloadQuotaBytes,
		warn,
	});
	const queue = createQueueParts({
		db,
		clock,
		random: Math.random,
		newId: createIdSource(() => clock.now()),
		boot: readPidWorld().boot,
		aloneAfterDeaths: settings.values.aloneAfterDeaths,
		cores: availableParallelism(),
		liveLogBytes: (id) => logs.liveSize(id),
		occupied: (name) => runs.count(name),
		hindrance: () => loop.hindrance(),
		conditions,
		payloads: payloads.store,
		canPauseRuns: () => containment.canPause,
		damaged: damage.leave,
	});
	const upkeep = createUpkeep(queue);
	const payloadMaintenance = createPayloadMaintenance(payloads, {
		writer: queue.writer,
		feed: queue.feed,
		shrink: () => upkeep.shrink(),
	});
	const dispatch = createDispatch(queue);
	const jobs = createJobRequests(queue);
	const tokens = createTokens(ensureToken(paths));
	const containment = await containing;
	const runner = createRunner(containment);
	const executor = createExecutor({
		home: paths.home,
		runner,
		logs,
		handlers: types,
		tokens,
		env: process.env,
		now: () => clock.now(),
		started: (id, run, identity) => {
			dispatch.recordProcess(id, run, identity).catch((error: unknown) => {
				log.warn(`The process of job ${id} could not be recorded: ${errorMessage(error)}`);
			});
		},
		progress: (id, progress) => dispatch.reportProgress(id, progress),
	});
	const runs = new ActiveRuns({ dispatch, executor, clock, log: warn });

	const recovery = await recoverRuns(dispatch, runner, (id) => logs.sizeOnDisk(id), info);
	const loop = new SchedulingLoop({
		dispatch,
		feed: queue.feed,
		runs,
		conditions,
		clock,
		timers,
		failed: damage.leaveIfDamaged,
		log: warn,
	});
	const index = createIndexService({
		paths,
		nativeFolder,
		searcherEntry: join(dist, 'searcher.js'),
		isBusy: (workspace) =>
			jobs.list({
				filter: {
					workspace,
					type: ['index.workspace', 'index.files'],
					state: ['queued', 'running', 'paused'],
				},
				sort: '-createdAt',
				limit: 1,
			}).jobs.length > 0,
	});

	const maintenance = createMaintenance({
		execPath: process.execPath,
		entry: join(dist, 'maintenance.js'),
		databaseFile: paths.database,
	});
	const housekeeping = createHousekeeping({
		upkeep,
		clock,
		feed: queue.feed,
		maintenance,
		databaseFile: paths.database,
		retention: () => ({
			maxAgeMs: settings.values.retentionMs,
			maxFinished: settings.values.retentionCount,
		}),
		removeLog: (id) => logs.remove(id),
		log: info,
		damaged: damage.leave,
	});

	const state: StateFile = {
		pid: process.pid,
		endpoint: await chooseEndpoint(paths, process.env),
		protocol: PROTOCOL_VERSION,
		version: build.version,
		buildId: build.buildId,
		instance,
		startedAt: clock.now(),
	};
	const lifecycle = new Lifecycle({
		clock,
		idleExitMs: () => settings.values.idleExitMs,
		log: info,
		leave: () => void leave(),
		workload: {
			running: () => runs.count(),
			unfinished: () => dispatch.unfinishedCount(),
			clients: () => server.clients,
			stopClaiming: () => loop.stopClaiming(),
			async settled() {
				await loop.settled();
				// What it could not start yet may start on the reading that is on its way.
				await conditions.settled();
				await loop.settled();
			},
			interruptAll: () => runs.interruptAll(),
			whenIdle: () => runs.whenIdle(),
		},
	});
	queue.feed.onEffects(() => lifecycle.workloadChanged());
	const server = new RpcServer({
		endpoint: state.endpoint,
		tokens,
		identity: state,
		warn: info,
		failed: damage.leaveIfDamaged,
		clientsChanged: () => lifecycle.workloadChanged(),
		handlers: createHandlers({
			jobs,
			feed: queue.feed,
			activity: () => conditions.activity(),
			logs,
			types,
			payloads: payloads.store,
			index,
			instance: state.instance,
			system: {
				status: createStatus({
					state,
					home: paths.home,
					databaseFile: paths.database,
					payloadBytes: () => payloadMaintenance.storedBytes(),
					jobs,
					clients: () => server.clients,
					draining: () => lifecycle.draining,
					recovery,
					warnings,
				}),
				drain: (params) => lifecycle.drain(params),
				refusal: () => lifecycle.refusal(),
				maintain: (params) => housekeeping.maintain(params),
				diagnose: () =>
					diagnose([
						nodeCheck(process.versions),
						...dataFolderChecks(paths),
						databaseCheck(maintenance),
						warningsCheck(warnings),
						indexesCheck(() => index.status({})),
						{ name: 'payloads', run: () => payloadMaintenance.check() },
						recoveryCheck(recovery),
						...containment.checks().map((check) => ({ name: check.name, run: () => check })),
					]),
			},
			settings: {
				get: () => settings.get(),
				update(params) {
					const updated = settings.update(params);
					housekeeping.settingsChanged();
					loop.wake();
					return updated;
				},
			},
		}),
	});

	async function leave(): Promise<void> {
		loop.stop();
		server.stopListening();
		await index.close();
		await payloadMaintenance.stop();
		await queue.close();
		await server.close();
		containment.close();
		db.close();
		removeStateFile(paths);
		if (process.platform !== 'win32') rmSync(state.endpoint, { force: true });
		info('The daemon has left.');
		lock?.release();
		process.exit(0);
	}

	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.on(signal, () => lifecycle.drain({ mode: 'stop', reason: signal, timeoutMs: 0 }));
	}
	// The terminal that started us may go; we stay.
	process.on('SIGHUP', () => {});

	await server.listen();
	writeStateFile(paths, state);
	info(
		`Ready: version ${build.version}, build ${build.buildId}, pid ${process.pid}, ${paths.home}`,
	);
	sayReady({ ready: state });
	damage.started();
	lifecycle.workloadChanged();
	loop.wake();
	housekeeping.begin(endedUncleanly);
	payloadMaintenance.start();
	// Otherwise kept at an orderly end only, and not every daemon gets one.
	flushCompileCache();
	// Of some 75 MB about 6 are what the start left behind, which an idle V8 keeps.
	setTimeout(() => collectGarbage({ type: 'major', flavor: 'last-resort' }), SETTLED_MS).unref();
}

function isTruthy(value: string | undefined): boolean {
	return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase());
}

function whyNotStarted(error: unknown): string {
	if (error instanceof SemanticaError) return error.message;
	if (isNotWritable(error)) return notWritable(dataFolder(process.env), error).message;
	console.error(error);
	return `The Semantica daemon could not start: ${errorMessage(error)}.`;
}

main().catch((error: unknown) => {
	// To whoever catches what nobody else does, who knows the way out of it.
	if (isDamage(error)) throw error;
	sayReady({ error: whyNotStarted(error) });
	process.exit(1);
});
