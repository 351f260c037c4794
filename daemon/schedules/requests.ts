/** What clients ask of schedules: the answers to `schedule/*`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SemanticaError } from '../../shared/errors.ts';
import type { JobSpec } from '../../shared/job.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { SCHEDULE_LIMITS, type Schedule } from '../../shared/protocol/schedules.ts';
import type { Firing } from '../queue/firing.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { JobHandlers } from '../queue/ports/handlers.ts';
import type { PreparedJob } from '../queue/rules/enqueue.ts';
import { fireAt, firstDue, type ScheduleRules } from './decide.ts';
import { jobOf, rulesOf, specText, type Timing, toSchedule, whenOf } from './stored.ts';
import type { PutRow, ScheduleRow, ScheduleTable } from './table.ts';

/** After so many a list lets others have a turn. */
const LOOKED_AT_ONCE = 100;
/** What the answers of one page may take. */
const PAGE_BYTES = 4 * 1024 * 1024;

export interface PreparedPut {
	readonly params: Params<'schedule/put'>;
	readonly job: PreparedJob;
}

export interface ScheduleRequests {
	/** Everything that may fail or wait; the payload is stored and pinned. @throws SemanticaError VALIDATION … */
	prepare(params: Params<'schedule/put'>): Promise<PreparedPut>;
	/** Takes over the pin of the payload. */
	put(prepared: PreparedPut): Promise<Result<'schedule/put'>>;
	update(params: Params<'schedule/update'>): Promise<Result<'schedule/update'>>;
	list(params: Params<'schedule/list'>): Promise<Result<'schedule/list'>>;
	remove(params: Params<'schedule/remove'>): Promise<Result<'schedule/remove'>>;
	run(params: Params<'schedule/run'>): Promise<Result<'schedule/run'>>;
	preview(params: Params<'schedule/preview'>): Result<'schedule/preview'>;
	/** Undefined when it is not there. */
	find(name: string): Schedule | undefined;
}

export interface ScheduleRequestsOptions {
	readonly queue: Firing;
	readonly table: ScheduleTable;
	readonly handlers: JobHandlers;
	readonly clock: Clock;
	/** As for a job that is enqueued; pins its payload. */
	readonly prepareJob: (spec: JobSpec) => Promise<PreparedJob>;
	readonly storedBytes: (hash: Buffer) => number;
	/** Inside a transaction: the file has a row from now on. */
	readonly keepFile: (file: { hash: Buffer; bytes: number; stored: number }) => void;
	/** Payload files may be needed no more. */
	readonly tidy: () => void;
	readonly changed: (names: readonly string[]) => void;
}

