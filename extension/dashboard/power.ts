/** Power and idleness as strips of time: from when to when each was so. Pure. */
import { type Column, type Drawn, drawn, type Moment } from './moments.ts';

/** What is longer ago than this, seconds, is not said of a strip that has just begun. */
const REACH_S = 600;

/** Whether it was so (1) or not (null), but for the battery, which is 0 to 1. */
export function powerOf(moments: readonly Moment[]): Drawn {
	const so = (yes: boolean) => (yes ? 1 : null);
	return drawn(moments, [
		({ onMains }) => so(onMains === true),
		({ onMains }) => so(onMains === false),
		({ battery }) => battery,
		({ idle }) => so(idle === false),
		({ idle }) => so(idle === true),
	]);
}

/** From when on it was so at this row, in seconds: since the row before, as far as that can be said. */
export function sinceWhen(times: readonly number[], column: Column, row: number): number {
	const at = times[row] ?? 0;
	const before = times[row - 1] ?? at;
	return column[row - 1] == null ? Math.max(before, at - REACH_S) : before;
}

/** How long it was so, ms. */
export function lasted(times: readonly number[], column: Column): number {
	const seconds = column.reduce<number>(
		(sum, value, row) =>
			value === null ? sum : sum + (times[row] ?? 0) - sinceWhen(times, column, row),
		0,
	);
	return Math.round(seconds * 1000);
}

/** Power, battery and use in words. */
export function powerInWords(
	[mains, battery, level, used, idle]: readonly (number | null)[],
	percent: (share: number) => string,
): string[] {
	const word = (yes: unknown, ifYes: string, no: unknown, ifNo: string) =>
		yes != null ? ifYes : no != null ? ifNo : '–';
	return [
		word(mains, 'on mains', battery, 'on battery'),
		level == null ? '–' : percent(level),
		word(used, 'in use', idle, 'idle'),
	];
}
