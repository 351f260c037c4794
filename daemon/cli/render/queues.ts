/** Queues and groups of jobs as tables. */
import type { GroupInfo } from '../../../shared/protocol/groups.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import type { QueueInfo } from '../../../shared/protocol/system.ts';
import { describeRate } from '../../../shared/rate.ts';
import { describeLimits } from './cost.ts';
import { formatCount } from './format.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { oneLine } from './text.ts';

type Everything = Result<'queue/list'>['global'];

/** @param everything The line for all together, where it is wanted. */
export function renderQueues(
	queues: readonly QueueInfo[],
	everything: Everything | undefined,
	view: View,
): string[] {
	const { style } = view;
	const queued = queues.reduce((sum, queue) => sum + queue.queued, 0);
	const all = everything && { name: '*', queued, rate: null, limits: null, ...everything };
	const rows = [...(all === undefined ? [] : [all]), ...queues];
	const number = (value: number): string => (value === 0 ? style.dim('0') : formatCount(value));
	return renderTable(
		[
			{ header: 'QUEUE', cells: rows.map(({ name }) => name), min: 8, rank: 0 },
			{
				header: 'RUNNING',
				cells: rows.map(({ running, concurrency }) => `${number(running)}/${concurrency}`),
				align: 'right',
				rank: 0,
			},
			{
				header: 'WAITING',
				cells: rows.map(({ queued }) => number(queued)),
				align: 'right',
				rank: 0,
			},
			// A daemon of an older build knows none.
			{ header: 'RATE', cells: rows.map(({ rate }) => (rate ? describeRate(rate) : '')), rank: 1 },
			{
				header: 'EACH JOB',
				cells: rows.map(({ limits }) => (limits ? describeLimits(limits) : '')),
				rank: 1,
			},
			{
				header: '',
				cells: rows.map(({ paused }) => (paused ? style.yellow('paused') : '')),
				rank: 0,
			},
		],
		view,
	);
}

export function renderGroups(groups: readonly GroupInfo[], view: View): string[] {
	return renderTable(
		[
			{ header: 'GROUP', cells: groups.map(({ name }) => oneLine(name)), min: 8, rank: 0 },
			{
				header: 'RUNNING',
				cells: groups.map(({ running, limit }) => `${formatCount(running)}/${formatCount(limit)}`),
				align: 'right',
				rank: 0,
			},
			{
				header: 'WAITING',
				cells: groups.map(({ queued }) => formatCount(queued)),
				align: 'right',
				rank: 0,
			},
			{
				header: '',
				cells: groups.map(({ set }) => (set ? view.style.dim('set by hand') : '')),
				rank: 1,
			},
		],
		view,
	);
}
