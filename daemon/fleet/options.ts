/** What the room needs of the rest of the daemon. */
import type { Job, JobSpec } from '../../shared/job.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { JobLogs } from '../queue/ports/logs.ts';
import type { PayloadStore } from '../queue/ports/payloadStore.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { Feed } from '../queue/views/feed.ts';
import type { Sqlite } from '../sqlite/open.ts';

export interface FleetOptions {
	readonly db: Sqlite;
	readonly clock: Clock;
	/** fleet.json, and the file with the key of this machine. */
	readonly file: string;
	readonly keyFile: string;
	/** Under it jobs get folders of their own. */
	readonly scratch: string;
	readonly homeFolder: () => string;
	readonly version: string;
	readonly jobs: JobRequests;
	readonly feed: Feed;
	readonly logs: JobLogs;
	/** Slots that are free for this queue. */
	readonly dispatch: { free(queue: string): number };
	/** Runs inside a group of the queue's writer; resolves after its commit. */
	readonly submit: <T>(work: () => T) => Promise<T>;
	/** Queues a job as the machine of this name asked for it. */
	readonly enqueue: (spec: JobSpec, from: string) => Promise<void>;
	/** Queues one of this machine's own; resolves with its id. */
	readonly enqueueHere: (spec: JobSpec) => Promise<string>;
	/** Looks at a file that a client names as a job's input. */
	readonly findFile: PayloadStore['findFile'];
	readonly met: (set: { power: 'any' | 'ac'; minBattery: number | null; idle: boolean }) => boolean;
	/** What others did for this machine has ended: a person may have asked to hear of it. */
	readonly ended: (jobs: readonly Job[]) => void;
	/** Whether what runs here can stand still. */
	readonly canPause: () => boolean;
	/** It is not about to leave. */
	readonly takes: () => boolean;
	/** Whether what a tool asked for may leave still. @throws SemanticaError FORBIDDEN */
	readonly assertMaySend: (
		target: { on?: string | undefined; pool?: string | undefined; kind: 'command' | 'recipe' },
		workspace: string,
	) => void;
	/** What keeps the daemon here has changed. */
	readonly workloadChanged: () => void;
	readonly warn: (sentence: string) => void;
}
