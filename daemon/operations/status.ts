/** `system/status`: what this daemon is and how it is doing. */
import { statSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import type { Draining } from '../../shared/protocol/draining.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';
import type { SystemStatus } from '../../shared/protocol/system.ts';
import type { JobRequests } from '../queue/requests.ts';

export interface StatusSources {
	readonly state: StateFile;
	readonly home: string;
	readonly databaseFile: string;
	/** On disk, beside the database. */
	readonly payloadBytes: () => number;
	readonly jobs: JobRequests;
	readonly clients: () => number;
	readonly draining: () => Draining | null;
	readonly recovery: SystemStatus['recovery'];
	/** Sentences about what went wrong since the start and should be known. */
	readonly warnings: readonly string[];
}

export function createStatus(sources: StatusSources): () => SystemStatus {
	const { state, jobs, databaseFile } = sources;
	return () => {
		return {
			instance: state.instance,
			pid: state.pid,
			version: state.version,
			buildId: state.buildId,
			builtAt: state.builtAt,
			startedAt: state.startedAt,
			home: sources.home,
			endpoint: state.endpoint,
			node: process.versions.node,
			platform: `${process.platform}-${process.arch}`,
			draining: sources.draining()?.reason ?? null,
			drainMode: sources.draining()?.mode ?? null,
			clients: sources.clients(),
			counts: jobs.counts(),
			queues: jobs.queues().queues,
			room: roomOf(jobs),
			memory: memory(),
			storage: {
				databaseBytes: size(databaseFile),
				walBytes: size(`${databaseFile}-wal`),
				payloadBytes: sources.payloadBytes(),
			},
			recovery: sources.recovery,
			warnings: [...sources.warnings],
		};
	};
}

function roomOf(jobs: Pick<JobRequests, 'room'>): SystemStatus['room'] {
	const state = jobs.room();
	if (state === undefined) return null;
	const { allowedMB, takenMB, holders, uncapped } = state;
	return { allowedMB, takenMB, capped: holders.length, uncapped };
}

function memory(): SystemStatus['memory'] {
	try {
		const { rss, heapUsed } = process.memoryUsage();
		return { rssBytes: rss, heapUsedBytes: heapUsed };
	} catch {
		// Linux without /proc tells only the most that it ever was.
		const rssBytes = process.resourceUsage().maxRSS * 1024;
		return { rssBytes, heapUsedBytes: getHeapStatistics().used_heap_size };
	}
}

function size(file: string): number {
	return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
