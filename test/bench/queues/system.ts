/** A queue under measurement, whoever made it, and what a driver process is asked to do with it. */

export interface QueueSystem {
	/** Enqueues the n-th sample job alone; resolves with its id when that is acknowledged. */
	enqueue(n: number): Promise<string>;
	/** The same for `count` jobs from the n-th on, by the system's own call for many. */
	enqueueMany(n: number, count: number): Promise<string[]>;
	/** Runs jobs that do nothing, `atOnce` at a time; `began` hears each job's id as its handler starts. */
	work(atOnce: number, began: (id: string) => void): Promise<Workers>;
	/** Jobs that are not completed, as the system itself counts them. */
	unfinished(): Promise<number>;
}

export interface Workers {
	stop(): Promise<void>;
}

export const SYSTEM_NAMES = [
	'semantica',
	'semantica-functions',
	'engine',
	'bullmq',
	'bullmq-postgres',
	'shared-queue',
	'graphile-worker',
	'pg-boss',
] as const;
export type SystemName = (typeof SYSTEM_NAMES)[number];

export interface Opening {
	readonly system: SystemName;
	/** With the settings that its documentation gives for throughput, instead of its defaults. */
	readonly tuned: boolean;
	/** A daemon's data folder, Redis's socket, the folder of PostgreSQL's socket; an empty folder for the engine. */
	readonly endpoint: string;
	/** The server's process: its CPU time counts, and that of everything below it. */
	readonly serverPid: number | undefined;
}

export type Task =
	/** Lone jobs for an idle worker, up to `spacingMs` apart at random. */
	| { readonly do: 'start'; readonly jobs: number; readonly spacingMs: number }
	| { readonly do: 'drain'; readonly jobs: number; readonly atOnce: number }
	| { readonly do: 'alone'; readonly jobs: number }
	| { readonly do: 'pipelined'; readonly jobs: number; readonly width: number }
	| { readonly do: 'bulk'; readonly jobs: number }
	/** Leaves an idle worker attached. */
	| { readonly do: 'attach' };

export interface Outcome {
	/** `perSecond`, or `p50`, `p95` and `p99` in ms. */
	readonly values: Readonly<Record<string, number>>;
	/** CPU time of client and server together per job, µs. */
	readonly cpu?: number;
	/** A sentence when jobs were lost or doubled. */
	readonly wrong?: string;
}
