/** `stats/now`: how things stand at this moment, for whoever looks twice a second. */
import type { Params, Result, StateFile } from '../../shared/protocol/requests.ts';
import type { MachineNow, Sizes, Waiting } from '../../shared/protocol/stats.ts';
import { STATE } from '../queue/store/codes.ts';
import type { Figures } from '../queue/views/figures.ts';
import type { IndexNumbers } from './indexes.ts';
import { ownCpu, residentBytes, sizeOf } from './measure.ts';

export interface StandingSources {
	readonly figures: Figures;
	readonly now: () => number;
	readonly databaseFile: string;
	readonly payloads: { readonly storedBytes: () => number; readonly quotaBytes: () => number };
	readonly liveLogBytes: () => number;
	/** What is known of the machine while jobs depend on it; the rest is absent. */
	readonly machine: () => {
		readonly onMains?: boolean;
		/** 0 to 1. */
		readonly battery?: number;
		readonly idle?: boolean;
	};
	/** Undefined until they were read. */
	readonly indexes: () => IndexNumbers | undefined;
}

export interface NowSources extends StandingSources {
	readonly state: StateFile;
	readonly clients: () => number;
}

export function createNow(sources: NowSources) {
	const { figures, now, state, payloads } = sources;
	return ({ queues: most }: Params<'stats/now'>): Result<'stats/now'> => {
		const names = [...figures.queues()];
		const told = byWork(names).slice(0, most);
		const waitingIn = new Map<string, Waiting>(told.map((name) => [name, {}]));
		const waiting = countWaiting(figures, waitingIn);
		return {
			at: now(),
			counts: figures.counts(),
			waiting,
			global: figures.global(),
			queues: told.map((name) => ({ ...figures.queue(name), waiting: waitingIn.get(name) ?? {} })),
			moreQueues: names.length - told.length,
			daemon: {
				startedAt: state.startedAt,
				cpuMs: Math.round(ownCpu() / 1000),
				rssBytes: residentBytes(),
				clients: sources.clients(),
			},
			machine: machineOf(sources),
			storage: { ...sizesOf(sources), payloadQuotaBytes: payloads.quotaBytes() },
		};
	};

	function byWork(names: readonly string[]): string[] {
		const open = (name: string) => {
			const counts = figures.states(name);
			return (
				(counts[STATE.queued] ?? 0) + (counts[STATE.running] ?? 0) + (counts[STATE.paused] ?? 0)
			);
		};
		return names
			.map((name) => ({ name, open: open(name) }))
			.sort((a, b) => b.open - a.open || (a.name < b.name ? -1 : 1))
			.map(({ name }) => name);
	}
}

/** In all; and of each queue that is asked for. */
export function countWaiting(figures: Figures, queues: ReadonlyMap<string, Waiting>): Waiting {
	const all: Waiting = {};
	figures.waiting((queue, reason, count) => {
		all[reason] = (all[reason] ?? 0) + count;
		const of = queues.get(queue);
		if (of !== undefined) of[reason] = (of[reason] ?? 0) + count;
	});
	return all;
}

export function machineOf(sources: Pick<StandingSources, 'machine'>): MachineNow {
	const { onMains = null, battery = null, idle = null } = sources.machine();
	return { onMains, battery, idle };
}

export function sizesOf(sources: StandingSources): Sizes {
	const { databaseFile, payloads, figures, liveLogBytes, indexes } = sources;
	return {
		databaseBytes: sizeOf(databaseFile),
		walBytes: sizeOf(`${databaseFile}-wal`),
		payloadBytes: payloads.storedBytes(),
		logBytes: figures.logBytes() + liveLogBytes(),
		indexBytes: indexes()?.bytes ?? null,
	};
}