export function createScheduleRequests(options: ScheduleRequestsOptions): ScheduleRequests {
	const { queue, table, handlers, clock, changed } = options;
	const toWire = (row: ScheduleRow) => toSchedule(row, queue, handlers);

	function need(name: string): ScheduleRow {
		const row = table.byName(name);
		if (row !== undefined) return row;
		throw new SemanticaError(
			'NOT_FOUND',
			`There is no schedule "${name}". "semantica schedule list" shows those that there are.`,
			{ path: 'name' },
		);
	}

	/** A name that is mistyped would hold for ever. */
	function refuseUnknown({ name, spec }: Params<'schedule/put'>): void {
		for (const [n, one] of (spec.after ?? []).entries()) {
			if (!('schedule' in one) || one.schedule === name) continue;
			if (table.byName(one.schedule) !== undefined) continue;
			throw new SemanticaError(
				'NOT_FOUND',
				`There is no schedule "${one.schedule}" to wait for. Put that one first.`,
				{ path: `spec.after[${n}].schedule` },
			);
		}
	}

	function timingOf(
		{ when, startAt, endAt, ...policy }: Omit<Params<'schedule/put'>, 'name' | 'spec' | 'enabled'>,
		now: number,
	): Timing {
		return {
			due: JSON.stringify(when),
			timezone: policy.timezone ?? ownZone(),
			anchor: startAt ?? now,
			missed: policy.missed,
			overlap: policy.overlap,
			jitter_ms: policy.jitterMs,
			start_at: startAt ?? null,
			end_at: endAt ?? null,
		};
	}

	return {
		async prepare(params) {
			refuseContradictions(params);
			const timing = timingOf(params, clock.now());
			const before = table.byName(params.name);
			// One that is over may be put again as it is.
			if (before === undefined || !isSameTiming(before, timing)) {
				refuseNever(rulesOf(timing), params, clock.now());
			}
			const { after: _, ...spec } = params.spec;
			return { params, job: await options.prepareJob(spec) };
		},
		put({ params, job }) {
			const { name, enabled } = params;
			const { payload } = job;
			const put = queue.submit((tx) => {
				const before = table.byName(name);
				if (before === undefined && table.count() >= SCHEDULE_LIMITS.schedules) {
					throw new SemanticaError(
						'CONFLICT',
						`There are ${SCHEDULE_LIMITS.schedules} schedules already. Remove some first.`,
					);
				}
				refuseUnknown(params);
				const timing = timingOf(params, tx.now);
				const isSame = before !== undefined && isSameTiming(before, timing);
				const kept = isSame ? { ...timing, anchor: before.anchor } : timing;
				const stays = isSame && before.enabled === 1 && enabled;
				const place = payload?.place;
				if (place?.kind === 'file') {
					const { digest: hash, stored } = place;
					options.keepFile({ hash, bytes: payload?.bytes ?? 0, stored });
				}
				const row: PutRow = {
					name,
					spec: specText(job, params.spec.after ?? []),
					workspace: job.workspace,
					sparing: job.sparing ? 1 : 0,
					payload: place?.kind === 'inline' ? place.data : null,
					payload_hash: place?.kind === 'file' ? place.digest : null,
					payload_bytes: payload?.bytes ?? 0,
					...kept,
					every_ms: 'everyMs' in params.when ? params.when.everyMs : null,
					enabled: enabled ? 1 : 0,
					...(enabled
						? nextOf(name, kept, stays ? before.next_at : firstAfter(kept, tx.now))
						: NEVER),
					created_at: tx.now,
					changed_at: tx.now,
				};
				table.put(row);
				tx.wake();
				return before;
			});
			return put
				.then((before) => {
					changed([name]);
					if (before?.payload_hash) options.tidy();
					return { schedule: toWire(need(name)), created: before === undefined };
				})
				.finally(() => {
					if (payload !== null) queue.payloads.release([payload]);
				});
		},
		async update({ name, enabled }) {
			await queue.submit((tx) => {
				const row = need(name);
				if ((row.enabled === 1) === enabled) return;
				table.look({
					...row,
					enabled: enabled ? 1 : 0,
					// Pausing looks at no time: they may not be computable any more.
					...(enabled ? nextOf(name, row, firstAfter(row, tx.now)) : NEVER),
					changed_at: tx.now,
				});
				tx.wake();
			});
			changed([name]);
			return { schedule: toWire(need(name)) };
		},
		async list({ name, after, limit }) {
			if (name !== undefined) return { schedules: [toWire(need(name))], next: null };
			const rows = table.page(after ?? '', limit + 1);
			const schedules: Schedule[] = [];
			let bytes = 0;
			for (const row of rows.slice(0, limit)) {
				bytes += Buffer.byteLength(row.spec) + Buffer.byteLength(row.error_message ?? '') + 1024;
				if (bytes > PAGE_BYTES && schedules.length > 0) break;
				schedules.push(toWire(row));
				if (schedules.length % LOOKED_AT_ONCE === 0) await nextTurn();
			}
			const more = schedules.length < rows.length;
			return { schedules, next: more ? (schedules.at(-1)?.name ?? null) : null };
		},
		async remove({ name }) {
			const row = await queue.submit((tx) => {
				const found = need(name);
				table.remove(name);
				tx.wake();
				return found;
			});
			changed([name]);
			if (row.payload_hash !== null) options.tidy();
			return {};
		},
		async run({ name }) {
			const begun = await queue.submit((tx) => {
				const row = need(name);
				const stored = row.payload_hash === null ? 0 : options.storedBytes(row.payload_hash);
				// A person wants it now, as one who starts it.
				const { job, after } = jobOf(row, handlers, stored);
				return queue.begin(tx, { ...job, sparing: false }, { name, dueAt: tx.now, after });
			});
			changed([name]);
			return { id: begun.id, state: begun.state };
		},
		preview({ count, ...asked }) {
			refuseContradictions(asked);
			const policy = { missed: 'once', overlap: 'skip', jitterMs: 0 } as const;
			const timing = timingOf({ ...asked, ...policy }, clock.now());
			const rules = rulesOf(timing);
			refuseNever(rules, asked, clock.now());
			const times: number[] = [];
			let time = firstDue(rules, clock.now());
			while (time !== undefined && times.length < count) {
				times.push(time);
				time = firstDue(rules, time);
			}
			return { times, timezone: timing.timezone };
		},
		find(name) {
			const row = table.byName(name);
			return row && toWire(row);
		},
	};
}

function ownZone(): string {
	return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function firstAfter(timing: Timing, now: number): number | null {
	return firstDue(rulesOf(timing), now) ?? null;
}

const NEVER = { next_at: null, fire_at: null };

function nextOf(name: string, timing: Timing, next: number | null) {
	if (next === null) return NEVER;
	return { next_at: next, fire_at: fireAt(name, rulesOf(timing), next) };
}

/** Where an interval began to count stays with it. */
function isSameTiming(row: ScheduleRow, timing: Timing): boolean {
	return (
		JSON.stringify(whenOf(row)) === timing.due &&
		row.timezone === timing.timezone &&
		row.start_at === timing.start_at &&
		row.end_at === timing.end_at
	);
}

function refuseContradictions(
	params: Pick<Params<'schedule/put'>, 'startAt' | 'endAt'> &
		Partial<Pick<Params<'schedule/put'>, 'missed' | 'overlap'>>,
): void {
	const { startAt, endAt, missed, overlap } = params;
	if (startAt !== undefined && endAt !== undefined && endAt < startAt) {
		throw new SemanticaError('VALIDATION', 'The schedule would end before it starts.', {
			path: 'endAt',
		});
	}
	if (missed === 'all' && overlap !== 'queue') {
		throw new SemanticaError(
			'VALIDATION',
			'To make up for all missed times, one after the other, overlap must be "queue".',
			{ path: 'missed' },
		);
	}
}

function refuseNever(
	rules: ScheduleRules,
	{ when, endAt }: Pick<Params<'schedule/put'>, 'when' | 'endAt'>,
	now: number,
): void {
	if (firstDue(rules, now) !== undefined) return;
	if (endAt !== undefined && endAt <= now) {
		throw new SemanticaError('VALIDATION', 'The end of the schedule is over already.', {
			path: 'endAt',
		});
	}
	const isOver = 'at' in when && when.at <= now;
	throw new SemanticaError(
		'VALIDATION',
		isOver
			? 'That time is over already. Name one that is to come.'
			: 'Nothing is due between the start and the end of the schedule, so it would never run.',
		{ path: isOver ? 'when.at' : 'when' },
	);
}
