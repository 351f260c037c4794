/** The queue put together: every part with what it needs. Requests and dispatch are its two faces. */

import type { Job } from '../../shared/job.ts';
import type { Hook } from '../../shared/protocol/hooks.ts';
import type { Sqlite } from '../sqlite/open.ts';
import type { Clock } from './ports/clock.ts';
import type { Conditions } from './ports/conditions.ts';
import type { PayloadStore } from './ports/payloadStore.ts';
import type { Workers } from './ports/workers.ts';
import type { Occupied } from './rules/capacity.ts';
import { type Checkpoints, createCheckpoints } from './rules/checkpoints.ts';
import { type Claims, createClaims } from './rules/claims.ts';
import { createConditionsOf } from './rules/conditionsOf.ts';
import { createDueWork, type DueWork } from './rules/due.ts';
import { createEnqueue, type Enqueue } from './rules/enqueue.ts';
import { createEvents, type Events } from './rules/events.ts';
import { createFinishRun, type FinishRun } from './rules/finish.ts';
import { createPoisonGuard } from './rules/guard.ts';
import { createHandOver, type HandOver } from './rules/handOver.ts';
import { createHooks } from './rules/hooks.ts';
import { createInserter } from './rules/insert.ts';
import { createPauses, type Pauses } from './rules/pause.ts';
import { createQuestions, type Questions } from './rules/questions.ts';
import { type BecomeReady, createBecomeReady } from './rules/readiness.ts';
import { createRemoval, type Removal } from './rules/remove.ts';
import { createRetry, type Retry } from './rules/retry.ts';
import { createRoom, type Room } from './rules/room.ts';
import { createSubjects } from './rules/subjects.ts';
import { createSweeps, type Sweeps } from './rules/sweep.ts';
import { createTransitions, type Transitions } from './rules/transitions.ts';
import { createUpdate, type Update } from './rules/update.ts';
import { createRelease, createRetryWaiters, type RetryWaiters } from './rules/waiters.ts';
import { createYields, type Yields } from './rules/yield.ts';
import { createCheckpointer } from './store/checkpoint.ts';
import { createChildTable } from './store/children.ts';
import { STATE } from './store/codes.ts';
import { type Counters, createCounters } from './store/counters.ts';
import { createDependencyTable, type DependencyTable } from './store/dependencies.ts';
import { createGroups, type Groups } from './store/groups.ts';
import { createLasting, type Lasting } from './store/lasting.ts';
import { createLimits, EVERYTHING, type Limits } from './store/limits.ts';
import { createProblemTable, type ProblemTable } from './store/problems.ts';
import { createQueueLimits, type QueueLimits } from './store/queueLimits.ts';
import { createRates, type Rates } from './store/rates.ts';
import { createRemovedKeys } from './store/removedKeys.ts';
import { createRing, type Ring } from './store/ring.ts';
import { type JobRow, toJob } from './store/rows.ts';
import { createRunTable, type RunTable } from './store/runs.ts';
import type { Scope } from './store/scope.ts';
import { createJobTable, type JobTable } from './store/statements.ts';
import { createSuccesses, type Successes } from './store/successes.ts';
import { createSweepTable } from './store/sweeps.ts';
import type { Tx } from './store/tx.ts';
import { createWaitClasses, type WaitClasses } from './store/waitClasses.ts';
import { tellWaitMoves } from './store/waiting.ts';
import { Writer } from './store/writer.ts';
import { createEndedJobs, type EndedJobs } from './views/ended.ts';
import { createWithinScope } from './views/endTold.ts';
import { createExplain, type Explain, type Hindrance } from './views/explain.ts';
import { createFeed, type Feed } from './views/feed.ts';
import { createFigures, type Figures } from './views/figures.ts';
import { createLists, type Lists } from './views/list.ts';
import { ProgressBoard } from './views/progress.ts';
import { createProgressKeeper } from './views/progressKeeper.ts';
import { createUsualTime, type UsualTime } from './views/usual.ts';

/** Most groups end by their time. */
const SWEEP_ROWS = 1000;
const HOOK_STARTS = 30;

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

