/** The start time that options ask for. */
import { usageError } from '../errors.ts';
import { timeOption } from './work.ts';

interface Options {
	readonly delay?: number | undefined;
	readonly runAt?: string | undefined;
}

export function startTime(options: Options, now: number): number | undefined {
	if (options.delay === undefined) return timeOption('--run-at', options.runAt, now);
	if (options.runAt !== undefined) throw usageError('Give --delay or --run-at, not both.');
	return now + options.delay;
}
