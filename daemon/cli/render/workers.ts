/** Workers that the daemon starts, for people. */
import type { ShownWorker } from '../../../shared/protocol/startedWorkers.ts';
import { commandText } from './show.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { oneLine } from './text.ts';

export function renderWorkers(workers: readonly ShownWorker[], view: View): string[] {
	return renderTable(
		[
			{ header: 'WORKER', cells: workers.map(({ name }) => name), rank: 0 },
			{ header: 'STATE', cells: workers.map(stateOf), rank: 0 },
			{ header: 'TYPES', cells: workers.map(({ types }) => types.join(' ')), min: 10, rank: 0 },
			{
				header: 'RUNS',
				cells: workers.map((worker) => oneLine(commandText(worker) ?? '')),
				min: 16,
				rank: 1,
			},
			{ header: 'LOG', cells: workers.map(({ log }) => log), min: 16, rank: 2 },
		],
		view,
	);
}

export function describeWorker({ name, types, state }: ShownWorker): string {
	return oneLine(`Worker ${name} does ${types.join(', ')}: ${STATES[state]}`);
}

const STATES: Record<ShownWorker['state'], string> = {
	idle: 'it is started when there is work',
	starting: 'it is being started',
	ready: 'it is there',
	stopping: 'it is ending',
	waiting: 'it died and is started again soon',
	broken: 'it died five times before it registered, and is not started any more',
};

function stateOf({ state, holds, pid, lastEnd }: ShownWorker): string {
	if (state === 'ready') return `ready, pid ${pid}, ${holds} running`;
	return lastEnd === null ? state : `${state}; ${lastEnd}`;
}
