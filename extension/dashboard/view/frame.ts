/** What each chart has: a title, a legend whose figures lead to jobs, the drawing, and the same as a table. */
import uPlot from 'uplot';
import type { Drawn } from '../moments.ts';
import { el, link, say, table } from './dom.ts';
import { clock } from './format.ts';
import { type ColorName, readTheme, type Theme } from './theme.ts';

export interface Line {
	readonly label: string;
	readonly color: ColorName;
	readonly dash?: boolean;
	/** What its figure in the legend leads to. */
	readonly follow?: () => void;
}

/** How a chart draws and says what it is shown. */
export interface Drawing {
	readonly title: string;
	/** What is drawn, for those who do not know. */
	readonly about: string;
	readonly lines: readonly Line[];
	readonly scale: uPlot.Scale;
	axis(theme: Theme): uPlot.Axis;
	/** In the order of `aligned`. */
	series(theme: Theme): uPlot.Series[];
	aligned(drawn: Drawn): uPlot.AlignedData;
	/** Beside each line's name. */
	figures(drawn: Drawn): readonly (string | null)[];
	/** Whether a line has a place in the legend now. */
	listed(column: readonly (number | null)[]): boolean;
	/** Instead of a legend, where there is nothing to draw. */
	readonly nothing?: string;
	/** Of the table, after the time. */
	readonly heads: readonly string[];
	cells(values: readonly (number | null)[]): readonly string[];
}

export interface Chart {
	readonly element: HTMLElement;
	/** Range in seconds. */
	show(drawn: Drawn, from: number, to: number): void;
	themeChanged(): void;
}

const HEIGHT = 150;
const EMPTY: Drawn = { times: [], columns: [] };

export function createFrame(drawing: Drawing): Chart {
	const { title, about, lines, nothing = '' } = drawing;
	const place = el('div', { class: 'plot', role: 'img', 'aria-label': title });
	const legend = el('ul', { class: 'legend' });
	const entries = lines.map((line) => legendEntry(line));
	legend.append(...entries.map(({ element }) => element));
	const note = el('p', { class: 'note' }, nothing);
	note.hidden = true;
	const details = el('details', {}, el('summary', {}, 'Table'));
	const element = el(
		'figure',
		{},
		el('figcaption', { title: about }, el('h2', {}, title)),
		legend,
		note,
		place,
		details,
	);
	let data = EMPTY;
	let range: [number, number] = [0, 1];
	let plot: uPlot | undefined;

	const draw = () => {
		const theme = readTheme();
		for (const entry of entries) entry.paint(theme);
		plot?.destroy();
		const width = Math.max(120, place.clientWidth);
		plot = new uPlot(
			optionsOf(drawing, theme, width, () => range),
			drawing.aligned(data),
			place,
		);
	};
	const showTable = () => {
		if (!details.open) return;
		const shown = tableOf(drawing, data);
		if (details.lastElementChild instanceof HTMLTableElement) details.lastElementChild.remove();
		details.append(shown);
	};
	details.addEventListener('toggle', showTable);
	new ResizeObserver(() => {
		const width = Math.max(120, place.clientWidth);
		if (plot !== undefined && plot.width !== width) plot.setSize({ width, height: HEIGHT });
	}).observe(place);

	return {
		element,
		show: (drawn, from, to) => {
			data = drawn;
			range = [from, to];
			if (plot === undefined) draw();
			else plot.setData(drawing.aligned(data));
			const figures = drawing.figures(drawn);
			for (const [index, entry] of entries.entries()) {
				entry.say(figures[index] ?? '–');
				entry.element.hidden = !drawing.listed(drawn.columns[index] ?? []);
			}
			note.hidden = nothing === '' || entries.some((entry) => !entry.element.hidden);
			place.setAttribute('aria-label', spoken(drawing, figures));
			showTable();
		},
		themeChanged: () => {
			if (plot !== undefined) draw();
		},
	};
}

function spoken({ title, lines, nothing }: Drawing, figures: readonly (string | null)[]): string {
	const said = lines.flatMap(({ label }, index) => {
		const figure = figures[index] ?? null;
		return figure === null ? [] : [`${label} ${figure}`];
	});
	return `Chart: ${title}. ${said.join(', ') || nothing || 'No data yet'}.`;
}

function legendEntry({ label, color, follow }: Line) {
	const swatch = el('span', { class: 'swatch', 'aria-hidden': 'true' });
	const figure =
		follow === undefined ? el('span', {}) : link('', `Show these jobs: ${label}`, follow);
	figure.classList.add('figure');
	const element = el('li', {}, swatch, `${label} `, figure);
	return {
		element,
		paint: (theme: Theme) => {
			swatch.style.backgroundColor = theme.color(color);
		},
		say: (text: string) => {
			say(figure, text);
			if (follow !== undefined) figure.setAttribute('aria-label', `${label}: ${text}, show jobs`);
		},
	};
}

function optionsOf(
	drawing: Drawing,
	theme: Theme,
	width: number,
	range: () => [number, number],
): uPlot.Options {
	const axis = { stroke: theme.text, font: theme.font, ticks: { show: false } };
	return {
		width,
		height: HEIGHT,
		legend: { show: false },
		cursor: { drag: { setScale: false, x: false, y: false }, points: { show: false } },
		scales: { x: { time: true, range }, y: drawing.scale },
		axes: [
			{
				...axis,
				grid: { show: false },
				size: 26,
				space: 60,
				values: (_plot, splits) => splits.map((at) => clock(at * 1000)),
			},
			{ ...axis, size: 58, space: 30, ...drawing.axis(theme) },
		],
		series: [{}, ...drawing.series(theme)],
	};
}

export const gridOf = (theme: Theme): uPlot.Axis.Grid => ({ stroke: theme.lines, width: 0.5 });

/** Only what no line leads to is drawn as a point. */
export function alone(plot: uPlot, series: number): number[] {
	const values = plot.data[series] ?? [];
	return [...values.keys()].filter(
		(at) => values[at] != null && values[at - 1] == null && values[at + 1] == null,
	);
}

function tableOf({ title, heads, cells }: Drawing, { times, columns }: Drawn): HTMLTableElement {
	const rows = times.map((at, row) => [
		clock(at * 1000),
		...cells(columns.map((column) => column[row] ?? null)),
	]);
	return table(title, ['Time', ...heads], rows.reverse());
}
