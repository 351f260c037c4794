/** What `semantica/client` offers, in plain types: this file is its declaration, so it imports nothing. */

export interface ConnectOptions {
	/** What jobs say of who enqueued them; `node` where it is left out. */
	readonly name?: string;
	/** The data folder; else SEMANTICA_HOME, else ~/.semantica. */
	readonly home?: string;
}

export type JobState =
	| 'queued'
	| 'running'
	| 'paused'
	| 'succeeded'
	| 'failed'
	| 'cancelled'
	| 'superseded'
	| 'expired';

/** A job to be enqueued. Times are epoch ms, durations ms. Without a command its type is a worker's. */
export interface JobInput {
	/** `command`, which is also what a command has without it; `index.workspace`; or a worker's, as in `acme.embed`. */
	readonly type?: string;
	readonly command?: {
		readonly command: string;
		readonly args?: readonly string[];
		readonly cwd?: string;
		readonly env?: Readonly<Record<string, string>>;
		readonly shell?: boolean;
	};
	/** JSON; a command reads it on its standard input. */
	readonly payload?: unknown;
	readonly title?: string;
	readonly queue?: string;
	/** Of one (type, subject) one job runs at a time, and a newer one replaces one that waits. */
	readonly subject?: string;
	readonly supersede?: 'queued' | 'abort' | 'none';
	/** The same key and the same specification is the same job, however often it is enqueued. */
	readonly key?: string;
	/** 0 to 100; higher starts first. */
	readonly priority?: number;
	readonly parentId?: string;
	readonly tag?: string;
	readonly group?: string;
	readonly groupLimit?: number;
	/** It starts when all of these hold; `index` names an earlier job of the same call. */
	readonly after?: readonly (
		| { readonly id: string; readonly on?: 'succeeded' | 'ended' | 'ready' }
		| { readonly index: number; readonly on?: 'succeeded' | 'ended' | 'ready' }
	)[];
	readonly runAt?: number;
	readonly ttlMs?: number;
	readonly deadlineAt?: number;
	readonly timeoutMs?: number;
	readonly maxAttempts?: number;
	readonly backoff?: {
		readonly baseMs?: number;
		readonly factor?: number;
		readonly maxMs?: number;
		readonly jitter?: number;
	};
	/** It may simply be run again where it was interrupted. */
	readonly restartable?: boolean;
	/** How long it may take to end after it was told to. */
	readonly graceMs?: number;
	/** Every other field of docs/design.md, section 3. */
	readonly [field: string]: unknown;
}

export interface Progress {
	readonly current: number;
	readonly total?: number | undefined;
	readonly unit?: string | undefined;
	readonly message?: string | undefined;
}

export interface Job {
	readonly id: string;
	readonly type: string;
	readonly title: string;
	readonly queue: string;
	readonly state: JobState;
	readonly attempt: number;
	readonly run: number;
	readonly progress: Progress | null;
	readonly result: unknown;
	readonly error: { readonly code: string; readonly message: string } | null;
	readonly stopReason: string | null;
	readonly exitCode: number | null;
	readonly createdAt: number;
	readonly startedAt: number | null;
	readonly finishedAt: number | null;
	readonly [field: string]: unknown;
}

export interface WaitOptions {
	/** `all` where it is left out. */
	readonly mode?: 'any' | 'all';
	readonly until?: 'ended' | 'ready';
	/** At most, and without it, an hour. */
	readonly timeoutMs?: number;
	readonly signal?: AbortSignal;
}

export interface WaitResult {
	/** In the order asked for, as they are now. */
	readonly jobs: readonly Job[];
	/** False: the time is over, or what was waited for cannot come any more. */
	readonly satisfied: boolean;
}

export interface JobFilter {
	readonly state?: readonly JobState[];
	readonly type?: readonly string[];
	readonly queue?: readonly string[];
	readonly tag?: string;
	readonly parentId?: string;
}

export interface Schedule {
	readonly name: string;
	readonly spec: JobInput;
	readonly when: { readonly cron: string } | { readonly everyMs: number } | { readonly at: number };
	/** IANA name. */
	readonly timezone?: string;
	readonly missed?: 'skip' | 'once' | 'all';
	readonly overlap?: 'skip' | 'queue' | 'replace';
	readonly enabled?: boolean;
}

