/** What becomes of jobs: the queue, what may run now, processes, schedules, and who is told of ends. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readBuildInfo } from '../../shared/build.ts';
import { pathOfUri } from '../../shared/inside.ts';
import { homeFolder } from '../../shared/paths.ts';
import { createFleet } from '../fleet/compose.ts';
import { checkoutOf } from '../fleet/repository.ts';
import { createIndexing } from '../indexing/compose.ts';
import { MEANING_TYPE, ownMeaningHandler } from '../indexing/meaning/handler.ts';
import type { Instance } from '../instance/compose.ts';
import type { NodeProgram } from '../instance/node.ts';
import { createCounting } from '../metrics/compose.ts';
import { countRecovery } from '../metrics/recovery.ts';
import { loadKoffi } from '../native/koffi.ts';
import { createNotifications } from '../notifications/compose.ts';
import { createReserve } from '../operations/reserve.ts';
import { createPayloadMaintenance } from '../payloads/maintenance.ts';
import { createPolicy } from '../policy/compose.ts';
import { commandHandler } from '../processes/commandHandler.ts';
import { createProcesses } from '../processes/compose.ts';
import type { Containment } from '../processes/containment.ts';
import { runMarker } from '../processes/log/marks.ts';
import { readPidWorld } from '../processes/posix/identity.ts';
import { createQueue } from '../queue/compose.ts';
import { checkPatterns } from '../queue/intake/patterns.ts';
import { prepareJobs, prepareScheduled } from '../queue/intake/prepare.ts';
import type { Clock } from '../queue/ports/clock.ts';
import { sparesBattery } from '../queue/ports/conditions.ts';
import { toldEnd } from '../queue/rules/told.ts';
import { createIdSource } from '../queue/store/ids.ts';
import { createTokens } from '../rpc/tokens.ts';
import { createWindows } from '../rpc/windows.ts';
import { createSchedules } from '../schedules/compose.ts';
import { createClientEvents } from '../scheduling/clientEvents.ts';
import { createMachine, createScheduling } from '../scheduling/compose.ts';
import { createBatteryReport } from '../scheduling/power/windows.ts';
import { recoverRuns } from '../scheduling/recovery.ts';
import { roomMB } from '../scheduling/resources/room.ts';
import { createWorkers } from '../workers/compose.ts';
import type { Store } from './store.ts';

export type Engine = Awaited<ReturnType<typeof startEngine>>;

export interface EngineOptions {
	readonly instance: Instance;
	readonly clock: Clock;
	readonly node: NodeProgram;
	readonly store: Store;
	/** It asks the system what it allows, while the rest is put together. */
	readonly containing: Promise<Containment>;
	/** Whether what falls due may begin. */
	readonly fires: () => boolean;
	readonly staysForSchedules: boolean;
	/** What keeps the daemon here has changed. */
	readonly workloadChanged: () => void;
}

