import type { Job } from '../../../shared/job.ts';
import { costText } from './cost.ts';
import { formatAge } from './format.ts';
import { jobDetail, runTimeText } from './outcome.ts';
import { shortenIds } from './show.ts';
import { paintState, shortId, stateWord } from './state.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { oneLine } from './text.ts';

/** Below this width the icon alone tells the state. */
const WORDS_FROM = 60;

/** One line per job: state, id, title, queue, progress or reason, time it ran, age. Children follow their parent. */
export function renderJobTable(
	listed: readonly Job[],
	now: number,
	view: View,
	withCost = false,
): string[] {
	const { style } = view;
	const rows = asTree(listed);
	const jobs = rows.map((row) => row.job);
	const titles = rows.map(({ job, depth }) => {
		const branch = depth === 0 ? '' : `${'  '.repeat(depth - 1)}${style.symbols.lastBranch} `;
		return branch + oneLine(job.title);
	});
	const state = (job: Job): string => {
		const word = stateWord(job, now);
		if (view.plain) return word;
		const icon = style.symbols[job.state];
		return paintState(job.state, view.width < WORDS_FROM ? icon : `${icon} ${word}`, style);
	};
	// Of children of what is listed their place says it. A daemon of an older build does not tell.
	const origin = ({ origin = '', parentId }: Job): string => {
		if (view.plain) return origin;
		return origin === `job/${parentId}` ? '' : shortenIds(origin);
	};
	return renderTable(
		[
			{
				header: view.width < WORDS_FROM ? '' : 'STATE',
				cells: jobs.map(state),
				rank: 0,
			},
			{
				header: 'ID',
				cells: jobs.map((job) => (view.plain ? job.id : style.bold(shortId(job.id)))),
				rank: 0,
			},
			{ header: 'TITLE', cells: titles, min: 16, rank: 0 },
			{
				header: 'MACHINE',
				cells: jobs.map((job) => oneLine(job.machine ?? '')),
				min: 6,
				rank: 1,
			},
			{ header: 'QUEUE', cells: jobs.map((job) => style.dim(job.queue)), min: 7, rank: 4 },
			{ header: 'DETAILS', cells: jobs.map((job) => jobDetail(job, now)), min: 16, rank: 3 },
			{ header: 'ORIGIN', cells: jobs.map((job) => style.dim(origin(job))), min: 6, rank: 5 },
			...(withCost
				? [{ header: 'COST', cells: jobs.map((job) => costText(job.cost) ?? ''), rank: 1 }]
				: []),
			{
				header: 'TOOK',
				cells: jobs.map((job) => runTimeText(job, now)),
				align: 'right',
				rank: 2,
			},
			{
				header: 'CREATED',
				cells: jobs.map((job) => style.dim(formatAge(job.createdAt, now))),
				align: 'right',
				rank: 1,
			},
		],
		view,
	);
}

interface Row {
	readonly job: Job;
	readonly depth: number;
}

/** Jobs whose parent is listed too stand below it, in the order of their creation. */
function asTree(jobs: readonly Job[]): Row[] {
	const listed = new Set(jobs.map((job) => job.id));
	const below = (parentId: string, depth: number): Row[] =>
		jobs
			.filter((job) => job.parentId === parentId)
			.sort((a, b) => a.generation - b.generation)
			.flatMap((job) => [{ job, depth }, ...below(job.id, depth + 1)]);
	return jobs
		.filter((job) => job.parentId === null || !listed.has(job.parentId))
		.flatMap((job) => [{ job, depth: 0 }, ...below(job.id, 1)]);
}
