/**
 * Fires what is due. Of one schedule its due times and the jobs they begin are one operation of the queue's writer, so
 * a daemon that is killed has done both or neither (docs/design.md section 3).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { ScheduledAfter } from '../../shared/protocol/schedules.ts';
import type { Firing } from '../queue/firing.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { JobHandlers } from '../queue/ports/handlers.ts';
import type { Tx } from '../queue/store/tx.ts';
import { type Decision, decide, fireAt, MOST_MISSED, type ScheduleRules } from './decide.ts';
import { jobOf, jobOfTime, rulesOf } from './stored.ts';
import type { DueName, LookRow, ScheduleRow, ScheduleTable } from './table.ts';

/** Jobs begun in one group at the most, so that others have their turn. */
const BATCH = 100;
/** After the store refused: long enough not to spin. */
const RETRY_MS = 1000;

export interface Fire {
	/** Fires a batch of what is due; true when there is more. */
	fire(): Promise<boolean>;
	/** Epoch ms of the next due time; undefined when time brings nothing. */
	nextTime(): number | undefined;
}

export interface FireOptions {
	readonly queue: Pick<Firing, 'submit' | 'begin' | 'unfinished' | 'cancelOthers'>;
	readonly table: ScheduleTable;
	readonly handlers: JobHandlers;
	readonly clock: Clock;
	/** Length of a payload's file. */
	readonly storedBytes: (hash: Buffer) => number;
	/** False while the daemon drains. */
	readonly fires: () => boolean;
	readonly changed: (names: readonly string[]) => void;
	readonly warn: (sentence: string) => void;
}

export function createFire(options: FireOptions): Fire {
	const { queue, table, handlers, clock, warn } = options;
	/** The store refused: not before then; monotonic ms. */
	let notBefore = Number.NEGATIVE_INFINITY;

	/**
	 * What becomes of it by one look; undefined where nothing was due after all.
	 * @param refusal Why what it would begin was refused before.
	 */
	function look(tx: Tx, name: string, refusal: unknown): LookRow | undefined {
		const row = table.byName(name);
		if (row === undefined || row.next_at === null) return undefined;
		let rules: ScheduleRules;
		try {
			rules = rulesOf(row);
		} catch (error) {
			// Its zone may be unknown to another Node. Nothing can be said of when it is due.
			return { ...row, next_at: null, fire_at: null, ...failure(tx, error) };
		}
		const decision = decide(name, rules, row.next_at, tx.now, () => queue.unfinished(name));
		if (decision === undefined) {
			const firesAt = fireAt(name, rules, row.next_at);
			return firesAt === row.fire_at ? undefined : { ...row, fire_at: firesAt };
		}
		const next = decision.nextAt ?? null;
		return {
			...row,
			...begin(tx, row, decision, refusal),
			next_at: next,
			fire_at: next === null ? null : fireAt(name, rules, next),
		};
	}

	function begin(
		tx: Tx,
		row: ScheduleRow,
		{ fire, replace, missed, overlapped }: Decision,
		refusal: unknown,
	): Partial<LookRow> {
		// The clock was set back: it was not looked at for its own sake.
		if (fire.length + missed + overlapped === 0) return {};
		const passed: Partial<LookRow> = {
			missed_count: missed === 0 ? null : missed,
			missed_ran: missed === 0 ? null : fire.length,
			missed_at: missed === 0 ? null : tx.now,
			overlapped: fire.length === 0 ? row.overlapped + overlapped : 0,
		};
		if (refusal !== undefined) return { ...passed, ...failure(tx, refusal) };
		if (fire.length === 0) return passed;
		const stored = row.payload_hash === null ? 0 : options.storedBytes(row.payload_hash);
		const { job, after } = jobOf(row, handlers, stored);
		let last: Partial<LookRow> = {};
		for (const dueAt of fire) {
			const by = { name: row.name, dueAt, after };
			const begun = queue.begin(tx, jobOfTime(job, row.name, dueAt), by);
			if (begun.existing) continue;
			if (replace) queue.cancelOthers(tx, row.name, begun.id);
			last = { last_due: dueAt, last_at: tx.now, last_job: begun.id };
		}
		return { ...passed, ...last, error_code: null, error_message: null, error_at: null };
	}

	function lookAt(name: string, refusal?: unknown): Promise<boolean> {
		return queue.submit((tx) => {
			const looked = look(tx, name, refusal);
			if (looked === undefined) return false;
			table.look(looked);
			return true;
		});
	}

	/** What is refused once would be refused for ever: that time has passed. What the store refuses comes again. */
	function fireOne(name: string): Promise<boolean> {
		return lookAt(name).catch((error: unknown) => {
			if (isOfTheStore(error)) throw error;
			return lookAt(name, error);
		});
	}

	return {
		async fire() {
			if (!options.fires() || clock.monotonic() < notBefore) return false;
			const due = inOrder(batchOf(table.due(clock.now(), BATCH)));
			if (due.length === 0) return false;
			const outcomes = await Promise.allSettled(due.map(({ name }) => fireOne(name)));
			const fired = due.filter((_, i) => {
				const outcome = outcomes[i];
				return outcome?.status === 'fulfilled' && outcome.value;
			});
			if (fired.length > 0) options.changed(fired.map(({ name }) => name));
			const refused = outcomes.find((outcome) => outcome.status === 'rejected');
			if (refused !== undefined) {
				warn(`What is due could not be begun yet: ${errorMessage(refused.reason)}`);
				notBefore = clock.monotonic() + RETRY_MS;
				return false;
			}
			await nextTurn();
			return fired.length > 0;
		},
		nextTime() {
			if (!options.fires()) return undefined;
			const now = clock.now();
			const next = table.isAhead(now) ? now : table.nextFire();
			if (next === undefined) return undefined;
			return Math.max(next, now + notBefore - clock.monotonic());
		},
	};
}

/** So many of them that they begin no more jobs than a group may have. */
function batchOf(due: readonly DueName[]): readonly DueName[] {
	let jobs = 0;
	const end = due.findIndex(({ missed }) => {
		jobs += missed === 'all' ? MOST_MISSED : 1;
		return jobs > BATCH;
	});
	return end === -1 ? due : due.slice(0, Math.max(1, end));
}

/** Of those that are due at once: first the ones whose jobs others wait for. */
function inOrder(due: readonly DueName[]): readonly DueName[] {
	const left = new Map(due.map((one) => [one.name, one]));
	const ordered: DueName[] = [];
	const take = (one: DueName): void => {
		if (!left.delete(one.name)) return;
		for (const awaited of JSON.parse(one.after ?? '[]') as ScheduledAfter[]) {
			const first = 'schedule' in awaited ? left.get(awaited.schedule) : undefined;
			if (first !== undefined) take(first);
		}
		ordered.push(one);
	};
	for (const one of due) take(one);
	return ordered;
}

function isOfTheStore(error: unknown): boolean {
	return error instanceof SemanticaError && ['STORE', 'THROTTLED', 'DRAINING'].includes(error.kind);
}

function failure(tx: Tx, error: unknown) {
	return {
		error_code: error instanceof SemanticaError ? error.kind : 'INTERNAL',
		error_message: errorMessage(error),
		error_at: tx.now,
	};
}
