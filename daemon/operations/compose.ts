/** The operations room put together: status and diagnosis, housekeeping, and leaving. */
import type { DataPaths } from '../../shared/paths.ts';
import type { SystemStatus } from '../../shared/protocol/system.ts';
import type { Queue } from '../queue/compose.ts';
import type { Clock } from '../queue/ports/clock.ts';
import {
	type Check,
	createDiagnosis,
	databaseCheck,
	dataFolderChecks,
	nodeCheck,
	recoveryCheck,
	warningsCheck,
} from './diagnose.ts';
import { createHousekeeping, type Housekeeping } from './housekeeping.ts';
import { Lifecycle, type LifecycleOptions, type Workload } from './lifecycle.ts';
import { createMaintenance } from './maintenance/run.ts';
import { createStatus, type StatusSources } from './status.ts';

/** The Node that is there to run programs of ours. */
interface NodeProgram {
	path(): string;
	problem(): string | undefined;
}

export interface OperationsOptions {
	readonly paths: DataPaths;
	/** dist/maintenance.js */
	readonly maintenanceEntry: string;
	readonly clock: Clock;
	readonly queue: Pick<Queue, 'jobs' | 'feed' | 'upkeep'>;
	readonly state: StatusSources['state'];
	readonly settings: () => {
		readonly idleExitMs: number;
		readonly retentionMs: number;
		readonly retentionCount: number;
	};
	readonly workload: Workload;
	/** Schedules alone keep it here. */
	readonly staysForSchedules: boolean;
	readonly payloadBytes: () => number;
	readonly removeLog: (id: string) => Promise<void>;
	readonly recovery: SystemStatus['recovery'];
	/** Sentences about what went wrong since the start. */
	readonly warnings: readonly string[];
	/** What other rooms look at when asked to diagnose. */
	readonly checks: () => readonly Check[];
	readonly log: (sentence: string) => void;
	/** The database is damaged: it must be set aside, which only a new start can do. */
	readonly damaged: (sentence: string) => void;
	/** What index jobs and maintenance run on. */
	readonly node: NodeProgram;
	readonly leave: LifecycleOptions['leave'];
}

export interface Operations {
	readonly housekeeping: Housekeeping;
	readonly lifecycle: Lifecycle;
	/** Answers to `system/*`. */
	readonly requests: ReturnType<typeof createRequests>;
}

export function createOperations(options: OperationsOptions): Operations {
	const { clock, queue, settings, log } = options;
	const maintenance = createMaintenance({
		node: () => options.node.path(),
		entry: options.maintenanceEntry,
		databaseFile: options.paths.database,
	});
	const housekeeping = createHousekeeping({
		upkeep: queue.upkeep,
		clock,
		feed: queue.feed,
		maintenance,
		databaseFile: options.paths.database,
		retention: () => ({
			maxAgeMs: settings().retentionMs,
			maxFinished: settings().retentionCount,
		}),
		removeLog: options.removeLog,
		log,
		damaged: options.damaged,
	});
	const lifecycle = new Lifecycle({
		clock,
		idleExitMs: () => settings().idleExitMs,
		staysForSchedules: options.staysForSchedules,
		log,
		drainingChanged: () => queue.feed.touch(),
		leave: options.leave,
		workload: {
			...options.workload,
			stopClaiming(why) {
				queue.upkeep.hurry();
				options.workload.stopClaiming(why);
			},
		},
	});
	queue.feed.onEffects(() => lifecycle.workloadChanged());
	const checks = () => [
		nodeCheck(process.versions, options.node.problem()),
		...dataFolderChecks(options.paths),
		databaseCheck(maintenance),
		warningsCheck(options.warnings),
		...options.checks(),
		recoveryCheck(options.recovery),
	];
	return {
		housekeeping,
		lifecycle,
		requests: createRequests(options, lifecycle, housekeeping, checks),
	};
}

function createRequests(
	options: OperationsOptions,
	lifecycle: Lifecycle,
	housekeeping: Housekeeping,
	checks: () => Check[],
) {
	return {
		status: createStatus({
			state: options.state,
			home: options.paths.home,
			databaseFile: options.paths.database,
			payloadBytes: options.payloadBytes,
			jobs: options.queue.jobs,
			clients: options.workload.clients,
			draining: () => lifecycle.draining,
			recovery: options.recovery,
			warnings: options.warnings,
		}),
		drain: lifecycle.drain.bind(lifecycle),
		refusal: lifecycle.refusal.bind(lifecycle),
		draining: () => lifecycle.draining,
		maintain: housekeeping.maintain,
		diagnose: createDiagnosis(checks),
	};
}
