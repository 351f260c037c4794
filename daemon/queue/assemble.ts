/** The queue put together: every part with what it needs. Requests and dispatch are its two faces. */
import type { Job } from '../../shared/job.ts';
import type { QueueOptions, QueueParts } from './parts.ts';
import { createCheckpoints } from './rules/checkpoints.ts';
import { createClaims } from './rules/claims.ts';
import { createConditionsOf } from './rules/conditionsOf.ts';
import { createDueWork } from './rules/due.ts';
import { createEnqueue } from './rules/enqueue.ts';
import { createEvents } from './rules/events.ts';
import { createFinishRun } from './rules/finish.ts';
import { createPoisonGuard } from './rules/guard.ts';
import { createHandOver } from './rules/handOver.ts';
import { createHooks } from './rules/hooks.ts';
import { createInserter } from './rules/insert.ts';
import { createPauses } from './rules/pause.ts';
import { createQuestions } from './rules/questions.ts';
import { createBecomeReady } from './rules/readiness.ts';
import { createRemoval } from './rules/remove.ts';
import { createRetry } from './rules/retry.ts';
import { createRoom } from './rules/room.ts';
import { createSubjects } from './rules/subjects.ts';
import { createSweeps } from './rules/sweep.ts';
import { createTransitions } from './rules/transitions.ts';
import { createUpdate } from './rules/update.ts';
import { createRelease, createRetryWaiters } from './rules/waiters.ts';
import { createYields } from './rules/yield.ts';
import { createCheckpointer } from './store/checkpoint.ts';
import { createChildTable } from './store/children.ts';
import { STATE } from './store/codes.ts';
import { createCounters } from './store/counters.ts';
import { createDependencyTable } from './store/dependencies.ts';
import { createGroups } from './store/groups.ts';
import { createLasting } from './store/lasting.ts';
import { createLimits, EVERYTHING } from './store/limits.ts';
import { createProblemTable } from './store/problems.ts';
import { createQueueLimits } from './store/queueLimits.ts';
import { createRates } from './store/rates.ts';
import { createRemovedKeys } from './store/removedKeys.ts';
import { createRing } from './store/ring.ts';
import { type JobRow, toJob } from './store/rows.ts';
import { createRunTable } from './store/runs.ts';
import type { Scope } from './store/scope.ts';
import { createJobTable } from './store/statements.ts';
import { createSuccesses } from './store/successes.ts';
import { createSweepTable } from './store/sweeps.ts';
import type { Tx } from './store/tx.ts';
import { createWaitClasses } from './store/waitClasses.ts';
import { tellWaitMoves } from './store/waiting.ts';
import { Writer } from './store/writer.ts';
import { createEndedJobs } from './views/ended.ts';
import { createWithinScope } from './views/endTold.ts';
import { createExplain } from './views/explain.ts';
import { createFeed } from './views/feed.ts';
import { createFigures } from './views/figures.ts';
import { createLists } from './views/list.ts';
import { ProgressBoard } from './views/progress.ts';
import { createProgressKeeper } from './views/progressKeeper.ts';
import { createUsualTime } from './views/usual.ts';

/** Most groups end by their time. */
const SWEEP_ROWS = 1000;
const HOOK_STARTS = 30;

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
			checkpoint(effects.changed.length);
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
