/** Jobs elsewhere in the form that every face knows: the specification from the envelope, the rest as the queue last said it. */
import { type Job, jobSpecSchema, progressSchema, shownCommand } from '../../shared/job.ts';
import type { JobState } from '../../shared/jobTerms.ts';
import type { LogSpan } from '../../shared/protocol/logs.ts';
import { needSchema } from './needs.ts';
import { envelopeOf, sharedOf } from './outbox.ts';
import { NEVER_MS, SHARED, type SharedJob } from './port.ts';
import { believe } from './report.ts';
import type { SentRow } from './table.ts';

export interface MirrorOptions {
	readonly fleet: string;
	/** Keys of machines that are believed, base64. */
	readonly keys: readonly string[];
	readonly machineName: (id: string) => string | undefined;
}

const STATES: Readonly<Record<number, JobState>> = {
	[SHARED.begun]: 'running',
	[SHARED.lost]: 'running',
	[SHARED.succeeded]: 'succeeded',
	[SHARED.failed]: 'failed',
	[SHARED.cancelled]: 'cancelled',
	[SHARED.superseded]: 'superseded',
	[SHARED.expired]: 'expired',
};

const NOTHING = {
	generation: 0,
	type: 'command',
	subject: null,
	supersede: 'none' as const,
	debounceMs: 0,
	maxDelayMs: 0,
	key: null,
	command: null,
	workspace: null,
	parentId: null,
	tag: null,
	group: null,
	groupLimit: null,
	after: [],
	ttlMs: null,
	deadlineAt: null,
	timeoutMs: null,
	ready: null,
	leaveBehind: false,
	pty: false,
	errors: null,
	skipIfUnchanged: null,
	unchangedSince: null,
	problems: null,
	restart: null,
	restarts: 0,
	limits: null,
	maxAttempts: 1,
	backoff: { baseMs: 1000, factor: 2, maxMs: 300_000, jitter: 0.25 },
	retryOn: null,
	constraints: null,
	onConstraintLost: 'finish' as const,
	graceMs: 5000,
	notify: 'never' as const,
	held: false,
	needsApproval: false,
	phase: null,
	readyAt: null,
	question: null,
	retryOf: null,
	cost: null,
	children: {},
	exitCode: null,
	signal: null,
	result: null,
	error: null,
	stopReason: null,
	logBytes: 0,
	payload: { bytes: 0, storage: 'none' as const },
};

/** One that somebody else asked for: no more than all may see. */
export function jobOfOthers(job: SharedJob, options: MirrorOptions): Job {
	const isPaused = job.state === SHARED.begun && job.paused === true;
	const state = isPaused ? 'paused' : (STATES[job.state] ?? 'queued');
	return {
		...NOTHING,
		id: job.id,
		title: job.title,
		queue: 'fleet',
		priority: job.priority,
		runAt: isHeld(job) ? job.created : (job.runAt ?? job.created),
		held: isPaused || isHeld(job),
		restartable: job.restartable,
		state,
		stopping: job.stopping && (state === 'running' || isPaused) ? 'cancel' : null,
		createdAt: job.created,
		startedAt: job.begunAt,
		finishedAt: job.endedAt,
		attempt: job.fence,
		run: job.fence,
		progress: null,
		origin: `fleet/${job.from ?? 'somebody who left'}`,
		machine: job.machine ?? targetOf(job.need, options),
	};
}

/** One that this machine asked for. */
export function mirroredJob(row: SentRow, options: MirrorOptions): Job {
	const { spec, need, payload } = envelopeOf(row);
	const full = jobSpecSchema.parse(spec);
	const shared = sharedOf(row);
	const base = shared === undefined ? undefined : jobOfOthers(shared, options);
	const job: Job = {
		...NOTHING,
		queue: 'fleet',
		priority: full.priority ?? 0,
		restartable: full.restartable ?? false,
		state: 'queued',
		stopping: null,
		startedAt: null,
		attempt: 0,
		run: 0,
		...base,
		progress: progressOf(shared),
		id: row.id,
		title: row.title,
		command: full.command === undefined ? null : shownAt(shownCommand(full.command), row),
		key: full.key ?? null,
		subject: full.subject ?? null,
		ttlMs: full.ttlMs ?? null,
		deadlineAt: full.deadlineAt ?? null,
		timeoutMs: full.timeoutMs ?? null,
		maxAttempts: full.maxAttempts ?? 1,
		backoff: full.backoff ?? NOTHING.backoff,
		retryOn: full.retryOn ?? null,
		constraints: full.constraints ?? null,
		graceMs: full.graceMs ?? NOTHING.graceMs,
		notify: full.notify ?? 'never',
		runAt: full.runAt ?? row.created_at,
		createdAt: row.created_at,
		finishedAt: row.ended_at,
		workspace: row.workspace,
		held: row.needs_approval === 1 || base?.held === true,
		needsApproval: row.needs_approval === 1,
		origin: row.origin ?? 'fleet',
		machine: base?.machine ?? targetOf(need, options),
		payload: { bytes: payload?.bytes ?? 0, storage: 'none' },
	};
	if (row.cancelling === 1 && row.ended_at === null) return { ...job, stopping: 'cancel' };
	return row.ended_at === null ? job : ended(row, job, shared, options);
}

