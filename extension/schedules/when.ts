/** From what a person types to when a schedule is due. What cron fields mean is the daemon's to say. */
import type { ScheduleWhen } from '../../shared/protocol/schedules.ts';
import { typedDuration, typedTime } from '../typedTime.ts';

export type WhenProblem = 'interval' | 'time' | 'fields';
export type ParsedWhen = { readonly when: ScheduleWhen } | { readonly problem: WhenProblem };

/** `every 15m`, `15m`, `+2h`, `18:30` (the next one), `2026-12-01 09:00`, `@daily`, `0 3 * * *`. */
export function parseWhen(text: string, now: number): ParsedWhen {
	const typed = text.trim();
	const every = /^every\s+(.*)$/i.exec(typed)?.[1];
	const interval = typedDuration(every ?? typed);
	if (interval !== undefined && interval >= 1000) return { when: { everyMs: interval } };
	if (every !== undefined || interval !== undefined) return { problem: 'interval' };
	if (typed.startsWith('+')) {
		const distance = typedDuration(typed.slice(1));
		return distance === undefined ? { problem: 'time' } : { when: { at: now + distance } };
	}
	if (/^\d{1,2}:\d*$|^\d{4}-/.test(typed)) {
		const at = typedTime(typed, now);
		return at === undefined ? { problem: 'time' } : { when: { at } };
	}
	if (typed.startsWith('@')) return { when: { cron: typed } };
	const fields = typed.split(/\s+/).length;
	return fields === 5 || fields === 6 ? { when: { cron: typed } } : { problem: 'fields' };
}

/** A name from a command line: `npm run build` → `npm-run-build`, with a number where that is taken. */
export function suggestName(line: string, taken: (name: string) => boolean): string {
	const words = line
		.replace(/[^A-Za-z0-9_.-]+/g, '-')
		.replace(/^[-.]+|[-.]+$/g, '')
		.slice(0, 40);
	const base = words === '' ? 'command' : words;
	let name = base;
	for (let number = 2; taken(name); number++) name = `${base}-${number}`;
	return name;
}

export const isScheduleName = (name: string): boolean => /^[A-Za-z0-9_.-]{1,64}$/.test(name);
