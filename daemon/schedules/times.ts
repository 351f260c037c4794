/**
 * When a schedule is due: cron, an interval, or one time. Croner computes cron times: one that summer time skips is
 * due at the next that exists, one that it repeats is due once; fields that are wildcards or steps mean real time.
 */
import { Cron, type CronOptions } from 'croner';
import { SemanticaError } from '../../shared/errors.ts';
import type { ScheduleWhen } from '../../shared/protocol/schedules.ts';

/** Times of a schedule without jitter, epoch ms. */
export interface DueTimes {
	/** The first after `time`. */
	next(time: number): number | undefined;
	/** At most `limit` of those in (after, until], newest first. */
	newest(after: number, until: number, limit: number): number[];
}

export interface DueOptions {
	readonly when: ScheduleWhen;
	/** IANA name. */
	readonly timezone: string;
	/** Where an interval begins to count, epoch ms. */
	readonly anchor: number;
}

const CRON_OPTIONS: CronOptions = {
	mode: '5-or-6-parts',
	// "0,30 2 * * *" is a time of day as much as "30 2 * * *" is.
	fixedTimeRule: 'no-wildcard',
	paused: true,
};
const FIELDS = ['second', 'minute', 'hour', 'day of month', 'month', 'day of week'] as const;

/** @throws SemanticaError VALIDATION with `path` `when.cron` or `timezone`. */
export function dueTimes({ when, timezone, anchor }: DueOptions): DueTimes {
	if ('cron' in when) return cronTimes(parseCron(when.cron, timezone));
	if ('everyMs' in when) return intervalTimes(anchor, when.everyMs);
	return {
		next: (time) => (time < when.at ? when.at : undefined),
		newest: (after, until, limit) =>
			after < when.at && when.at <= until && limit > 0 ? [when.at] : [],
	};
}

function intervalTimes(anchor: number, everyMs: number): DueTimes {
	const stepsUntil = (time: number) => Math.floor((time - anchor) / everyMs);
	return {
		next: (time) => anchor + Math.max(0, stepsUntil(time) + 1) * everyMs,
		newest(after, until, limit) {
			const last = stepsUntil(until);
			const first = Math.max(0, stepsUntil(after) + 1, last - limit + 1);
			return Array.from(
				{ length: Math.max(0, last - first + 1) },
				(_, i) => anchor + (last - i) * everyMs,
			);
		},
	};
}

function cronTimes(cron: Cron): DueTimes {
	return {
		next: (time) => cron.nextRun(new Date(time))?.getTime(),
		newest(after, until, limit) {
			// What is due at `until` itself is asked for too.
			const times = cron.previousRuns(limit, new Date(until + 1)).map((date) => date.getTime());
			return times.filter((time) => time > after && time <= until);
		},
	};
}

function parseCron(text: string, timezone: string): Cron {
	assertZone(timezone);
	let cron: Cron;
	try {
		cron = new Cron(text, { ...CRON_OPTIONS, timezone });
	} catch {
		throw refused(whatIsWrong(text));
	}
	if (cron.nextRun() === null && cron.previousRun() === null) {
		throw refused(`"${text}" never comes: no day is like that`);
	}
	return cron;
}

function assertZone(timezone: string): void {
	try {
		new Intl.DateTimeFormat('en', { timeZone: timezone });
	} catch {
		throw new SemanticaError(
			'VALIDATION',
			`"${timezone}" is no time zone. Name one as in "Europe/Berlin", or UTC.`,
			{ path: 'timezone' },
		);
	}
}

/** Names the field at fault: each is tried alone. */
function whatIsWrong(text: string): string {
	const parts = text.trim().split(/\s+/);
	if (text.trim().startsWith('@')) {
		return `"${text}" is no macro: there are @yearly, @monthly, @weekly, @daily and @hourly`;
	}
	if (parts.length < 5 || parts.length > 6) {
		return `a cron expression has five fields (minute hour day month weekday), or six with seconds first; "${text}" has ${parts.length}`;
	}
	const names = parts.length === 6 ? FIELDS : FIELDS.slice(1);
	for (const [i, part] of parts.entries()) {
		const alone = parts.map((_, k) => (k === i ? part : '*')).join(' ');
		try {
			new Cron(alone, CRON_OPTIONS);
		} catch {
			return `field ${i + 1} (${names[i]}) cannot be "${part}"`;
		}
	}
	return `"${text}" cannot be understood`;
}

function refused(why: string): SemanticaError {
	return new SemanticaError('VALIDATION', `${why[0]?.toUpperCase()}${why.slice(1)}.`, {
		path: 'when.cron',
	});
}
