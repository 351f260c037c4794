/** What clients ask of jobs: the queue's answers to `job/*`, and with them those about queues. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SemanticaError } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import { isFinished, JOB_STATES, type JobState } from '../../shared/jobTerms.ts';
import type { Explanation, ManyResult, RetryTargets, Targets } from '../../shared/protocol/jobs.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Question } from '../../shared/question.ts';
import type { QueueParts } from './parts.ts';
import { createQueueRequests, type QueueRequests } from './queueRequests.ts';
import type { Asker, Enqueued, PreparedJob } from './rules/enqueue.ts';
import type { Leaving } from './rules/handOver.ts';
import type { Answer } from './rules/questions.ts';
import { type Readiness, readinessOf } from './rules/readiness.ts';
import type { RoomState } from './rules/room.ts';
import { stateName } from './store/codes.ts';
import { type JobRow, parseJson, wireBytes } from './store/rows.ts';
import { isInScope, type Scope } from './store/scope.ts';
import { noSuchJob } from './store/statements.ts';
import { changeMany, isOneGo, type ManyChange, type Meant } from './targets.ts';

export interface JobRequests extends QueueRequests {
	/** Set while a request of many jobs is half made: what is read meanwhile may not be told before this resolves. */
	settled(): Promise<void> | undefined;
	/** Takes over the pins of the payloads. */
	enqueue(jobs: readonly PreparedJob[], by: Asker): Promise<Enqueued[]>;
	/** With a scope it names no job outside. @throws SemanticaError NOT_FOUND */
	get(id: string, scope?: Scope): Result<'job/get'>;
	/** What its last run reported. @throws SemanticaError NOT_FOUND */
	problems(id: string): Result<'job/errors'>;
	/** What the caps of runs take of the machine's memory; undefined where nothing bounds them. */
	room(): RoomState | undefined;
	/** What the job usually takes, where that is known. */
	usual(id: string): { readonly usualMs?: number };
	/** With a scope it names no job outside. @throws SemanticaError NOT_FOUND */
	explain(id: string, scope?: Scope): Explanation;
	/** The jobs of these ids, until they take so many bytes on the wire; at least one is looked at. With a scope none names a job outside. */
	find(ids: Iterable<string>, maxBytes: number, scope?: Scope): Found;
	/** Whether there is such a job, and it belongs to these folders. */
	isInScope(id: string, scope: Scope): boolean;
	/** Who asked for it. @throws SemanticaError NOT_FOUND */
	originOf(id: string): string;
	/** @throws SemanticaError NOT_FOUND */
	logFacts(id: string): LogFacts;
	/** Undefined where there is no such job. */
	standing(id: string): Standing | undefined;
	/** @throws SemanticaError NOT_FOUND by path, as in `ids[3]` */
	standings(ids: readonly string[]): Standing[];
	/** @throws SemanticaError NOT_FOUND */
	readiness(id: string): Readiness;
	/** When it asked its person what is open still, epoch ms; undefined where it asks nothing. */
	askedAt(id: string): number | undefined;
	/** The last of those that retries by hand made of it, one of the other; itself where there is none. */
	successor(id: string): string;
	/** @throws SemanticaError NOT_FOUND or PAYLOAD_LOST */
	payload(params: Params<'job/payload'>): Promise<Result<'job/payload'>>;
	/** Ends early, with a cursor, where more would take too many bytes on the wire. */
	page(params: Params<'job/list'>, scope?: Scope): Promise<Result<'job/list'>>;
	/** The same at once, for filters that an index leads to: by state, and state and workspace. */
	list(params: Params<'job/list'>, maxBytes?: number, scope?: Scope): Result<'job/list'>;
	/** Whether these are changed at once, or piece by piece. */
	isOneGo(targets: Targets | Params<'job/update'>): boolean;
	cancel(targets: Targets): Promise<ManyResult>;
	retry(targets: RetryTargets): Promise<Result<'job/retry'>>;
	/** A waiting job as it could be asked for elsewhere. @throws SemanticaError NOT_FOUND, or CONFLICT with the reason why it stays */
	leaving(id: string): Leaving;
	/**
	 * Ends it here in the commit in which `keep` keeps it elsewhere, and names it there.
	 * @throws SemanticaError CONFLICT where it is not any more what was looked at
	 */
	handOver(id: string, stamp: string, keep: () => string): Promise<void>;
	pause(targets: Targets): Promise<ManyResult>;
	resume(targets: Targets): Promise<ManyResult>;
	runNow(targets: Targets): Promise<ManyResult>;
	/** @throws SemanticaError NOT_FOUND, CONFLICT */
	approve(id: string): Promise<Job>;
	/** The first answer wins. @throws SemanticaError NOT_FOUND, CONFLICT, VALIDATION */
	answer(id: string, answer: Answer, scope?: Scope): Promise<Job>;
	update(params: Params<'job/update'>): Promise<Result<'job/update'>>;
	remove(targets: Targets): Promise<ManyResult>;
	/** Resolves with how many waiting jobs the event released. `workspace` is canonical, or '' for everywhere. */
	emit(name: string, workspace: string): Promise<number>;
}

