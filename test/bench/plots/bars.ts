/** Bars beside one another, as an SVG that stands alone: readable in light and in dark, without a script. */
import { summarize } from '../figures.ts';
import { digits } from '../report.ts';

export interface Panel {
	readonly title: string;
	readonly unit: string;
	/** A mark on a logarithmic scale, for what differs by orders of magnitude, instead of a bar. */
	readonly logarithmic?: boolean;
	/** By row; values of the repeats, or a word for why there are none. */
	readonly cells: ReadonlyMap<string, readonly number[] | string>;
}

export interface Plot {
	readonly title: string;
	readonly subtitle: string;
	readonly rows: readonly string[];
	/** The rows that are ours. */
	readonly ours: ReadonlySet<string>;
	readonly panels: readonly Panel[];
}

const ROW = 24;
const TOP = 92;
const LABELS = 226;
const PANEL = 236;
const GAP = 22;
/** Room for the number behind the longest bar. */
const NUMBER = 62;

const STYLE = `
svg { color-scheme: light dark; font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
.card { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328 } .soft { fill: #59636e }
.title { font-size: 15px; font-weight: 600 } .head { font-weight: 600 } .ours { font-weight: 600 }
.bar { fill: #a9b3bf } .bar.ours { fill: #0969da } .range { stroke: #1f2328; stroke-width: 1 }
.grid { stroke: #d0d7de; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
.card { fill: #0d1117; stroke: #3d444d } text { fill: #f0f6fc } .soft { fill: #9198a1 }
.bar { fill: #59636e } .bar.ours { fill: #4493f8 } .range { stroke: #f0f6fc } .grid { stroke: #3d444d }
}`;

export function drawBars({ title, subtitle, rows, ours, panels }: Plot): string {
	const width = LABELS + panels.length * (PANEL + GAP) + 8;
	const height = TOP + rows.length * ROW + 28;
	const labels = rows.map((row, i) => text(16, middle(i), row, ours.has(row) ? 'ours' : ''));
	const drawn = panels.map((panel, i) =>
		drawPanel(panel, LABELS + i * (PANEL + GAP), { rows, ours }),
	);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${text(16, 28, title, 'title')}
${text(16, 48, subtitle, 'soft')}
${[...labels, ...drawn].join('\n')}
</svg>
`;
}

function drawPanel(panel: Panel, x: number, { rows, ours }: Pick<Plot, 'rows' | 'ours'>): string {
	const shown = [...panel.cells.values()].filter((cell) => typeof cell !== 'string').flat();
	const scale = panel.logarithmic ? logScale(shown) : linearScale(shown);
	const heading = panel.unit === '' ? panel.title : `${panel.title}, ${panel.unit}`;
	const bottom = TOP + rows.length * ROW;
	const grid = scale.ticks.map(
		(tick) =>
			`<line class="grid" x1="${x + scale.at(tick)}" x2="${x + scale.at(tick)}" y1="${TOP - 4}" y2="${bottom}"/>` +
			text(x + scale.at(tick), bottom + 16, digits(tick), 'soft', 'middle'),
	);
	const marks = rows.map((row, i) => {
		const cell = panel.cells.get(row);
		if (cell === undefined) return '';
		if (typeof cell === 'string') return text(x, middle(i), cell, 'soft');
		const { median, min, max } = summarize(cell);
		const kind = ours.has(row) ? 'bar ours' : 'bar';
		const end = scale.at(median);
		const y = middle(i) - 4;
		const mark = panel.logarithmic
			? `<circle class="${kind}" cx="${x + end}" cy="${y}" r="5.5"/>`
			: `<rect class="${kind}" x="${x}" y="${y - 7}" width="${Math.max(1, end)}" height="14" rx="2"/>`;
		const span = `<line class="range" x1="${x + scale.at(min)}" x2="${x + scale.at(max)}" y1="${y}" y2="${y}"/>`;
		return mark + span + text(x + scale.at(max) + 9, middle(i), digits(median), '');
	});
	return [text(x, TOP - 14, heading, 'head'), ...grid, ...marks].join('\n');
}

interface Scale {
	readonly ticks: readonly number[];
	/** Pixels from the panel's left edge. */
	at(value: number): number;
}

function linearScale(values: readonly number[]): Scale {
	const most = Math.max(...values, Number.MIN_VALUE);
	return { ticks: [], at: (value) => round((value / most) * (PANEL - NUMBER)) };
}

function logScale(values: readonly number[]): Scale {
	const positive = values.filter((value) => value > 0);
	const low = Math.floor(Math.log10(Math.min(...positive, 1)));
	const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 1))));
	const at = (value: number) =>
		round((Math.max(0, Math.log10(value) - low) / (high - low)) * (PANEL - NUMBER));
	return { at, ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)) };
}

function middle(row: number): number {
	return TOP + row * ROW + ROW / 2 + 4;
}

function text(x: number, y: number, content: string, kind: string, anchor = 'start'): string {
	return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function round(pixels: number): number {
	return Math.round(pixels * 10) / 10;
}

function escaped(content: string): string {
	return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