/** Of what a tool asked for a person sees the place, too: they approve what is written there. */
function shownAt<C extends { cwd: string | null }>(command: C, row: SentRow): C {
	if (row.origin === null) return command;
	const { place } = envelopeOf(row);
	const { cwd } = command;
	if (place.kind === 'repo') return { ...command, cwd: [place.repo, cwd ?? ''].join(':') };
	return place.kind === 'home' ? { ...command, cwd: ['~', cwd ?? ''].join('/') } : command;
}

function ended(row: SentRow, job: Job, shared: SharedJob | undefined, options: MirrorOptions): Job {
	if (row.coming_back === 2) {
		const message = `It came back to this machine as ${row.refused}.`;
		return { ...job, state: 'superseded', error: { code: 'MOVED', message } };
	}
	if (shared === undefined && row.cancelling !== 0) {
		return { ...job, state: 'cancelled', stopReason: 'cancel' };
	}
	if (shared === undefined) {
		const message = `It was not delivered: ${row.refused ?? 'the shared queue refused it'}.`;
		return { ...job, state: 'failed', error: { code: 'REFUSED', message } };
	}
	if (shared.state < SHARED.succeeded) {
		const message = `Its end is not known here: ${row.refused ?? 'the shared queue was left'}. It may still run.`;
		return { ...job, state: 'failed', error: { code: 'UNVERIFIED', message } };
	}
	// Nobody ran it, or nobody can say: what the queue decided by itself.
	if (shared.report == null && shared.state !== SHARED.succeeded) {
		return { ...job, ...withoutReport(shared) };
	}
	const { report, why } = believe(shared, row.tail, envelopeOf(row).need, options);
	if (report === undefined) {
		const told = shared.state === SHARED.succeeded ? 'succeeded' : 'ended otherwise';
		return {
			...job,
			state: 'failed',
			error: {
				code: 'UNVERIFIED',
				message: `Unverified outcome: the shared queue says that it ${told}, but ${why}. Compare "semantica fleet key" on that machine with "semantica fleet status" here, then: semantica fleet accept KEY`,
			},
		};
	}
	const { exitCode, signal, error, stopReason, startedAt, attempt, run, result, cost, logBytes } =
		report;
	return {
		...job,
		exitCode,
		signal,
		error,
		stopReason,
		startedAt: startedAt ?? job.startedAt,
		finishedAt: report.finishedAt,
		attempt,
		run,
		result,
		cost,
		logBytes,
		state: STATES[report.state] ?? 'failed',
	};
}

/** Who wrote what of the end of its log, as its runner says. */
export function tailSpans(row: SentRow, options: MirrorOptions): readonly LogSpan[] {
	const shared = sharedOf(row);
	if (shared === undefined || row.ended_at === null) return [];
	return believe(shared, row.tail, envelopeOf(row).need, options).report?.spans ?? [];
}

function withoutReport({ state, reason, machine }: SharedJob): Partial<Job> {
	const where = machine ?? 'The machine that ran it';
	if (state === SHARED.cancelled) return { stopReason: 'cancel' };
	if (state === SHARED.expired) return { stopReason: 'ttl' };
	if (reason === 'poison') {
		const message = 'Two machines vanished while it ran, so it is not run again.';
		return { stopReason: 'poison', error: { code: 'POISON', message } };
	}
	const message = `${where} did not say what became of it, and it may not simply be run again (it is not restartable).`;
	return { stopReason: 'interrupted', error: { code: 'INTERRUPTED', message } };
}

function progressOf(shared: SharedJob | undefined): Job['progress'] {
	const parsed = progressSchema.safeParse(shared?.progress);
	return parsed.success ? parsed.data : null;
}

/** It waits, and was told not to begin. */
export function isHeld({ state, runAt }: SharedJob): boolean {
	return state < SHARED.succeeded && state !== SHARED.begun && runAt !== null && runAt >= NEVER_MS;
}

function targetOf(need: unknown, { machineName }: MirrorOptions): string {
	const parsed = needSchema.safeParse(need);
	if (!parsed.success) return 'another machine';
	const { on, pool } = parsed.data;
	if (on !== undefined) return machineName(on) ?? 'another machine';
	return `pool ${pool}`;
}
