/** The picture of `top`: as many lines as the window has, none wider than it. Pure. */
import type { Job } from '../../../shared/job.ts';
import { formatElapsed } from '../render/format.ts';
import { jobDetail } from '../render/outcome.ts';
import { shortenIds } from '../render/show.ts';
import { paintState, shortId, stateWord } from '../render/state.ts';
import type { View } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { cut, oneLine, padEnd } from '../render/text.ts';
import { footerLine, HELP } from './footer.ts';
import { renderHead } from './head.ts';
import { selectedOf, type Ui } from './keys.ts';
import type { LogPane } from './logPane.ts';
import type { TopModel } from './model.ts';
import { listedJobs, timeOf } from './rows.ts';

export interface Window extends View {
	readonly height: number;
}

export interface Picture {
	readonly lines: readonly string[];
	/** Ids of all listed jobs in their order. */
	readonly ids: readonly string[];
	/** Of those that are seen, for asking why they wait. */
	readonly seen: readonly Job[];
	readonly page: number;
}

const MARK = '> ';

export function drawTop(
	model: TopModel,
	ui: Ui,
	log: LogPane,
	now: number,
	window: Window,
): Picture {
	const { style, width, height } = window;
	const footer = footerLine(model, ui, window);
	const fill = (lines: readonly string[]): string[] =>
		[
			...Array.from({ length: height - 1 }, (_, row) => cut(lines[row] ?? '', width, style)),
			cut(footer, width, style),
		].slice(-height);
	const jobs = listedJobs(model, ui, now);
	const ids = jobs.map(({ id }) => id);
	if (ui.mode === 'help') return { lines: fill(HELP), ids, seen: [], page: height - 1 };
	if (ui.mode === 'log') {
		const page = Math.max(1, height - 2);
		const shown = logLines(log, ui.back, page);
		return { lines: fill([logTitle(log, jobs, now, window), ...shown]), ids, seen: [], page };
	}
	const head = renderHead(model, now, window);
	const page = Math.max(1, height - head.length - 2);
	const selected = Math.max(0, ids.indexOf(selectedOf(ui, { ids, page }) ?? ''));
	// The selected one stands in the middle where there are rows on both sides.
	const first = Math.max(0, Math.min(selected - Math.floor(page / 2), jobs.length - page));
	const seen = jobs.slice(first, first + page);
	const lines = [...head, ...tableLines(model, ui, seen, selected - first, now, window)];
	return { lines: fill(lines), ids, seen, page };
}

function tableLines(
	model: TopModel,
	ui: Ui,
	seen: readonly Job[],
	selected: number,
	now: number,
	window: Window,
): string[] {
	const { style, width } = window;
	if (seen.length === 0) return ['', `  ${style.dim(emptyText(model, ui))}`];
	const inner = { ...window, width: width - MARK.length };
	const [header = '', ...rows] = jobTable(model, seen, now, inner);
	return [
		`  ${header}`,
		...rows.map((row, index) =>
			index === selected ? style.inverse(padEnd(MARK + row, width)) : `  ${row}`,
		),
	];
}

function emptyText(model: TopModel, { filter, ended }: Ui): string {
	if (model.counts === undefined) return '';
	if (filter !== '') return 'No job matches. Esc shows all.';
	return ended ? 'No jobs yet.' : 'Nothing runs and nothing waits. Press a for what has ended.';
}

/** The columns of `list`, with what the rows wait for. */
export function jobTable(model: TopModel, jobs: readonly Job[], now: number, view: View): string[] {
	const { style } = view;
	const state = (job: Job) => {
		const word = stateWord(job, now);
		return view.plain ? word : paintState(job.state, `${style.symbols[job.state]} ${word}`, style);
	};
	const priorities = jobs.some(({ priority }) => priority !== 0);
	return renderTable(
		[
			{ header: 'STATE', cells: jobs.map(state), rank: 0 },
			{ header: 'ID', cells: jobs.map(({ id }) => (view.plain ? id : shortId(id))), rank: 5 },
			{ header: 'TITLE', cells: jobs.map(({ title }) => oneLine(title)), min: 16, rank: 0 },
			{ header: 'QUEUE', cells: jobs.map(({ queue }) => style.dim(queue)), min: 7, rank: 2 },
			{
				header: 'PRI',
				cells: jobs.map(({ priority }) => (priorities ? String(priority) : '')),
				align: 'right',
				rank: 4,
			},
			{
				header: 'TIME',
				cells: jobs.map((job) => timeText(job, now)),
				align: 'right',
				rank: 0,
			},
			{ header: 'DETAILS', cells: jobs.map((job) => details(model, job, now)), min: 28, rank: 1 },
		],
		view,
	);
}

function timeText(job: Job, now: number): string {
	if (job.startedAt === null && job.state !== 'queued') return '';
	return formatElapsed(timeOf(job, now));
}

function details(model: TopModel, job: Job, now: number): string {
	const known = jobDetail(job, now);
	if (job.state !== 'queued') return known;
	const reason = model.reasons.get(job.id);
	return reason === undefined ? known : shortenIds(oneLine(reason));
}

function logTitle(
	{ id, title }: LogPane,
	jobs: readonly Job[],
	now: number,
	{ style, width }: Window,
): string {
	const job = jobs.find((one) => one.id === id);
	const state = job === undefined ? '' : `${stateWord(job, now)}  `;
	return style.inverse(
		padEnd(cut(` Log of ${shortId(id)}  ${state}${oneLine(title)}`, width, style), width),
	);
}

/** The last lines that there are, scrolled back by so many. */
function logLines({ lines, problem }: LogPane, back: number, page: number): string[] {
	const end = Math.max(Math.min(lines.length, page), lines.length - back);
	const shown = lines.slice(Math.max(0, end - page), end);
	if (problem !== undefined) return [...shown.slice(-(page - 1)), problem];
	return shown.length === 0 ? ['', '  Nothing has been printed yet.'] : shown;
}
