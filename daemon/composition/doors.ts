/** How it is reached: the socket and what is asked over it, figures for others, and what keeps the house in order. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../shared/privateFile.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';
import type { Instance } from '../instance/compose.ts';
import { readToken } from '../instance/files.ts';
import type { NodeProgram } from '../instance/node.ts';
import type { Surroundings } from '../instance/surroundings.ts';
import { healthCheck } from '../metrics/health.ts';
import { createMetricsPort } from '../metrics/port.ts';
import { createOperations } from '../operations/compose.ts';
import { indexesCheck } from '../operations/diagnose.ts';
import type { LifecycleOptions } from '../operations/lifecycle.ts';
import type { Clock } from '../queue/ports/clock.ts';
import { createHandlers } from '../rpc/handlers.ts';
import { createLargeMessages } from '../rpc/large/service.ts';
import { RpcServer, strangersFor } from '../rpc/server.ts';
import type { Engine } from './engine.ts';
import type { Store } from './store.ts';

export type Doors = ReturnType<typeof createDoors>;

export interface DoorsOptions {
	readonly instance: Instance;
	readonly state: StateFile;
	readonly clock: Clock;
	readonly node: NodeProgram;
	readonly surroundings: Surroundings;
	readonly store: Store;
	readonly engine: Engine;
	readonly staysForSchedules: boolean;
	readonly leave: LifecycleOptions['leave'];
}

/** Closed until `server.listen()`. */
export function createDoors(options: DoorsOptions) {
	const { instance, state, clock, node, surroundings, store, engine } = options;
	const { paths, dist, nativeFolder, settings, damage, info, warn } = instance;
	const { logs, payloads } = store;
	const { queue, machine, scheduling, schedules, indexing, payloadMaintenance, counting } = engine;
	const { runs, loop } = scheduling;
	const { dispatch } = queue;
	const measured = {
		figures: queue.figures,
		ended: queue.ended,
		ring: queue.ring,
		lasting: queue.lasting,
		now: () => clock.now(),
		databaseFile: paths.database,
		payloads: {
			storedBytes: () => payloadMaintenance.storedBytes(),
			quotaBytes: () => settings.values.payloadQuotaBytes,
		},
	};
	const { housekeeping, lifecycle, requests } = createOperations({
		paths,
		maintenanceEntry: join(dist, 'maintenance.js'),
		clock,
		queue,
		state,
		settings: () => settings.values,
		workload: {
			running: () => runs.size,
			unfinished: () => dispatch.unfinishedCount() + engine.fleet.unfinished(),
			scheduled: () => schedules.awaits(),
			clients: () => server.clients,
			stopClaiming(why) {
				loop.stopClaiming(why);
				engine.workers.drain();
			},
			settled: () => scheduling.settled(),
			interruptAll: () => runs.interruptAll(),
			whenGone: () => runs.whenGone(),
			whenIdle: () => runs.whenIdle(),
			serving: () => runs.serving,
			whenOnlyServing: () => runs.whenOnlyServing(),
		},
		staysForSchedules: options.staysForSchedules,
		payloadBytes: () => payloadMaintenance.storedBytes(),
		removeLog: (id) => logs.remove(id),
		recovery: engine.recovery,
		warnings: instance.warnings,
		checks: () => [
			indexesCheck(() => indexing.service.status({})),
			{ name: 'payloads', run: () => payloadMaintenance.check() },
			{ name: 'schedules', run: () => schedules.check() },
			{ name: 'workers', run: () => engine.workers.check() },
			{ name: 'metrics', run: () => metricsPort.state() ?? [] },
			{ name: 'shared queue', run: () => engine.fleet.check() },
			healthCheck({ ...measured, signs: counting.signs }),
			...engine.containment.checks().map((check) => ({ name: check.name, run: () => check })),
		],
		log: info,
		damaged: damage.leave,
		node,
		leave: options.leave,
	});
	const largeMessages = createLargeMessages(join(dist, 'largeMessages.js'));
	const metrics = counting.serve({
		state,
		...measured,
		history: { entry: join(dist, 'history.js'), file: paths.database, nativeFolder },
		liveLogBytes: () => logs.liveBytes(),
		clients: () => server.clients,
		countLeft: () => engine.containment.countLeft(),
		draining: () => lifecycle.draining !== null,
		machine: () => machine.conditions.known(),
		indexes: {
			any: () => existsSync(paths.indexes) && readdirSync(paths.indexes).length > 0,
			status: () => indexing.service.status({}),
		},
	});
	const metricsPort = createMetricsPort({
		settings: () => settings.values,
		scrape: metrics.scrape,
		tokenFile: paths.metricsTokenFile,
		readToken: () => readToken(paths.metricsTokenFile),
		writeToken: (token) => writeAtomically(paths.metricsTokenFile, `${token}\n`),
		info,
		warn,
	});
	const server = new RpcServer({
		endpoint: state.endpoint,
		maxStrangers: strangersFor(surroundings.openFiles),
		tokens: engine.tokens,
		node,
		identity: state,
		toolFolders: engine.policy.folders,
		readElsewhere: largeMessages.read,
		settled: () => queue.jobs.settled(),
		warn: info,
		failed: damage.leaveIfDamaged,
		clientsChanged: () => lifecycle.workloadChanged(),
		answered: counting.flow.answered,
		handlers: createHandlers({
			jobs: engine.fleet.directory,
			feed: engine.fleet.feed,
			emit: engine.events.emit,
			activity: () => machine.conditions.activity(),
			windows: engine.windows,
			logs: engine.fleet.logs,
			searchLog: engine.fleet.searchLog(store.logSearch.search),
			clock,
			types: engine.handlers,
			payloads: payloads.store,
			checkPattern: store.readiness.check,
			index: indexing.service,
			meaning: indexing.meaning,
			schedules: { ...schedules.requests, onChanged: schedules.onChanged },
			instance: instance.id,
			system: requests,
			policy: engine.policy,
			workers: engine.workers.requests,
			fleet: engine.fleet.requests,
			hooks: instance.hooks,
			metrics,
			left: { of: engine.containment.left, end: engine.containment.endLeft },
			settings: {
				get: () => settings.get(),
				update(params) {
					const updated = settings.update(params);
					housekeeping.settingsChanged();
					void metricsPort.settingsChanged();
					loop.wake();
					return updated;
				},
			},
		}),
	});
	return { housekeeping, largeMessages, lifecycle, metrics, metricsPort, server };
}
