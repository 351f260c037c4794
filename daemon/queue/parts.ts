/** The queue put together: every part with what it needs. Requests and dispatch are its two faces. */

import type { Job } from '../../shared/job.ts';
import type { Explanation } from '../../shared/protocol/jobs.ts';
import type { Sqlite } from '../sqlite/open.ts';
import { createCheckpointer } from './checkpoint.ts';
import { createChildTable } from './children.ts';
import { type Claims, createClaims } from './claims.ts';
import type { Clock } from './clock.ts';
import type { Conditions } from './conditions.ts';
import { type Counters, createCounters } from './counters.ts';
import { createDueWork, type DueWork } from './due.ts';
import { createEnqueue, createInserter, type Enqueue } from './enqueue.ts';
import { createEvents, type Events } from './events.ts';
import { createExplain, type Hindrance } from './explain.ts';
import { createFeed, type Feed } from './feed.ts';
import { createFinishRun, type FinishRun } from './finish.ts';
import { createLimits, EVERYTHING, type Limits } from './limits.ts';
import { createLists, type Lists } from './list.ts';
import { createPauses, type Pauses } from './pause.ts';
import type { PayloadStore } from './payloadStore.ts';
import { ProgressBoard } from './progress.ts';
import { createProgressKeeper } from './progressKeeper.ts';
import { createRemoval, type Removal } from './remove.ts';
import { createRetry, type Retry } from './retry.ts';
import { type JobRow, toJob } from './rows.ts';
import { createRunTable, type RunTable } from './runs.ts';
import { createJobTable, type JobTable } from './statements.ts';
import { createSubjects } from './subjects.ts';
import { createTransitions, type Transitions } from './transitions.ts';
import { createWaitClasses, type WaitClasses } from './waitClasses.ts';
import { Writer } from './writer.ts';
import { createYields, type Yields } from './yield.ts';

export interface QueueOptions {
	readonly db: Sqlite;
	readonly clock: Clock;
	/** In [0, 1). */
	readonly random: () => number;
	readonly newId: () => string;
	/** Changes with every boot of the machine. */
	readonly boot: string;
	/** A job that ran during this many unclean deaths of the daemon in one boot runs alone, then fails. */
	readonly aloneAfterDeaths: number;
	/** Processor cores of the machine; the default limits follow from it. */
	readonly cores: number;
	/** Size of a log that is being written, bytes. */
	readonly liveLogBytes: (id: string) => number | undefined;
	/** Slots taken now, in all or of one queue. */
	readonly occupied: (queue?: string) => number;
	/** What keeps every job from starting just now; scheduling knows. */
	readonly hindrance: () => Hindrance | undefined;
	readonly conditions: Conditions;
	readonly payloads: PayloadStore;
	/** Whether a run's processes can be made to stand still here. */
	readonly canPauseRuns: () => boolean;
	/** SQLite says that the file is broken; it can only be set aside by a new start. */
	readonly damaged: (sentence: string) => void;
}

export interface QueueParts {
	readonly db: Sqlite;
	readonly writer: Writer;
	readonly table: JobTable;
	readonly runs: RunTable;
	readonly claims: Claims;
	readonly classes: WaitClasses;
	readonly conditions: Conditions;
	readonly events: Events;
	readonly yields: Yields;
	readonly limits: Limits;
	readonly counters: Counters;
	readonly lists: Lists;
	readonly due: DueWork;
	readonly transitions: Transitions;
	readonly enqueue: Enqueue;
	readonly finishRun: FinishRun;
	readonly retry: Retry;
	readonly pauses: Pauses;
	readonly removal: Removal;
	readonly board: ProgressBoard;
	readonly feed: Feed;
	readonly explain: (row: JobRow) => Explanation;
	readonly toWire: (row: JobRow) => Job;
	readonly occupied: (queue?: string) => number;
	readonly payloads: PayloadStore;
	/** Commits what is waiting, then refuses; the database stays open for its owner to close. */
	readonly close: () => Promise<void>;
}

export function createQueueParts(options: QueueOptions): QueueParts {
	const { db, clock, random, newId, occupied, conditions, payloads } = options;
	const table = createJobTable(db);
	const runs = createRunTable(db);
	const children = createChildTable(db);
	const subjects = createSubjects(db);
	const classes = createWaitClasses(db);
	const events = createEvents(db, subjects);
	const claims = createClaims(db, children, options.boot, options.aloneAfterDeaths);
	const limits = createLimits(db, options.cores);
	const counters = createCounters(db);
	const lists = createLists(db, table, counters);
	const feed = createFeed();

	const checkpoint = createCheckpointer(db);
	const writer = new Writer(
		db,
		clock,
		(effects) => {
			counters.apply(effects.moves);
			claims.rangesReady(effects.ready);
			for (const id of effects.ended) board.close(id);
			const paused = limits.of(EVERYTHING).paused;
			limits.reload();
			feed.effects(effects);
			if (limits.of(EVERYTHING).paused !== paused) feed.touch();
			checkpoint();
		},
		options.damaged,
	);
	const keeper = createProgressKeeper(db, writer, clock, (id) => board.shown(id));
	const board = new ProgressBoard((id) => {
		keeper.dirty(id);
		feed.changed([id]);
	});

	const transitions = createTransitions(db, table, subjects, children, (id) => board.shown(id));
	const inserter = createInserter(db, subjects, newId);
	const toWire = (row: JobRow): Job =>
		toJob(
			row,
			{
				parentId: row.parent === null ? null : table.idOf(row.parent),
				children: children.counts(row.generation),
			},
			{ progress: (id) => board.shown(id), logBytes: options.liveLogBytes },
		);

	keeper.restore(board);
	return {
		db,
		writer,
		table,
		runs,
		claims,
		classes,
		conditions,
		events,
		yields: createYields(db, classes, conditions, transitions),
		limits,
		counters,
		lists,
		feed,
		board,
		transitions,
		occupied,
		payloads,
		toWire,
		due: createDueWork(db, table, subjects, transitions, events),
		enqueue: createEnqueue(
			{ db, table, children, subjects, transitions, classes, payloads },
			inserter,
		),
		finishRun: createFinishRun(db, table, children, transitions, random, options.aloneAfterDeaths),
		pauses: createPauses(db, subjects, children, transitions, options.canPauseRuns),
		removal: createRemoval(db, table, children),
		retry: createRetry(db, table, subjects, inserter, payloads, classes),
		explain: createExplain({
			table,
			claims,
			limits,
			subjects,
			classes,
			conditions,
			now: () => clock.now(),
			running: occupied,
			hindrance: options.hindrance,
		}),
		async close() {
			await keeper.flush();
			await writer.close();
		},
	};
}
