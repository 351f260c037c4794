/** What a chaos run shows: case, processes before, surviving after 2 s, time until zero, outcome. */
import { afterAll } from 'vitest';

export interface Row {
	readonly case: string;
	readonly before: number;
	readonly after2s: number;
	/** Milliseconds; undefined when some were left. */
	readonly untilZero: number | undefined;
	readonly outcome: string;
}

/** Rows that are printed when the file's tests have ended. */
export function resultTable(title: string): Row[] {
	const rows: Row[] = [];
	afterAll(() => {
		const lines = rows.map(
			(row) =>
				`| ${row.case} | ${row.before} | ${row.after2s} | ${row.untilZero?.toFixed(0) ?? '-'} | ${row.outcome} |`,
		);
		console.log(
			[
				title,
				'| case | processes before | after 2 s | ms until zero | outcome |',
				'|---|---|---|---|---|',
				...lines,
			].join('\n'),
		);
	});
	return rows;
}
