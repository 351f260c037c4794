/** A schedule in words: what it does next, what it did last, and what it did not. */
import type { Schedule, ScheduleWhen } from './protocol/schedules.ts';

const UNITS = [
	['d', 86_400_000],
	['h', 3_600_000],
	['min', 60_000],
	['s', 1000],
] as const;
const DAY = 86_400_000;

/** `0 3 * * *`, `every 1 h 30 min`, `once, 2026-12-01 09:00`. */
export function whenText(when: ScheduleWhen, timezone: string): string {
	if ('cron' in when) return when.cron;
	if ('everyMs' in when) return `every ${lengthText(when.everyMs)}`;
	return `once, ${dayAndTime(when.at, timezone)}`;
}

/** `next in 6 h; last ran 03:00, succeeded; missed 2 while asleep or not running, ran once` */
export function explainSchedule(schedule: Schedule, now: number): string {
	const { last, missedTimes: missed, overlapped, lastError } = schedule;
	return [
		nextText(schedule, now),
		...(last === null ? [] : [lastText(last, schedule.timezone, now)]),
		...(missed === null ? [] : [missedText(missed)]),
		...(overlapped === 0
			? []
			: [`passed ${timesText(overlapped)} because the one before was unfinished`]),
		...(lastError === null
			? []
			: [`refused ${timeText(lastError.at, schedule.timezone, now)}: ${lastError.message}`]),
	].join('; ');
}

function nextText({ enabled, nextAt, firesAt }: Schedule, now: number): string {
	if (!enabled) return 'paused';
	if (nextAt === null) return 'will not be due again';
	const distance = (firesAt ?? nextAt) - now;
	return distance < 1000 ? 'due now' : `next in ${distanceText(distance)}`;
}

function lastText(last: NonNullable<Schedule['last']>, timezone: string, now: number): string {
	const at = timeText(last.dueAt, timezone, now);
	if (last.state === null) return `last ran ${at}`;
	if (last.finishedAt !== null) return `last ran ${at}, ${last.state}`;
	return last.state === 'queued'
		? `that of ${at} waits to start`
		: `that of ${at} is ${last.state}`;
}

function missedText({ count, ran }: NonNullable<Schedule['missedTimes']>): string {
	// More are not counted.
	const times = count > 100 ? 'more than 100' : String(count);
	const made = ran === 0 ? 'ran none of them' : `ran ${timesText(ran)}`;
	return `missed ${times} while the machine slept or the daemon was not there, ${made}`;
}

function timesText(count: number): string {
	return count === 1 ? 'once' : `${count} times`;
}

/** The largest unit alone: `6 h`, `3 d`, `12 min`. */
function distanceText(ms: number): string {
	const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? (['s', 1000] as const);
	return `${Math.floor(ms / size)} ${unit}`;
}

/** All of it: `1 h 30 min`. */
function lengthText(ms: number): string {
	const parts: string[] = [];
	let rest = ms;
	for (const [unit, size] of UNITS) {
		const count = Math.floor(rest / size);
		if (count > 0) parts.push(`${count} ${unit}`);
		rest -= count * size;
	}
	if (rest > 0) parts.push(`${rest} ms`);
	return parts.join(' ');
}

/** The time alone within a day, in the schedule's zone. */
function timeText(at: number, timezone: string, now: number): string {
	const text = dayAndTime(at, timezone);
	return Math.abs(now - at) < DAY ? text.slice('YYYY-MM-DD '.length) : text;
}

export function dayAndTime(at: number, timezone: string): string {
	try {
		// The Swedish way of writing is the sortable one.
		return new Intl.DateTimeFormat('sv-SE', {
			timeZone: timezone,
			dateStyle: 'short',
			timeStyle: 'short',
		}).format(at);
	} catch {
		// A zone that this Node does not know (any more).
		return new Date(at).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ');
	}
}
