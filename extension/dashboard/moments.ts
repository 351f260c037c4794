/** How things were, moment by moment: what the daemon kept and what the page was told since, as one. Pure. */
import type { RingRow, StatsNow, Waiting } from '../../shared/protocol/stats.ts';

export interface Moment {
	/** Epoch ms. */
	readonly at: number;
	/** Nobody knows how it was between this moment and the one before. */
	readonly gap: boolean;
	readonly waiting: Waiting;
	/** Of one processor, since the moment before; null where that is not known. */
	readonly cpu: number | null;
	readonly rssBytes: number;
	readonly databaseBytes: number;
	readonly payloadBytes: number;
	readonly logBytes: number;
	readonly indexBytes: number | null;
	readonly onMains: boolean | null;
	readonly battery: number | null;
	readonly idle: boolean | null;
}

const SHORTEST_MS = 10_000;

/** Of a clock that was set back, what lies ahead is no past: it would stand beside what comes. */
export const untilNow = (past: readonly StatsNow[], now: number): StatsNow[] =>
	past.filter(({ at }) => at <= now);

/** In the order of time, from `since` on. */
export function momentsSince(
	since: number,
	ring: readonly RingRow[],
	past: readonly StatsNow[],
): Moment[] {
	const kept = ring.map(({ from, at, cpuMs, walBytes, databaseBytes, ...row }, index): Moment => {
		const before = ring[index - 1];
		return {
			...row,
			at,
			databaseBytes: databaseBytes + walBytes,
			// What a start takes says nothing of a time as short as it.
			cpu: at - from >= SHORTEST_MS ? cpuMs / (at - from) : null,
			// Each row begins where the last one ended, or with its daemon.
			gap: before !== undefined && from > before.at,
		};
	});
	const told = past.map((now, index): Moment => {
		const before = past[index - 1];
		const same = before?.daemon.startedAt === now.daemon.startedAt;
		const { databaseBytes, walBytes, payloadBytes, logBytes, indexBytes } = now.storage;
		return {
			at: now.at,
			gap: before === undefined ? !knownUntil(ring, now) : !same,
			waiting: now.waiting,
			cpu:
				before !== undefined && same && now.at > before.at
					? (now.daemon.cpuMs - before.daemon.cpuMs) / (now.at - before.at)
					: null,
			rssBytes: now.daemon.rssBytes,
			databaseBytes: databaseBytes + walBytes,
			payloadBytes,
			logBytes,
			indexBytes,
			...now.machine,
		};
	});
	return [...kept, ...told].filter(({ at }) => at >= since).sort((a, b) => a.at - b.at);
}

/** Whether the last row is of the daemon that tells. */
function knownUntil(ring: readonly RingRow[], now: StatsNow): boolean {
	const last = ring.at(-1);
	return last === undefined || last.at >= now.daemon.startedAt;
}

export type Column = readonly (number | null)[];
export interface Drawn {
	/** Seconds, as charts take them. */
	readonly times: readonly number[];
	readonly columns: readonly Column[];
}

/** A column for each reading; a gap becomes a moment without any. */
export function drawn(
	moments: readonly Moment[],
	readings: readonly ((moment: Moment) => number | null)[],
): Drawn {
	const times: number[] = [];
	const columns = readings.map((): (number | null)[] => []);
	for (const moment of moments) {
		if (moment.gap) {
			times.push((moment.at - 1) / 1000);
			for (const column of columns) column.push(null);
		}
		times.push(moment.at / 1000);
		for (const [index, reading] of readings.entries()) columns[index]?.push(reading(moment));
	}
	return { times, columns };
}

/** Each on top of those before it. */
export function stacked({ times, columns }: Drawn): Drawn {
	const sums = times.map(() => 0);
	const piled = columns.map((column) =>
		column.map((value, row) => {
			if (value === null) return null;
			sums[row] = (sums[row] ?? 0) + value;
			return sums[row] ?? 0;
		}),
	);
	return { times, columns: piled };
}
