/** What clients ask of jobs: the queue's answers to `job/*` and `queue/*`. */
import { SemanticaError } from '../../shared/errors.ts';
import { isFinished, JOB_STATES, type Job } from '../../shared/job.ts';
import type { Counts, Explanation, ManyResult, Targets } from '../../shared/protocol/jobs.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { QueueInfo } from '../../shared/protocol/system.ts';
import { stateName } from './codes.ts';
import type { Enqueued, PreparedJob } from './enqueue.ts';
import { EVERYTHING } from './limits.ts';
import type { QueueParts } from './parts.ts';
import { wireBytes } from './rows.ts';
import { changeMany, type ManyChange, type Meant } from './targets.ts';

export interface JobRequests {
	/** Takes over the pins of the payloads. */
	enqueue(jobs: readonly PreparedJob[]): Promise<Enqueued[]>;
	/** @throws SemanticaError NOT_FOUND */
	get(id: string): Result<'job/get'>;
	/** @throws SemanticaError NOT_FOUND */
	explain(id: string): Explanation;
	/** The jobs of these ids, until they take so many bytes on the wire; at least one is looked at. */
	find(ids: Iterable<string>, maxBytes: number): Found;
	/** @throws SemanticaError NOT_FOUND or PAYLOAD_LOST */
	payload(params: Params<'job/payload'>): Promise<Result<'job/payload'>>;
	/** Ends early, with a cursor, where more would take too many bytes on the wire. */
	list(params: Params<'job/list'>, maxBytes?: number): Result<'job/list'>;
	cancel(targets: Targets): Promise<ManyResult>;
	retry(targets: Targets): Promise<Result<'job/retry'>>;
	pause(targets: Targets): Promise<ManyResult>;
	resume(targets: Targets): Promise<ManyResult>;
	runNow(targets: Targets): Promise<ManyResult>;
	remove(targets: Targets): Promise<ManyResult>;
	/** Resolves with how many waiting jobs the event released. `workspace` is canonical, or '' for everywhere. */
	emit(name: string, workspace: string): Promise<number>;
	counts(): Counts;
	/** Whether everything is paused. */
	paused(): boolean;
	queues(): Result<'queue/list'>;
	updateQueue(params: Params<'queue/update'>): Promise<Result<'queue/update'>>;
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

const OPEN = JOB_STATES.filter((state) => !isFinished(state));
const FINISHED = JOB_STATES.filter(isFinished);
/** What "retry all" means: what ended without doing its work. */
const UNDONE = ['failed', 'cancelled', 'expired'] as const;

export function createJobRequests(parts: QueueParts): JobRequests {
	const { writer, table, lists, limits, counters, toWire, occupied } = parts;

	function many(targets: Targets, meant: Meant, change: ManyChange['change']) {
		return changeMany(writer, table, lists, { targets, meant, change });
	}

	function queueInfo(name: string): QueueInfo {
		const { concurrency, paused } = limits.of(name);
		const counts = counters.queue(name);
		return { name, concurrency, paused, queued: counts.queued, running: occupied(name) };
	}

	return {
		enqueue(jobs) {
			// A job is refused before anything is changed for it; with several, the first ones are already in.
			const undo = jobs.length === 1 ? 'without' : 'savepoint';
			const enqueued = writer.submit((tx) => parts.enqueue(tx, jobs), jobs.length, undo);
			const stored = jobs.map((job) => job.payload).filter((payload) => payload !== null);
			if (stored.length === 0) return enqueued;
			return enqueued.finally(() => parts.payloads.release(stored));
		},
		get(id) {
			const row = table.need(id);
			return {
				job: toWire(row),
				runs: parts.runs.of(row.generation),
				explanation: parts.explain(row),
			};
		},
		explain: (id) => parts.explain(table.need(id)),
		find(ids, maxBytes) {
			const found: Found = { jobs: [], missing: [], looked: [] };
			let bytes = 0;
			for (const id of ids) {
				const row = table.byId(id);
				bytes += row === undefined ? id.length : wireBytes(row);
				if (bytes > maxBytes && found.looked.length > 0) break;
				found.looked.push(id);
				if (row === undefined) found.missing.push(id);
				else found.jobs.push(toWire(row));
			}
			return found;
		},
		payload: async ({ id, offset, maxBytes }) =>
			parts.payloads.read(table.need(id).generation, offset, maxBytes),
		list(params, maxBytes = PAGE_BYTES) {
			const { rows, nextCursor, total } = lists.list(params, maxBytes);
			return { jobs: rows.map(toWire), nextCursor, total };
		},
		cancel: (targets) =>
			many(targets, { states: OPEN }, (tx, row) => {
				const state = stateName(row.state);
				if (isFinished(state)) throw new SemanticaError('CONFLICT', `it is already ${state}`);
				parts.transitions.requestStop(tx, row, 'cancel');
			}),
		async retry(targets) {
			const jobs: Result<'job/retry'>['jobs'] = [];
			const result = await many(targets, { states: UNDONE }, (tx, row) => {
				const id = parts.retry(tx, row);
				if (id !== null) jobs.push({ id, retryOf: row.id });
			});
			return { ...result, jobs };
		},
		pause: (targets) => many(targets, { states: OPEN, held: false }, parts.pauses.pause),
		resume: (targets) => many(targets, { states: OPEN, held: true }, parts.pauses.resume),
		runNow: (targets) => many(targets, { states: ['queued', 'paused'] }, parts.pauses.runNow),
		remove: (targets) => many(targets, { states: FINISHED }, parts.removal.remove),
		emit: (name, workspace) => writer.submit((tx) => parts.events.emit(tx, name, workspace)),
		counts: () => counters.all(),
		paused: () => limits.of(EVERYTHING).paused,
		queues() {
			const names = new Set(['default', 'index', ...counters.queues(), ...limits.names()]);
			return {
				global: { ...limits.of(EVERYTHING), running: occupied() },
				queues: [...names].sort().map(queueInfo),
			};
		},
		async updateQueue({ name, concurrency, paused }) {
			const change = {
				...(concurrency === undefined ? {} : { concurrency }),
				...(paused === undefined ? {} : { paused }),
			};
			const updated = await writer.submit((tx) => limits.update(tx, name, change));
			return { name, ...updated };
		},
	};
}
