/** When a job is to begin, as people type it: `now`, `+10m`, `18:30`, a date; undefined where it is none. */
import { typedDuration, typedTime } from '../typedTime.ts';

export function startTime(typed: string, now: number): number | undefined {
	const words = typed.trim();
	if (words.toLowerCase() === 'now') return now;
	const distance = typedDuration(words.replace(/^\+/, ''));
	return distance === undefined ? typedTime(words, now) : now + distance;
}
