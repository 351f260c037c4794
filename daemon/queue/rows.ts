/** jobs.db rows and their form on the wire. */
import type { ChildCounts, Command, Job, Progress, StopReason } from '../../shared/job.ts';
import { STATE, stateName } from './codes.ts';
import { storedSpec } from './storedSpec.ts';

export interface JobRow {
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
	parent: number | null;
	depth: number;
	priority: number;
	spec: string;
	state: number;
	stage: number;
	held: number;
	run_now: number;
	unclean: number;
	unclean_boot: string | null;
	phase: number;
	created_at: number;
	first_trigger: number;
	run_at: number;
	expires_at: number | null;
	started_at: number | null;
	finished_at: number | null;
	attempt: number;
	run: number;
	stop_cause: StopReason | null;
	stop_at: number | null;
	stop_reason: StopReason | null;
	error_code: string | null;
	error_message: string | null;
	exit_code: number | null;
	signal: string | null;
	result: string | null;
	progress: string | null;
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
}

/** What is known of a job only in memory, fresher than its row. */
export interface LiveFacts {
	progress(id: string): Progress | undefined;
	logBytes(id: string): number | undefined;
}

export interface RelatedFacts {
	readonly parentId: string | null;
	readonly children: ChildCounts;
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
		command: spec.command === null ? null : publicCommand(spec.command),
		workspace: row.workspace === '' ? null : row.workspace,
		parentId: related.parentId,
		tag: row.tag,
		runAt: row.run_at,
		ttlMs: spec.ttlMs,
		deadlineAt: spec.deadlineAt,
		timeoutMs: spec.timeoutMs,
		maxAttempts: spec.maxAttempts,
		backoff: spec.backoff,
		retryOn: spec.retryOn === null ? null : [...spec.retryOn],
		restartable: spec.restartable,
		constraints: spec.constraints,
		onConstraintLost: spec.onConstraintLost,
		graceMs: spec.graceMs,
		state: stateName(row.state),
		held: row.held === 1,
		phase: row.state !== STATE.running ? null : row.phase === 1 ? 'children' : 'run',
		stopping: row.state === STATE.running || row.state === STATE.paused ? row.stop_cause : null,
		createdAt: row.created_at,
		startedAt: row.started_at,
		finishedAt: row.finished_at,
		attempt: row.attempt,
		run: row.run,
		progress: live.progress(row.id) ?? parseJson<Progress>(row.progress),
		result: parseJson<Job['result']>(row.result),
		error:
			row.error_code === null
				? null
				: { code: row.error_code, message: row.error_message ?? row.error_code },
		stopReason: row.stop_reason,
		exitCode: row.exit_code,
		signal: row.signal,
		retryOf: row.retry_of,
		children: related.children,
		payload: {
			bytes: row.payload_bytes,
			storage: row.payload_bytes === 0 ? 'none' : row.payload_hash === null ? 'inline' : 'file',
		},
		logBytes: live.logBytes(row.id) ?? row.log_bytes,
	};
}

/** What the fields of a job that are bounded tightly take on the wire, their names included; rather too much. */
const SMALL_FIELDS_BYTES = 2048;

/** About how many bytes the job takes on the wire. */
export function wireBytes(row: JobRow): number {
	const large = [row.spec, row.result, row.progress, row.error_message];
	return large.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), SMALL_FIELDS_BYTES);
}

function publicCommand(command: Command): NonNullable<Job['command']> {
	return {
		command: command.command,
		args: command.args,
		cwd: command.cwd ?? null,
		env: Object.keys(command.env),
		shell: command.shell,
	};
}

export function parseJson<T>(text: string | null): T | null {
	return text === null ? null : (JSON.parse(text) as T);
}
