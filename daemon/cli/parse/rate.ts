import { InvalidArgumentError } from 'commander';
import type { Rate } from '../../../shared/protocol/system.ts';
import { RATE_BOUNDS } from '../../../shared/rate.ts';
import { parseDuration } from './values.ts';

/** `10/1m`, `5/s`, `100/90s` → so many in so many milliseconds; or `none`, which takes it back. */
export function parseRate(text: string): Rate | 'none' {
	if (text.trim().toLowerCase() === 'none') return 'none';
	const match = /^\s*(\d+)\s*\/\s*(\S.*)$/.exec(text);
	if (match === null) throw notRate(text);
	const [, count = '', period = ''] = match;
	// "per s" is per one of them.
	const perMs = parseDuration(/^\d/.test(period) ? period : `1${period}`);
	const rate = { count: Number(count), perMs };
	if (!within(rate.count, RATE_BOUNDS.count) || !within(perMs, RATE_BOUNDS.perMs)) {
		throw new InvalidArgumentError(
			`"${text}" is out of bounds: from 1 to 1,000,000, in at most 30 days.`,
		);
	}
	return rate;
}

const within = (value: number, max: number): boolean =>
	Number.isSafeInteger(value) && value >= 1 && value <= max;

const notRate = (text: string): InvalidArgumentError =>
	new InvalidArgumentError(
		`"${text}" is not a rate. Write 10/1m, 5/s or 100/1h; none takes it back.`,
	);
