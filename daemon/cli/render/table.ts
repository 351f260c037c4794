/** A table that fits the window: wide cells are cut first, then whole columns leave by their rank. */
import type { View } from './style.ts';
import { cellWidth, cut, padEnd, padStart } from './text.ts';

export interface Column {
	readonly header: string;
	readonly cells: readonly string[];
	readonly align?: 'right';
	/** The column may be cut down to this width; without it, it is shown whole or not at all. */
	readonly min?: number;
	/** Which column leaves first when there is no room: the highest. 0 stays. */
	readonly rank: number;
}

const GAP = 2;

export function renderTable(columns: readonly Column[], view: View): string[] {
	const { style } = view;
	const shown = layOut(
		columns.filter((column) => column.cells.some((cell) => cell !== '')),
		view.width,
	);
	const rows = shown[0]?.column.cells.length ?? 0;
	const header = line(
		shown,
		(entry) => entry.column.header,
		(text) => style.dim(text),
		view,
	);
	const body = Array.from({ length: rows }, (_, row) =>
		line(
			shown,
			(entry) => entry.column.cells[row] ?? '',
			(text) => text,
			view,
		),
	);
	return [header, ...body];
}

interface Placed {
	readonly column: Column;
	readonly width: number;
}

function layOut(columns: readonly Column[], width: number): Placed[] {
	const placed = columns.map((column) => ({ column, width: naturalWidth(column) }));
	const gaps = GAP * (columns.length - 1);
	let excess = placed.reduce((sum, entry) => sum + entry.width, gaps) - width;
	if (excess <= 0) return placed;
	const room = placed.reduce(
		(sum, entry) => sum + Math.max(0, entry.width - (entry.column.min ?? entry.width)),
		0,
	);
	const last = columns.reduce<Column | undefined>(
		(worst, column) => (column.rank > (worst?.rank ?? 0) ? column : worst),
		undefined,
	);
	if (excess > room && last !== undefined) {
		return layOut(
			columns.filter((column) => column !== last),
			width,
		);
	}
	// The widest gives first, so that short columns stay readable.
	while (excess > 0) {
		const widest = placed
			.filter((entry) => entry.width > (entry.column.min ?? entry.width))
			.sort((a, b) => b.width - a.width)[0];
		if (widest === undefined) break;
		widest.width--;
		excess--;
	}
	return placed;
}

function naturalWidth(column: Column): number {
	return Math.max(cellWidth(column.header), ...column.cells.map(cellWidth));
}

function line(
	placed: readonly Placed[],
	cell: (entry: Placed) => string,
	paint: (text: string) => string,
	view: View,
): string {
	const cells = placed.map((entry) => {
		const text = paint(cut(cell(entry), entry.width, view.style));
		return entry.column.align === 'right' ? padStart(text, entry.width) : padEnd(text, entry.width);
	});
	return cut(cells.join(' '.repeat(GAP)).trimEnd(), view.width, view.style);
}
