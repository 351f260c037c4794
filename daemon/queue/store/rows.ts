/** jobs.db rows and their form on the wire. */
import type { Cost } from '../../../shared/cost.ts';
import { parseExactly } from '../../../shared/exactNumbers.ts';
import { type ChildCounts, type Job, type Progress, shownCommand } from '../../../shared/job.ts';
import type { StopReason } from '../../../shared/jobTerms.ts';
import type { ProblemSummary } from '../../../shared/problems.ts';
import type { Question } from '../../../shared/question.ts';
import { STAGE, STATE, stateName } from './codes.ts';
import { type Dependency, needOf } from './dependencies.ts';
import { storedSpec } from './storedSpec.ts';

/** Null where the machine did not tell. */
export interface CostColumns {
	cpu_ms: number | null;
	peak_memory: number | null;
	read_bytes: number | null;
	written_bytes: number | null;
}

export interface JobRow extends CostColumns {
	generation: number;
	id: string;
	type: string;
	title: string;
	queue: string;
	workspace: string;
	subject: string | null;
	key: string | null;
	spec_hash: string | null;
	tag: string | null;
	/** '' is none. */
	group_name: string;
	group_limit: number | null;
	parent: number | null;
	depth: number;
	priority: number;
	spec: string;
	state: number;
	stage: number;
	held: number;
	/** 1: a person must approve it before its first start. */
	approval: number;
	run_now: number;
	unclean: number;
	unclean_boot: string | null;
	acquitted: number;
	/** How often the process of its worker died while it ran. */
	worker_deaths: number;
	/** 1: only children are left of it · 2: it waits for a person without its slot. */
	phase: number;
	/** JSON of a Question; only while it is open. */
	question: string | null;
	created_at: number;
	first_trigger: number;
	run_at: number;
	wait: number | null;
	expires_at: number | null;
	started_at: number | null;
	/** Of the run that goes on, or was the last; and whether it was in any. */
	ready_at: number | null;
	was_ready: number;
	finished_at: number | null;
	attempt: number;
	run: number;
	/** In a row. */
	restarts: number;
	stop_cause: StopReason | null;
	stop_at: number | null;
	stop_reason: StopReason | null;
	error_code: string | null;
	error_message: string | null;
	exit_code: number | null;
	signal: string | null;
	result: string | null;
	progress: string | null;
	/** JSON of a ProblemSummary. */
	problems: string | null;
	/** 1: a person asked for it, so it runs even where nothing changed. */
	always_run: number;
	/** 1: its run has ended well, and what it would be recorded with is kept. */
	hashed: number;
	unchanged_since: string | null;
	retry_of: string | null;
	payload_bytes: number;
	payload_hash: Buffer | null;
	log_bytes: number;
	own_class: number;
	class: number;
	on_lost: number;
	max_wait: number | null;
	waive_at: number | null;
	event: string | null;
	yielded: string | null;
	swept: number;
	again_at: number | null;
	/** Its conditions on other jobs, and how many of them do not hold (yet). */
	after_count: number;
	after_open: number;
	/** Generation of the newer job of its subject that took its place. */
	replaced_by: number | null;
	origin: string;
	/** Where a schedule began it, or what it is a retry of. */
	due_at: number | null;
}

/** What is known of a job only in memory, fresher than its row. */
export interface LiveFacts {
	progress(id: string): Progress | undefined;
	logBytes(id: string): number | undefined;
}

export interface RelatedFacts {
	readonly parentId: string | null;
	readonly children: ChildCounts;
	readonly after: readonly Dependency[];
}

export function toJob(row: JobRow, related: RelatedFacts, live: LiveFacts): Job {
	const spec = storedSpec(row);
	return {
		id: row.id,
		generation: row.generation,
		type: row.type,
		title: row.title,
		queue: row.queue,
		subject: row.subject,
		supersede: spec.supersede,
		debounceMs: spec.debounceMs,
		maxDelayMs: spec.maxDelayMs,
		key: row.key,
		priority: row.priority,
		command: spec.command === null ? null : shownCommand(spec.command),
		workspace: row.workspace === '' ? null : row.workspace,
		parentId: related.parentId,
		tag: row.tag,
		group: row.group_name === '' ? null : row.group_name,
		groupLimit: row.group_limit,
		after: related.after.map(({ target_id, needs, holds }) => ({
			id: target_id,
			on: needOf(needs),
			holds: holds === null ? null : holds === 1,
		})),
		runAt: row.run_at,
		ttlMs: spec.ttlMs,
		deadlineAt: spec.deadlineAt,
		timeoutMs: spec.timeoutMs,
		ready: spec.ready,
		restart: spec.restart,
		leaveBehind: spec.leaveBehind,
		pty: spec.pty,
		limits: spec.limits,
		maxAttempts: spec.maxAttempts,
		backoff: spec.backoff,
		retryOn: spec.retryOn === null ? null : [...spec.retryOn],
		restartable: spec.restartable,
		constraints: spec.constraints,
		onConstraintLost: spec.onConstraintLost,
		graceMs: spec.graceMs,
		skipIfUnchanged: spec.skipIfUnchanged,
		unchangedSince: row.unchanged_since,
		errors: spec.errors === null ? null : [...spec.errors],
		notify: spec.notify,
		state: stateName(row.state),
		held: row.held === 1,
		needsApproval: row.approval === 1,
		phase: row.state !== STATE.running ? null : row.phase === 1 ? 'children' : 'run',
		stopping: row.stage === STAGE.ended ? null : row.stop_cause,
		createdAt: row.created_at,
		startedAt: row.started_at,
		readyAt: row.ready_at,
		finishedAt: row.finished_at,
		attempt: row.attempt,
		run: row.run,
		restarts: row.restarts,
		question: parseJson<Question>(row.question),
		progress: live.progress(row.id) ?? parseJson<Progress>(row.progress),
		result: row.result === null ? null : (parseExactly(row.result) as Job['result']),
		error:
			row.error_code === null
				? null
				: { code: row.error_code, message: row.error_message ?? row.error_code },
		stopReason: row.stop_reason,
		problems: parseJson<ProblemSummary>(row.problems),
		exitCode: row.exit_code,
		signal: row.signal,
		retryOf: row.retry_of,
		origin: row.origin,
		cost: costOf(row),
		children: related.children,
		payload: {
			bytes: row.payload_bytes,
			storage: row.payload_bytes === 0 ? 'none' : row.payload_hash === null ? 'inline' : 'file',
		},
		logBytes: live.logBytes(row.id) ?? row.log_bytes,
	};
}

export function costOf(row: CostColumns): Cost | null {
	const cost = {
		cpuMs: row.cpu_ms,
		peakMemoryBytes: row.peak_memory,
		readBytes: row.read_bytes,
		writtenBytes: row.written_bytes,
	};
	return Object.values(cost).every((value) => value === null) ? null : cost;
}

/** What the fields of a job that are bounded tightly take on the wire, their names included; rather too much. */
const SMALL_FIELDS_BYTES = 2048;
const CONDITION_BYTES = 100;

/** About how many bytes the job takes on the wire. */
export function wireBytes(row: JobRow): number {
	const large = [row.spec, row.result, row.progress, row.error_message, row.question, row.problems];
	const small = SMALL_FIELDS_BYTES + CONDITION_BYTES * row.after_count;
	return large.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), small);
}

export function parseJson<T>(text: string | null): T | null {
	return text === null ? null : (JSON.parse(text) as T);
}