/** What a handler knows of its run, and can say of it. */
export interface WorkContext {
	readonly id: string;
	/** Counts every run of the job; `attempt` those that are charged. */
	readonly run: number;
	readonly attempt: number;
	readonly type: string;
	readonly deadlineAt: number | null;
	/**
	 * Aborted when the run is to end: a cancel, a timeout, a newer job, a connection that is gone. `signal.reason` says
	 * why. A handler that goes on all the same can overlap the next run of its job; its result counts no more.
	 */
	readonly signal: AbortSignal;
	/** What an earlier run of this job left by `checkpoint`; undefined where none has. */
	readonly resumeFrom: unknown;
	/**
	 * Writes down how far it has come: JSON, at most 64 KiB. The next run finds it as `resumeFrom`, also that of a retry
	 * by hand, unless the job has succeeded. Resolves once it is safe on the disk, a second later at most; need not be
	 * awaited. Rejects with a sentence where it is too large.
	 */
	checkpoint(value: unknown): Promise<void>;
	log(text: string): void;
	progress(progress: Progress): void;
	/** Enqueues children: the job ends when they have. */
	enqueue(...jobs: JobInput[]): Promise<string[]>;
	/** A client that speaks as this job, for its children: enqueue, wait, get, list, logs. It is closed when the run ends. */
	connect(): Promise<Client>;
	/** To be thrown: the run has failed and is tried again after so long, 30 days at most, within its attempts. */
	retryAfter(ms: number, why: string): Error;
	/** To be thrown: the job has failed, whatever attempts it has left, since another one would end the same. */
	giveUp(why: string): Error;
}

/** What it returns, or resolves with, is the job's result: JSON, at most 16 KiB. What it throws fails the run. */
export type Handler = (payload: unknown, context: WorkContext) => unknown;

export interface WorkType {
	readonly handler: Handler;
	/** So many at once in this worker; 1 where it is left out. */
	readonly concurrency?: number;
	/** Defaults for jobs of this type that say nothing themselves; the latest registration counts. */
	readonly queue?: string;
	readonly maxAttempts?: number;
	readonly restartable?: boolean;
	readonly timeoutMs?: number;
}

export interface WorkOptions {
	/** `worker` where it is left out. */
	readonly name?: string;
	/** So many runs may lie ready here; at most 4 × the concurrency of all types. */
	readonly prefetch?: number;
	/** Hears of a lost connection, and of what cannot be told to the daemon. */
	readonly onError?: (error: unknown) => void;
}

export interface Worker {
	/** Begins nothing more, lets what runs end, and leaves. */
	stop(): Promise<void>;
}

export interface Client {
	/** All of them or none, in one step; resolves with their ids once they are safe on the disk. */
	enqueue(...jobs: JobInput[]): Promise<string[]>;
	get(id: string): Promise<Job>;
	wait(ids: readonly string[], options?: WaitOptions): Promise<WaitResult>;
	/** Newest first. */
	list(filter?: JobFilter): AsyncIterable<Job>;
	/** What the job prints, from the beginning until it has ended. */
	logs(id: string): AsyncIterable<string>;
	cancel(...ids: string[]): Promise<void>;
	/** Puts a schedule, new or changed. */
	schedule(schedule: Schedule): Promise<void>;
	/** Does jobs of these types as long as the process lives, also when the daemon is replaced meanwhile. */
	work(types: Readonly<Record<string, Handler | WorkType>>, options?: WorkOptions): Promise<Worker>;
	/** Resolves when the connection has ended. */
	readonly closed: Promise<void>;
	close(): void;
}

/** What the extension's `activate` returns to other extensions: `extensions.getExtension('semantica.semantica')`. */
export interface SemanticaApi {
	readonly version: 1;
	/**
	 * A client of the daemon that serves this window. `name` is what its jobs say of who asked.
	 * @throws an Error with a sentence in Restricted Mode, and where no daemon can be reached or started.
	 */
	connect(options?: { readonly name?: string }): Promise<Client>;
}