/** What a daemon before this one left behind is cleared up when it resolves; nothing runs before `loop.wake()`. */
export async function startEngine(options: EngineOptions) {
	const { instance, clock, node, store, fires, staysForSchedules } = options;
	const { paths, dist, nativeFolder, settings, damage, info, warn } = instance;
	const { db, logs, payloads, readiness } = store;
	const counting = createCounting();
	const reserve = createReserve(paths.reserve, clock);
	const machine = createMachine(
		{
			settings: () => settings.values,
			clock,
			activeRuns: () => runs.size,
			containedCpuMs: () => containment.ownCpuMs(),
			koffi: () => loadKoffi(join(nativeFolder, `koffi-${process.platform}-${process.arch}.node`)),
			batteryReport: () => createBatteryReport(node.path(), join(dist, 'battery.js'))(),
			changed() {
				loop.wake();
				// What waits for it may have another reason now.
				queue.feed.touch();
			},
		},
		(recent) => {
			loop.slept(recent);
			fleet.wake();
		},
	);
	const tokens = createTokens(instance.token());
	const workers = createWorkers({
		db,
		clock,
		tokens,
		logs: {
			openWriter: logs.openWriter,
			closeWriter: logs.closeWriter,
			marker: (run, attempt) => runMarker(run, attempt, clock.now()),
			time: () => new Date(clock.now()).toISOString(),
		},
		maxFunctions: () => settings.values.maxFunctions,
		aloneAfterDeaths: settings.values.aloneAfterDeaths,
		indexing: {
			types: ['index.workspace', 'index.files', MEANING_TYPE],
			plan: () => indexing.indexer(),
			assertMayStart: ({ origin, workspace }) =>
				policy.assertMayStart(origin, pathOfUri(workspace) ?? ''),
		},
		started: {
			entries: instance.workers,
			logFolder: paths.workerLogs,
			planOf: (command) =>
				commandHandler.launch({ id: 'worker', type: 'command', command, workspace: null }),
			launch: (launch) => startWorker(launch),
			warn,
		},
		queue: () => queue,
		changed() {
			loop.wake();
			queue.feed.touch();
		},
	});
	const queue = createQueue({
		db,
		clock,
		random: Math.random,
		newId: createIdSource(() => clock.now()),
		boot: readPidWorld().boot,
		aloneAfterDeaths: settings.values.aloneAfterDeaths,
		roomMB: () => roomMB(settings.values['limits.memoryPercent']),
		cores: availableParallelism(),
		liveLogBytes: (id) => logs.liveSize(id),
		occupied: (name, of) => runs.count(name, of),
		workers: workers.port,
		hindrance: () => loop.hindrance(),
		arriving: () => loop.arriving(),
		conditions: machine.conditions,
		payloads: payloads.store,
		hooks: () => instance.hooks.all,
		canPauseRuns: () => containment.canPause,
		freeReserve: () => reserve.free(),
		damaged: damage.leave,
		committing: counting.committing,
		commitTook: counting.flow.commitTook,
	});
	counting.listen(queue.feed);
	const { dispatch, jobs } = queue;
	// Of what ends while the start cleans up, too.
	const windows = createWindows(() => notifying.windowCame());
	const notifying = createNotifications({
		feed: queue.feed,
		find: (ids) => fleet.directory.find(ids, Number.POSITIVE_INFINITY).jobs,
		tellWindow: windows.tell,
		longMs: () => settings.values.notifyLongMs,
		onDesktop: () => settings.values.notifications,
		clock,
		platform: process.platform,
		env: process.env,
		warn,
	});
	const payloadMaintenance = createPayloadMaintenance(payloads, {
		writer: queue.writer,
		feed: queue.feed,
		shrink: () => queue.upkeep.shrink(),
	});
	const indexing = createIndexing({
		paths,
		dist,
		nativeFolder,
		jobs,
		feed: queue.feed,
		node: node.path,
		meaning: {
			config: instance.config,
			async enqueue(spec) {
				const own = new Map([[MEANING_TYPE, ownMeaningHandler]]);
				const prepared = await prepareJobs([spec], own, payloads.store, sparesBattery);
				const [made] = await jobs.enqueue(prepared, { origin: 'meaning' });
				return made?.id ?? '';
			},
		},
		warn,
	});
	const handlers = workers.handlers(
		new Map([commandHandler, ...indexing.handlers].map((handler) => [handler.type, handler])),
	);
	const schedules = createSchedules({
		queue: queue.firing,
		handlers,
		clock,
		async prepareJob(spec) {
			await checkPatterns([spec], readiness.check, () => 'spec');
			return prepareScheduled(spec, handlers, payloads.store);
		},
		storedBytes: (hash) => payloads.table.file(hash)?.stored ?? 0,
		keepFile: (file) => payloads.table.keep(file),
		tidy: () => payloadMaintenance.tidy(),
		fires,
		staysAlone: staysForSchedules,
		warn,
	});
	const fleet = createFleet({
		db,
		clock,
		file: paths.fleet,
		keyFile: paths.fleetKey,
		scratch: paths.fleetScratch,
		homeFolder: () => homeFolder(process.env),
		version: readBuildInfo(dist).version,
		jobs,
		feed: queue.feed,
		logs,
		dispatch: { free: (name) => dispatch.free((of, which) => runs.count(of, which), name) },
		submit: (work) => queue.writer.submit(work),
		async enqueue(spec, from) {
			const prepared = await prepareJobs([spec], handlers, payloads.store, sparesBattery);
			await jobs.enqueue(prepared, { origin: `fleet/${from}` });
		},
		async enqueueHere(spec) {
			const prepared = await prepareJobs([spec], handlers, payloads.store, sparesBattery);
			const [made] = await jobs.enqueue(prepared, { origin: 'fleet' });
			return made?.id ?? '';
		},
		findFile: payloads.store.findFile,
		met: (set) => machine.conditions.met(set),
		ended(done) {
			const told = done.map((job) => toldEnd(job, clock.now()));
			notifying.tell(told.filter((end) => end !== undefined));
		},
		canPause: () => containment.canPause,
		takes: fires,
		assertMaySend: (target, workspace) => policy.assertMaySend(target, workspace),
		workloadChanged: options.workloadChanged,
		warn,
	});
	const policy = createPolicy(settings, checkoutOf);
	const containment = await options.containing;
	const { executor, runner, startWorker } = createProcesses({
		home: paths.home,
		answers: paths.answers,
		checkpoints: paths.checkpoints,
		containment,
		logs,
		handlers,
		tokens,
		dispatch,
		now: () => clock.now(),
		assertMayStart: policy.assertMayStart,
		remark: (constraints) =>
			machine.conditions.remark(constraints.unmetered ? { unmetered: true } : {}),
		match: readiness.match,
		scan: store.problems.scan,
		hashFiles: indexing.inputs.hash,
		log: instance.log,
	});
	// Before anything can start.
	const recovery = await recoverRuns(dispatch, runner, logs, info);
	await countRecovery(queue, recovery, clock.now());
	const scheduling = createScheduling({
		machine,
		dispatch,
		feed: queue.feed,
		executor: fleet.executor(workers.executor(executor)),
		schedules,
		clock,
		holds: instance.holds,
		failed: damage.leaveIfDamaged,
		warn,
	});
	const { runs, loop } = scheduling;
	const events = createClientEvents({ emit: jobs.emit, clock, failed: damage.leaveIfDamaged });
	return {
		containment,
		counting,
		events,
		fleet,
		handlers,
		indexing,
		machine,
		notifying,
		payloadMaintenance,
		policy,
		queue,
		recovery,
		reserve,
		schedules,
		scheduling,
		tokens,
		windows,
		workers,
	};
}
