/** A graph of jobs as text: each below those it waits for, joined to them by lines. Pure. */
import type { Job } from '../../../shared/job.ts';
import { isFinished, type JobState } from '../../../shared/jobTerms.ts';
import { formatElapsed, plural } from './format.ts';
import { jobDetail, runTimeText } from './outcome.ts';
import { paintState, STATE_NAMES, shortId, stateIcon, stateWord } from './state.ts';
import type { Style, Symbols, View } from './style.ts';
import { cellWidth, cut, oneLine, padEnd } from './text.ts';

export interface GraphJob {
	readonly id: string;
	readonly title: string;
	/** Undefined while nothing is known of it, or where it is not kept any more. */
	readonly job: Job | undefined;
	/** Places of those it waits for in the same list, all before its own. */
	readonly after: readonly number[];
}

/** Of the width, what lines may take at most; where they take more there are none. */
const MOST_LANES = 0.5;
const LEAST_TITLE = 12;

/** All of it. Where lines have no room, each job says by name what it waits for. */
export function renderGraph(graph: readonly GraphJob[], now: number, view: View): string[] {
	const lanes = view.plain ? undefined : drawLanes(graph, view.style.symbols);
	const width = lanes === undefined ? 0 : Math.max(...lanes.map((lane) => lane.length));
	if (lanes === undefined || width > view.width * MOST_LANES)
		return renderJobs(graph, graph, now, view);
	const titles = graph.map((one, n) => (lanes[n]?.length ?? 0) + cellWidth(titleOf(one)));
	const room = Math.max(width + LEAST_TITLE, Math.floor(view.width * 0.6));
	const column = Math.min(Math.max(...titles), room);
	return graph.map((one, n) => {
		const lane = lanes[n] ?? '';
		const title = cut(titleOf(one), column - lane.length, view.style);
		const icon = stateIcon(stateOf(one), view.style);
		const head = `${view.style.dim(lane)}${icon} ${padEnd(title, column - lane.length)}`;
		return cut(`${head}  ${detail(one, now, view.style)}`.trimEnd(), view.width - 1, view.style);
	});
}

export const stateOf = ({ job }: GraphJob): JobState => job?.state ?? 'queued';

const titleOf = ({ title, job }: GraphJob): string => oneLine(job?.title ?? title);

/** Some of them, a line each, without lines between them. */
export function renderJobs(
	some: readonly GraphJob[],
	graph: readonly GraphJob[],
	now: number,
	view: View,
): string[] {
	const { style } = view;
	const longest = Math.max(...some.map((one) => cellWidth(titleOf(one))));
	const column = Math.min(longest, Math.max(LEAST_TITLE, Math.floor(view.width * 0.5)));
	return some.map((one) => {
		const names = one.after.flatMap((at) => graph[at] ?? []).map(titleOf);
		const waits =
			stateOf(one) !== 'queued' || names.length === 0 ? '' : style.dim(`after ${names.join(', ')}`);
		const said = [detail(one, now, style), waits].filter((text) => text !== '').join('  ');
		if (view.plain) {
			const word = one.job === undefined ? 'queued' : stateWord(one.job, now);
			return `${word.padEnd(10)} ${one.id}  ${titleOf(one)}  ${said}`.trimEnd();
		}
		const head = `${stateIcon(stateOf(one), style)} ${style.dim(shortId(one.id))}`;
		const title = padEnd(cut(titleOf(one), column, style), column);
		return cut(`${head}  ${title}  ${said}`.trimEnd(), view.width - 1, style);
	});
}

/** "3 of 7 done, 2 running, 1 failed · 12s" */
export function renderCounts(graph: readonly GraphJob[], elapsed: number, view: View): string {
	const { style } = view;
	const counts = new Map<JobState, number>();
	for (const one of graph) counts.set(stateOf(one), (counts.get(stateOf(one)) ?? 0) + 1);
	const parts = STATE_NAMES.flatMap((state) => {
		const count = counts.get(state);
		return count === undefined ? [] : [paintState(state, `${count} ${state}`, style)];
	});
	const all = plural(graph.length, 'job');
	return [`${all}: ${parts.join(', ')}`, formatElapsed(elapsed)].join(` ${style.symbols.dot} `);
}

/** Whoever matters most now first: what failed, what runs, what is next. */
export function mostTelling(graph: readonly GraphJob[], many: number): GraphJob[] {
	const rank = (one: GraphJob): number => {
		const state = stateOf(one);
		if (state === 'failed' || state === 'expired') return 0;
		if (state === 'running' || state === 'paused') return 1;
		if (isOver(one)) return state === 'succeeded' ? 5 : 4;
		return one.job?.after.every(({ holds }) => holds === true) ? 2 : 3;
	};
	const chosen = new Set([...graph].sort((a, b) => rank(a) - rank(b)).slice(0, many));
	return graph.filter((one) => chosen.has(one));
}

const isOver = (one: GraphJob): boolean => isFinished(stateOf(one));

function detail({ job }: GraphJob, now: number, style: Style): string {
	if (job === undefined) return '';
	if (job.state === 'queued') return style.dim(jobDetail(job, now));
	const why = job.stopReason === 'dependency' ? 'did not run' : jobDetail(job, now);
	return [runTimeText(job, now), paintState(job.state, why, style)]
		.filter((s) => s !== '')
		.join('  ');
}

/** For each job what stands left of its icon: the lines of those before it that somebody waits for yet. */
export function drawLanes(graph: readonly GraphJob[], symbols: Symbols): string[] {
	const last = new Map<number, number>();
	for (const [own, { after }] of graph.entries()) for (const at of after) last.set(at, own);
	/** By column, whose line it is. */
	const columns: (number | undefined)[] = [];
	return graph.map(({ after }, own) => {
		const from = [...new Set(after)].map((at) => columns.indexOf(at)).sort((a, b) => a - b);
		const [first] = from;
		const begin = (from.at(-1) ?? -1) + 1;
		let node = begin;
		while (columns[node] !== undefined) node++;
		let drawn = '';
		for (let column = 0; column < node; column++) {
			const owner = columns[column];
			const isCrossed = first !== undefined && column >= first;
			const across = isCrossed ? symbols.across : ' ';
			const ends = owner !== undefined && last.get(owner) === own;
			if (!from.includes(column)) {
				drawn += (owner === undefined ? across : symbols.through) + across;
			} else if (column === first) {
				drawn += (ends ? symbols.lastBranch : symbols.branch) + across;
			} else drawn += (ends ? symbols.lastJoin : symbols.join) + across;
		}
		for (const column of from) {
			const owner = columns[column];
			if (owner !== undefined && last.get(owner) === own) columns[column] = undefined;
		}
		if (last.has(own)) columns[node] = own;
		return drawn;
	});
}
