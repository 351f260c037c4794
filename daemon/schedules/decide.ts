/**
 * What a schedule does at a look at it (docs/design.md section 3): pure, so that suspends, clock jumps and summer
 * time can be played. Missed times are decided first, then overlap for each time that is left.
 */
import { createHash } from 'node:crypto';
import type { Missed, Overlap } from '../../shared/protocol/schedules.ts';
import type { DueTimes } from './times.ts';

export interface ScheduleRules {
	readonly times: DueTimes;
	/** Null unless it is an interval. */
	readonly everyMs: number | null;
	readonly missed: Missed;
	readonly overlap: Overlap;
	readonly jitterMs: number;
	/** Nothing is due before and after; epoch ms. */
	readonly startAt: number | null;
	readonly endAt: number | null;
}

/** Unfinished jobs of the schedule, whoever began them. */
export interface Unfinished {
	readonly queued: number;
	readonly running: number;
}

/** Times in epoch ms, oldest first. */
export interface Decision {
	/** Due times for which a job is enqueued, in this order. */
	readonly fire: readonly number[];
	/** What is unfinished is cancelled first, and the job waits for its end. */
	readonly replace: boolean;
	/** Due times that nothing runs for: missed, or another one was still unfinished. At most MOST_MISSED + 1. */
	readonly missed: number;
	readonly overlapped: number;
	/** Undefined when it never is due again. */
	readonly nextAt: number | undefined;
}

/** What is later than this was not only a busy daemon: it slept, or was not there. */
export const MISSED_AFTER_MS = 60_000;
/** With `missed: all`, so many times are made up for; the count of missed ones ends here too. */
export const MOST_MISSED = 100;

/** The first due time after `time`. */
export function firstDue(rules: ScheduleRules, time: number): number | undefined {
	const from = rules.startAt === null ? time : Math.max(time, rules.startAt - 1);
	const next = rules.times.next(from);
	return next === undefined || (rules.endAt !== null && next > rules.endAt) ? undefined : next;
}

/**
 * When a due time fires: later by its jitter, which is the same however often it is asked for, and never as late as
 * the next due time.
 */
export function fireAt(name: string, rules: ScheduleRules, dueAt: number): number {
	if (rules.jitterMs === 0) return dueAt;
	const gap = (rules.times.next(dueAt) ?? Number.POSITIVE_INFINITY) - dueAt;
	const hash = createHash('sha256').update(`${name}\0${dueAt}`).digest();
	const share = hash.readUInt32BE(0) / 0x1_0000_0000;
	return dueAt + Math.floor(share * Math.min(rules.jitterMs, gap));
}

/**
 * @param nextAt The next due time as it was kept.
 * @param unfinished Asked only when something is to fire.
 * @returns undefined when nothing is due.
 */
export function decide(
	name: string,
	rules: ScheduleRules,
	nextAt: number,
	now: number,
	unfinished: () => Unfinished,
): Decision | undefined {
	const fires = (dueAt: number) => fireAt(name, rules, dueAt);
	if (fires(nextAt) > now) {
		const { everyMs, jitterMs, startAt } = rules;
		if (everyMs === null || nextAt <= now + everyMs + jitterMs) return undefined;
		// Not the clock: it has not begun yet.
		if (startAt !== null && nextAt <= startAt) return undefined;
		// The clock was set back: an interval is never further away than it is long.
		return { ...NOTHING, nextAt: Math.max(now + everyMs, startAt ?? 0) };
	}
	const until = rules.endAt === null ? now : Math.min(now, rules.endAt);
	const due = [nextAt, ...since(rules.times, nextAt, until)];
	// The last ones may still be held by their jitter.
	while (due.length > 1 && fires(due.at(-1) ?? 0) > now) due.pop();
	const last = due.at(-1) ?? nextAt;
	const wanted = notMissed(rules.missed, due, now - fires(last) > MISSED_AFTER_MS);
	const left = afterOverlap(rules, wanted, unfinished);
	return {
		fire: left.fire,
		replace: left.replace,
		missed: due.length - wanted.length,
		overlapped: wanted.length - left.fire.length,
		nextAt: firstDue(rules, last),
	};
}

/** What became due after `time`, oldest first. Mostly nothing, and that is cheap to know. */
function since(times: DueTimes, time: number, until: number): number[] {
	const next = times.next(time);
	if (next === undefined || next > until) return [];
	return times.newest(time, until, MOST_MISSED + 1).reverse();
}

const NOTHING = { fire: [], replace: false, missed: 0, overlapped: 0 } as const;

/** One that is on time makes up for those before it. */
function notMissed(missed: Missed, due: readonly number[], lastIsLate: boolean): readonly number[] {
	switch (missed) {
		case 'skip':
			return lastIsLate ? [] : due.slice(-1);
		case 'once':
			return due.slice(-1);
		case 'all':
			return due.slice(-MOST_MISSED);
	}
}

function afterOverlap(
	{ overlap, missed }: ScheduleRules,
	wanted: readonly number[],
	unfinished: () => Unfinished,
): { fire: readonly number[]; replace: boolean } {
	if (wanted.length === 0) return { fire: [], replace: false };
	const { queued, running } = unfinished();
	switch (overlap) {
		case 'skip':
			return { fire: queued + running > 0 ? [] : wanted, replace: false };
		case 'replace':
			return { fire: wanted, replace: queued + running > 0 };
		case 'queue': {
			// One more waits than runs, or what is to be made up for.
			const room = missed === 'all' ? MOST_MISSED - queued : 1 - queued;
			return { fire: wanted.slice(0, Math.max(0, room)), replace: false };
		}
	}
}