/** As little of a job as waiting for it needs. */
export interface Standing {
	readonly state: JobState;
	readonly parentId: string | null;
}

/** As little of a job as reading its log needs. */
export interface LogFacts {
	readonly finished: boolean;
	/** Produced by its runs so far, as far as it is written down. */
	readonly bytes: number;
	/** When its first run began, else when it was asked for; epoch ms. */
	readonly began: number;
}

/** Jobs as clients see them. */
export interface Found {
	readonly jobs: Job[];
	/** Ids of jobs that are not kept. */
	readonly missing: string[];
	/** Ids that were come to. */
	readonly looked: string[];
}

/** Far below what a frame may have: commands are long only now and then. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** Requests of so many jobs and more let others have turns while they are made. */
const IN_STEPS = 100;

/** After so many a look at many lets others have a turn. */
const LOOKED_AT_ONCE = 100;

const OPEN = JOB_STATES.filter((state) => !isFinished(state));
const FINISHED = JOB_STATES.filter(isFinished);
/** What "retry all" means: what ended without doing its work. */
const UNDONE = ['failed', 'cancelled', 'expired'] as const;

export function createJobRequests(parts: QueueParts): JobRequests {
	const { writer, table, lists, toWire } = parts;

	function many(targets: Targets, meant: Meant, change: ManyChange['change'], ends = false) {
		const { settle } = parts.sweeps;
		return changeMany(writer, table, lists, { targets, meant, settle, change, ends });
	}

	function standingOf({ state, parent }: JobRow): Standing {
		return { state: stateName(state), parentId: parent === null ? null : table.idOf(parent) };
	}

	/** With those that were retried, also those that ended because of them, and so on; in groups. */
	async function retryWaiters(
		retried: number[],
		jobs: { readonly id: string; readonly retryOf: string }[],
	): Promise<void> {
		for (const [n, target] of retried.entries()) {
			if (n % LOOKED_AT_ONCE === LOOKED_AT_ONCE - 1) await nextTurn();
			let after: number | undefined = parts.dependencies.isAwaited(target) ? 0 : undefined;
			while (after !== undefined) {
				const from = after;
				const group = await writer.submit((tx) => parts.retryWaiters(tx, target, from));
				for (const { id, retryOf, generation } of group.jobs) {
					jobs.push({ id, retryOf });
					retried.push(generation);
				}
				after = group.after;
			}
		}
	}

	/** A job is refused before anything is changed for it; with several, the first ones are already in. */
	function submitted(jobs: readonly PreparedJob[], by: Asker): Promise<Enqueued[]> {
		if (jobs.length >= IN_STEPS) {
			return writer.submitSteps((tx) => parts.enqueue.inSteps(tx, jobs, by), jobs.length);
		}
		const undo = jobs.length === 1 ? 'without' : 'savepoint';
		return writer.submit((tx) => parts.enqueue(tx, jobs, by), jobs.length, undo);
	}

	return {
		settled: () => writer.settled(),
		enqueue(jobs, by) {
			const enqueued = submitted(jobs, by);
			// What is written in steps has a transaction of its own.
			if (jobs.length < IN_STEPS) parts.arriving();
			const stored = jobs.map((job) => job.payload).filter((payload) => payload !== null);
			if (stored.length === 0) return enqueued;
			return enqueued.finally(() => parts.payloads.release(stored));
		},
		get(id, scope) {
			const row = table.need(id);
			return {
				job: toWire(row, scope),
				runs: parts.runs.of(row.generation),
				explanation: parts.explain(row, scope),
			};
		},
		problems: (id) => parts.problems.of(table.need(id)),
		room: () => parts.room.state(),
		usual: (id) => parts.usual(table.need(id)),
		explain: (id, scope) => parts.explain(table.need(id), scope),
		find(ids, maxBytes, scope) {
			const found: Found = { jobs: [], missing: [], looked: [] };
			let bytes = 0;
			for (const id of ids) {
				const row = table.byId(id);
				bytes += row === undefined ? id.length : wireBytes(row);
				if (bytes > maxBytes && found.looked.length > 0) break;
				found.looked.push(id);
				if (row === undefined) found.missing.push(id);
				else found.jobs.push(toWire(row, scope));
			}
			return found;
		},
		isInScope(id, scope) {
			const row = table.byId(id);
			return row !== undefined && isInScope(row, scope);
		},
		originOf: (id) => table.need(id).origin,
		logFacts(id) {
			const { state, log_bytes, started_at, created_at } = table.logOf(id);
			const finished = isFinished(stateName(state));
			return { finished, bytes: log_bytes, began: started_at ?? created_at };
		},
		standing(id) {
			const row = table.byId(id);
			return row === undefined ? undefined : standingOf(row);
		},
		standings: (ids) =>
			ids.map((id, index) => {
				const row = table.byId(id);
				if (row === undefined) throw noSuchJob(id, `ids[${index}]`);
				return standingOf(row);
			}),
		readiness: (id) => readinessOf(table.need(id)),
		askedAt(id) {
			const question = table.byId(id)?.question ?? null;
			return parseJson<Question>(question)?.askedAt;
		},
		successor(id) {
			let last = id;
			for (let next = table.successorOf(last); next !== undefined; next = table.successorOf(last)) {
				last = next;
			}
			return last;
		},
		payload: async ({ id, offset, maxBytes }) =>
			parts.payloads.read(table.need(id).generation, offset, maxBytes),
		async page(params, scope) {
			const { rows, nextCursor, total } = await lists.listInSteps(params, PAGE_BYTES, scope);
			return { jobs: rows.map((row) => toWire(row, scope)), nextCursor, total };
		},
		list(params, maxBytes = PAGE_BYTES, scope?: Scope) {
			const { rows, nextCursor, total } = lists.list(params, maxBytes, scope);
			return { jobs: rows.map((row) => toWire(row, scope)), nextCursor, total };
		},
		isOneGo,
		cancel(targets) {
			writer.hurry();
			const cancel: ManyChange['change'] = (tx, row) => {
				const state = stateName(row.state);
				if (isFinished(state)) throw new SemanticaError('CONFLICT', `it is already ${state}`);
				parts.transitions.requestStop(tx, row, 'cancel');
			};
			return many(targets, { states: OPEN }, cancel, true).catch((error: unknown) => {
				throw stoppedAllTheSame(error);
			});
		},
		async retry({ dependents = true, ...targets }) {
			const jobs: Result<'job/retry'>['jobs'] = [];
			const retried: number[] = [];
			const result = await many(targets, { states: UNDONE }, (tx, row) => {
				const id = parts.retry(tx, row);
				if (id === null) return;
				jobs.push({ id, retryOf: row.id });
				retried.push(row.generation);
			});
			if (dependents) await retryWaiters(retried, jobs);
			// One that was asked for by itself may have had to wait for what it depends on.
			const done = new Set(jobs.map(({ retryOf }) => retryOf));
			const skipped = result.skipped.filter(({ id }) => !done.has(id));
			const count = result.count + result.skipped.length - skipped.length;
			const skippedCount = result.skippedCount - result.skipped.length + skipped.length;
			return { count, skipped, skippedCount, jobs };
		},
		leaving: (id) => parts.handOver.look(table.need(id)),
		handOver: (id, stamp, keep) =>
			writer.submit((tx) =>
				parts.handOver.leave(tx, parts.sweeps.settle(tx, table.need(id)), stamp, keep),
			),
		pause(targets) {
			writer.hurry();
			return many(targets, { states: OPEN, held: false }, parts.pauses.pause);
		},
		resume: (targets) => many(targets, { states: OPEN, held: true }, parts.pauses.resume),
		runNow: (targets) => many(targets, { states: ['queued', 'paused'] }, parts.pauses.runNow),
		async approve(id) {
			table.need(id);
			const { skipped } = await many({ ids: [id] }, { states: ['queued'] }, parts.pauses.approve);
			const [refused] = skipped;
			if (refused !== undefined) throw new SemanticaError('CONFLICT', sentence(refused.reason));
			return toWire(table.need(id));
		},
		async answer(id, answer, scope) {
			// What was done on the way, as a stop that was coming for it, stands all the same.
			const refused = await writer.submit((tx) =>
				parts.questions.answer(tx, parts.sweeps.settle(tx, table.need(id)), answer),
			);
			if (refused !== undefined) throw refused;
			return toWire(table.need(id), scope);
		},
		async update(params) {
			const targets = 'ids' in params ? { ids: params.ids } : { filter: params.filter };
			const result = await many(targets, { states: ['queued'] }, (tx, row) =>
				parts.update(tx, row, params),
			);
			const kindOf = (id: string) => (table.byId(id) === undefined ? 'NOT_FOUND' : 'CONFLICT');
			const skipped = result.skipped.map(
				({ id, reason }) => ({ id, kind: kindOf(id), reason }) as const,
			);
			return { ...result, skipped };
		},
		remove: (targets) => many(targets, { states: FINISHED }, parts.removal.remove),
		emit: (name, workspace) => writer.submit((tx) => parts.events.emit(tx, name, workspace)),
		...createQueueRequests(parts),
	};
}

/** What runs is stopped whether or not that can be kept: scheduling/activeRuns.ts. */
function stoppedAllTheSame(error: unknown): unknown {
	if (!(error instanceof SemanticaError) || error.kind !== 'STORE') return error;
	const sentence = `${error.message} What runs of them is being stopped all the same; what waits still waits.`;
	return new SemanticaError('STORE', sentence, error.data);
}

/** Of the reason for which a job was skipped. */
function sentence(reason: string): string {
	return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}