export function createQueueParts(options: QueueOptions): QueueParts {
	const { db, clock, random, newId, occupied, conditions, payloads, workers } = options;
	const table = createJobTable(db);
	const runs = createRunTable(db);
	const problems = createProblemTable(db);
	const successes = createSuccesses(db);
	const children = createChildTable(db);
	const classes = createWaitClasses(db);
	const subjects = createSubjects(db, classes);
	const events = createEvents(db, subjects);
	const guard = createPoisonGuard({
		db,
		table,
		clock,
		aloneAfter: options.aloneAfterDeaths,
		submit: (operation) => writer.submit(operation),
	});
	const limits = createLimits(db, options.cores);
	const groups = createGroups(db);
	const rates = createRates(db, () => clock.now());
	const queueLimits = createQueueLimits(db);
	const counters = createCounters(db);
	const lasting = createLasting(db);
	let open: Tx | undefined;
	tellWaitMoves(db, (move) => open?.waits(move));
	const lists = createLists(db, table, counters, () => writer.settled());
	const feed = createFeed();

	const checkpoint = createCheckpointer(db);
	const writer = new Writer(db, clock, {
		begun(tx) {
			open = tx;
		},
		...(options.committing === undefined ? {} : { committing: options.committing }),
		...(options.commitTook === undefined ? {} : { took: options.commitTook }),
		committed(effects) {
			counters.apply(effects);
			claims.rangesReady(effects.ready);
			claims.placesFreed(effects.places);
			for (const id of effects.ended) board.close(id);
			const paused = limits.of(EVERYTHING).paused;
			limits.committed();
			feed.effects(effects);
			if (limits.of(EVERYTHING).paused !== paused) feed.touch();
			checkpoint();
		},
		undone() {
			claims.reload();
			classes.forget();
		},
		refused: (orders) => feed.refused(orders),
		freeReserve: options.freeReserve,
		damaged: options.damaged,
	});
	const keeper = createProgressKeeper(db, writer, clock, (id) => board.shown(id));
	const board = new ProgressBoard((id) => {
		keeper.dirty(id);
		feed.changed([id]);
	});

	const checkpoints = createCheckpoints({
		db,
		clock,
		submit: (operation, rows) => writer.submit(operation, rows),
	});
	const keys = createRemovedKeys(db);
	const marks = createSweepTable(db);
	const dependencies = createDependencyTable(db);
	const conditionsOf = createConditionsOf(table, dependencies);
	const inserter = createInserter(db, subjects, dependencies, newId);
	const transitions = createTransitions(
		db,
		table,
		subjects,
		children,
		marks,
		dependencies,
		lasting,
		successes,
		createHooks(db, table, inserter, options.hooks, options.hookStarts ?? HOOK_STARTS),
		(id) => board.shown(id),
		checkpoints,
	);
	const pauses = createPauses(
		db,
		subjects,
		children,
		marks,
		transitions,
		runs,
		options.canPauseRuns,
	);
	const rows = options.sweepRows ?? SWEEP_ROWS;
	const release = createRelease(db, dependencies, conditionsOf, subjects, transitions);
	const sweeps = createSweeps({
		db,
		clock,
		table,
		children,
		marks,
		transitions,
		pauses,
		conditions: dependencies,
		release,
		rows,
	});
	const room = createRoom({
		db,
		classes,
		allowedMB: options.roomMB,
		monotonic: () => clock.monotonic(),
	});
	const claims = createClaims(db, table, children, guard, sweeps, rates, room, options.boot);
	const retry = createRetry({
		db,
		table,
		subjects,
		inserter,
		payloads,
		classes,
		conditionsOf,
		checkpoints,
	});
	const withinScope = createWithinScope(table, dependencies);
	const usual = createUsualTime(db, clock);
	const toWire = (row: JobRow, scope?: Scope): Job => ({
		...toJob(
			scope === undefined ? row : withinScope(row, scope),
			{
				parentId: row.parent === null ? null : table.idOf(row.parent),
				children: children.counts(row.generation),
				after: row.after_count === 0 ? [] : dependencies.of(row.generation),
			},
			{ progress: (id) => board.shown(id), logBytes: options.liveLogBytes },
		),
		...(row.state === STATE.running ? usual(row) : {}),
	});

	const becomeReady = createBecomeReady(db, dependencies, marks);
	keeper.restore(board);
	return {
		db,
		writer,
		table,
		runs,
		problems,
		successes,
		queueLimits,
		claims,
		classes,
		conditions,
		events,
		yields: createYields(db, classes, conditions, transitions),
		limits,
		groups,
		rates,
		room,
		counters,
		lasting,
		figures: createFigures({
			db,
			claims,
			counters,
			limits,
			groups,
			rates,
			room,
			queueLimits,
			classes,
			conditions,
			workers,
			lasting,
			occupied,
		}),
		ended: createEndedJobs(db),
		ring: createRing(db),
		lists,
		feed,
		board,
		transitions,
		arriving: options.arriving ?? (() => {}),
		occupied,
		workers,
		payloads,
		toWire,
		due: createDueWork(db, table, subjects, transitions, events, sweeps, rates, classes, clock),
		enqueue: createEnqueue(
			{
				db,
				table,
				children,
				subjects,
				transitions,
				conditionsOf,
				sweeps,
				keys,
				classes,
				payloads,
				queueLimits,
			},
			inserter,
		),
		finishRun: createFinishRun(
			db,
			table,
			children,
			transitions,
			sweeps,
			runs,
			problems,
			successes,
			becomeReady,
			checkpoints,
			random,
			options.aloneAfterDeaths,
		),
		becomeReady,
		questions: createQuestions(db),
		checkpoints,
		pauses,
		sweeps,
		removal: createRemoval(db, table, children, keys, dependencies, marks, checkpoints),
		update: createUpdate(db, subjects),
		retry,
		handOver: createHandOver(transitions, dependencies, payloads),
		retryWaiters: createRetryWaiters(table, dependencies, sweeps, retry),
		dependencies,
		usual,
		explain: createExplain({
			table,
			claims,
			guard,
			limits,
			groups,
			rates,
			room,
			subjects,
			dependencies,
			classes,
			sweeps,
			conditions,
			workers,
			now: () => clock.now(),
			running: occupied,
			hindrance: options.hindrance,
		}),
		async close() {
			writer.hurry();
			await keeper.flush();
			await checkpoints.flush();
			await writer.close();
		},
	};
}
