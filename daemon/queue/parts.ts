/** What the queue consists of, and what it needs. */
import type { Job } from '../../shared/job.ts';
import type { Hook } from '../../shared/protocol/hooks.ts';
import type { Sqlite } from '../sqlite/open.ts';
import type { Clock } from './ports/clock.ts';
import type { Conditions } from './ports/conditions.ts';
import type { PayloadStore } from './ports/payloadStore.ts';
import type { Workers } from './ports/workers.ts';
import type { Occupied } from './rules/capacity.ts';
import type { Checkpoints } from './rules/checkpoints.ts';
import type { Claims } from './rules/claims.ts';
import type { DueWork } from './rules/due.ts';
import type { Enqueue } from './rules/enqueue.ts';
import type { Events } from './rules/events.ts';
import type { FinishRun } from './rules/finish.ts';
import type { HandOver } from './rules/handOver.ts';
import type { Pauses } from './rules/pause.ts';
import type { Questions } from './rules/questions.ts';
import type { BecomeReady } from './rules/readiness.ts';
import type { Removal } from './rules/remove.ts';
import type { Retry } from './rules/retry.ts';
import type { Room } from './rules/room.ts';
import type { Sweeps } from './rules/sweep.ts';
import type { Transitions } from './rules/transitions.ts';
import type { Update } from './rules/update.ts';
import type { RetryWaiters } from './rules/waiters.ts';
import type { Yields } from './rules/yield.ts';
import type { Counters } from './store/counters.ts';
import type { DependencyTable } from './store/dependencies.ts';
import type { Groups } from './store/groups.ts';
import type { Lasting } from './store/lasting.ts';
import type { Limits } from './store/limits.ts';
import type { ProblemTable } from './store/problems.ts';
import type { QueueLimits } from './store/queueLimits.ts';
import type { Rates } from './store/rates.ts';
import type { Ring } from './store/ring.ts';
import type { JobRow } from './store/rows.ts';
import type { RunTable } from './store/runs.ts';
import type { Scope } from './store/scope.ts';
import type { JobTable } from './store/statements.ts';
import type { Successes } from './store/successes.ts';
import type { Tx } from './store/tx.ts';
import type { WaitClasses } from './store/waitClasses.ts';
import type { Writer } from './store/writer.ts';
import type { EndedJobs } from './views/ended.ts';
import type { Explain, Hindrance } from './views/explain.ts';
import type { Feed } from './views/feed.ts';
import type { Figures } from './views/figures.ts';
import type { Lists } from './views/list.ts';
import type { ProgressBoard } from './views/progress.ts';
import type { UsualTime } from './views/usual.ts';

export interface QueueOptions {
	readonly db: Sqlite;
	readonly clock: Clock;
	/** In [0, 1). */
	readonly random: () => number;
	readonly newId: () => string;
	/** Changes with every boot of the machine. */
	readonly boot: string;
	/** A job that ran during this many unclean deaths of the daemon in one boot is tried alone, then fails. */
	readonly aloneAfterDeaths: number;
	/** Processor cores of the machine; the default limits follow from it. */
	readonly cores: number;
	/** Size of a log that is being written, bytes. */
	readonly liveLogBytes: (id: string) => number | undefined;
	/** Slots taken now, in all or of one queue. */
	readonly occupied: Occupied;
	/** What keeps every job from starting just now; scheduling knows. */
	readonly hindrance: () => Hindrance | undefined;
	/** Hears that jobs are on their way to the next commit. */
	readonly arriving?: () => void;
	readonly conditions: Conditions;
	readonly payloads: PayloadStore;
	readonly workers: Workers;
	/** What the caps of runs may come to together, of 1,048,576 bytes; undefined: without bound. */
	readonly roomMB: () => number | undefined;
	/** What is to run when jobs end. */
	readonly hooks: () => readonly Hook[];
	/** Whether a run's processes can be made to stand still here. */
	readonly canPauseRuns: () => boolean;
	/** Makes room on a full disk, for what ends work; false where that was done already. */
	readonly freeReserve: () => boolean;
	/** Children that a stop, a pause or a resume deals with in one group. */
	readonly sweepRows?: number;
	/** Of one hook so many fall due in a minute; what ends beyond that is one more. */
	readonly hookStarts?: number;
	/** SQLite says that the file is broken; it can only be set aside by a new start. */
	readonly damaged: (sentence: string) => void;
	/** Hears of each group before it is committed, and may write with it. */
	readonly committing?: (tx: Tx) => void;
	/** Hears of each group that was committed: how long it took, and how many rows it had. */
	readonly commitTook?: (ms: number, rows: number) => void;
}

export interface QueueParts {
	readonly db: Sqlite;
	readonly writer: Writer;
	readonly table: JobTable;
	readonly runs: RunTable;
	readonly problems: ProblemTable;
	readonly successes: Successes;
	readonly claims: Claims;
	readonly classes: WaitClasses;
	readonly conditions: Conditions;
	readonly events: Events;
	readonly yields: Yields;
	readonly limits: Limits;
	readonly groups: Groups;
	readonly rates: Rates;
	readonly room: Room;
	readonly queueLimits: QueueLimits;
	readonly counters: Counters;
	readonly lasting: Lasting;
	readonly figures: Figures;
	readonly ended: EndedJobs;
	readonly ring: Ring;
	readonly lists: Lists;
	readonly due: DueWork;
	readonly transitions: Transitions;
	readonly enqueue: Enqueue;
	readonly finishRun: FinishRun;
	readonly becomeReady: BecomeReady;
	readonly retry: Retry;
	readonly handOver: HandOver;
	readonly retryWaiters: RetryWaiters;
	readonly dependencies: DependencyTable;
	readonly update: Update;
	readonly questions: Questions;
	readonly checkpoints: Checkpoints;
	readonly pauses: Pauses;
	readonly removal: Removal;
	readonly sweeps: Sweeps;
	readonly board: ProgressBoard;
	readonly feed: Feed;
	readonly arriving: () => void;
	readonly explain: Explain;
	readonly usual: UsualTime;
	/** With a scope it names no job outside. */
	readonly toWire: (row: JobRow, scope?: Scope) => Job;
	readonly occupied: Occupied;
	readonly workers: Workers;
	readonly payloads: PayloadStore;
	/** Commits what is waiting, then refuses; the database stays open for its owner to close. */
	readonly close: () => Promise<void>;
}
