/** Between a schedule's row and what the rules, the queue and clients know of it. */
import { SemanticaError } from '../../shared/errors.ts';
import type { JobSpec } from '../../shared/job.ts';
import {
	type Schedule,
	type ScheduledAfter,
	type ScheduledSpec,
	type ScheduleWhen,
	scheduledSpecSchema,
} from '../../shared/protocol/schedules.ts';
import type { Firing } from '../queue/firing.ts';
import type { JobHandlers } from '../queue/ports/handlers.ts';
import type { StoredPayload } from '../queue/ports/payloadStore.ts';
import type { PreparedJob } from '../queue/rules/enqueue.ts';
import type { ScheduleRules } from './decide.ts';
import type { ScheduleRow } from './table.ts';
import { dueTimes } from './times.ts';

/** What belongs to the session of whoever made the schedule, and is gone when it fires. */
const OF_A_SESSION = ['SSH_AUTH_SOCK', 'XDG_RUNTIME_DIR', 'TMPDIR'];

export type Timing = Pick<
	ScheduleRow,
	'due' | 'timezone' | 'anchor' | 'missed' | 'overlap' | 'jitter_ms' | 'start_at' | 'end_at'
>;

/** @throws SemanticaError VALIDATION where its times cannot be computed */
export function rulesOf(row: Timing): ScheduleRules {
	const when = whenOf(row);
	return {
		times: dueTimes({ when, timezone: row.timezone, anchor: row.anchor }),
		everyMs: 'everyMs' in when ? when.everyMs : null,
		missed: row.missed,
		overlap: row.overlap,
		jitterMs: row.jitter_ms,
		startAt: row.start_at,
		endAt: row.end_at,
	};
}

export function whenOf({ due }: Pick<ScheduleRow, 'due'>): ScheduleWhen {
	return JSON.parse(due) as ScheduleWhen;
}

/** The specification as it is kept: its payload is kept beside it. */
export function specText({ spec }: PreparedJob, after: readonly ScheduledAfter[]): string {
	const { payload: _payload, payloadFile: _file, surroundings, ...prepared } = spec;
	const rest = after.length === 0 ? prepared : { ...prepared, after };
	if (surroundings === undefined) return JSON.stringify(rest);
	const lasting = Object.entries(surroundings.env).filter(([name]) => !OF_A_SESSION.includes(name));
	return JSON.stringify({
		...rest,
		surroundings: { ...surroundings, env: Object.fromEntries(lasting) },
	});
}

export interface ScheduledJob {
	readonly job: PreparedJob;
	/** What it waits for, as it is written. */
	readonly after: readonly ScheduledAfter[];
}

/**
 * A job of the schedule, to be enqueued. Nothing on the disk is looked at.
 * @throws SemanticaError VALIDATION where this daemon does not take the specification any more
 */
export function jobOf(row: ScheduleRow, handlers: JobHandlers, stored: number): ScheduledJob {
	const parsed = scheduledSpecSchema.safeParse(JSON.parse(row.spec));
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		throw invalidSince(`${issue?.path.join('.') ?? 'spec'}: ${issue?.message ?? 'is not valid'}`);
	}
	const { after = [], ...spec } = parsed.data;
	const handler = handlers.get(spec.type);
	if (handler === undefined)
		throw invalidSince(`the job type "${spec.type}" is not known any more`);
	const job: PreparedJob = {
		handler,
		workspace: row.workspace,
		sparing: row.sparing === 1,
		payload: payloadOf(row, stored),
		specHash: null,
		// Those of one schedule run one after the other.
		spec: {
			...spec,
			subject: spec.subject ?? `schedule/${row.name}`,
			supersede: spec.supersede ?? (spec.subject === undefined ? 'none' : 'queued'),
		},
	};
	return { job, after };
}

/** Of one due time: it is the same job however often it is asked for. */
export function jobOfTime(job: PreparedJob, name: string, dueAt: number): PreparedJob {
	const spec: JobSpec = { ...job.spec, key: `schedule/${name}/${dueAt}` };
	return { ...job, spec, specHash: `schedule/${name}` };
}

function invalidSince(why: string): SemanticaError {
	return new SemanticaError(
		'VALIDATION',
		`The specification of this schedule has become invalid since: ${why}. Put the schedule anew.`,
	);
}

/** @param stored Length of the payload's file. */
function payloadOf(row: ScheduleRow, stored: number): StoredPayload | null {
	const bytes = row.payload_bytes;
	if (row.payload_hash !== null) {
		return { bytes, place: { kind: 'file', digest: row.payload_hash, stored } };
	}
	return row.payload === null ? null : { bytes, place: { kind: 'inline', data: row.payload } };
}

export function toSchedule(
	row: ScheduleRow,
	queue: Pick<Firing, 'unfinished' | 'stateOf'>,
	handlers: JobHandlers,
): Schedule {
	const spec = JSON.parse(row.spec) as ScheduledSpec;
	const { command } = spec;
	return {
		name: row.name,
		spec: {
			type: spec.type,
			title: spec.title ?? spec.type,
			queue: spec.queue ?? handlers.get(spec.type)?.defaults.queue ?? 'default',
			workspace: row.workspace === '' ? null : row.workspace,
			subject: spec.subject ?? null,
			tag: spec.tag ?? null,
			priority: spec.priority ?? 0,
			command:
				command === undefined
					? null
					: {
							command: command.command,
							args: command.args,
							cwd: command.cwd ?? null,
							env: Object.keys(command.env),
							shell: command.shell,
						},
			after: spec.after ?? [],
			payloadBytes: row.payload_bytes,
		},
		when: whenOf(row),
		timezone: row.timezone,
		missed: row.missed,
		overlap: row.overlap,
		jitterMs: row.jitter_ms,
		startAt: row.start_at,
		endAt: row.end_at,
		enabled: row.enabled === 1,
		createdAt: row.created_at,
		changedAt: row.changed_at,
		nextAt: row.next_at,
		firesAt: row.fire_at,
		unfinished: queue.unfinished(row.name),
		last: lastOf(row, queue),
		missedTimes:
			row.missed_count === null
				? null
				: { count: row.missed_count, ran: row.missed_ran ?? 0, at: row.missed_at ?? 0 },
		overlapped: row.overlapped,
		lastError:
			row.error_code === null
				? null
				: { code: row.error_code, message: row.error_message ?? '', at: row.error_at ?? 0 },
	};
}

function lastOf(row: ScheduleRow, queue: Pick<Firing, 'stateOf'>): Schedule['last'] {
	if (row.last_job === null) return null;
	const found = queue.stateOf(row.last_job);
	return {
		dueAt: row.last_due ?? 0,
		firedAt: row.last_at ?? 0,
		jobId: row.last_job,
		state: found?.state ?? null,
		finishedAt: found?.finishedAt ?? null,
	};
}
