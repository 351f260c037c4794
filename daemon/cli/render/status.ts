/** The daemon, its queues and indexes at a glance. */
import { fileURLToPath } from 'node:url';
import type { JobState } from '../../../shared/job.ts';
import type { IndexStatus } from '../../../shared/protocol/indexing.ts';
import type { Counts } from '../../../shared/protocol/jobs.ts';
import type { SystemStatus } from '../../../shared/protocol/system.ts';
import { formatAge, formatBytes, formatCount, formatElapsed, plural } from './format.ts';
import { paintState, STATE_NAMES } from './state.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { cellWidth, cut, oneLine, warning, wrap } from './text.ts';

export interface StatusData {
	readonly system: SystemStatus;
	readonly indexes: readonly IndexStatus[];
	/** Of this command line: a daemon of another build is pointed out. */
	readonly buildId: string;
}

export function renderStatus(data: StatusData, now: number, view: View): string[] {
	return [
		...renderDaemon(data.system, data.buildId, now, view),
		'',
		jobsLine(data.system.counts, view),
		'',
		...queueTable(data.system, view),
		'',
		...indexTable(data.indexes, now, view),
	];
}

/** The daemon alone, as `daemon status` shows it. */
export function renderDaemon(
	system: SystemStatus,
	buildId: string,
	now: number,
	view: View,
): string[] {
	const { style } = view;
	const state = system.draining === null ? style.green('running') : style.yellow('stopping');
	const database = formatBytes(system.storage.databaseBytes + system.storage.walBytes);
	const first = [
		`${style.bold(`Semantica ${system.version}`)}  ${state}`,
		`pid ${system.pid}`,
		`for ${formatElapsed(now - system.startedAt)}`,
		...(system.clients > 1 ? [plural(system.clients - 1, 'other client')] : []),
		`${formatBytes(system.memory.rssBytes)} of memory`,
	];
	const payloads = `payloads ${formatBytes(system.storage.payloadBytes)}`;
	const second = [system.home, `database ${database}`, payloads, `Node ${system.node}`];
	const notes = [
		...(system.draining === null ? [] : [`It takes no new jobs: ${system.draining}.`]),
		...recoveryNote(system),
		...(system.buildId === buildId
			? []
			: [
					`It is of another build (${system.buildId}). Change to this one with: semantica daemon restart`,
				]),
		...system.warnings,
	];
	return [
		...joinFacts(first, view),
		...joinFacts(second, view).map(style.dim),
		...notes.flatMap((note) => warning(note, view)),
	];
}

/** Facts side by side; where they do not cut, on more lines, never half a fact. */
function joinFacts(facts: readonly string[], view: View): string[] {
	const lines: string[] = [];
	for (const fact of facts) {
		const last = lines.pop();
		const joined = last === undefined ? fact : `${last} ${view.style.symbols.dot} ${fact}`;
		if (last === undefined || cellWidth(joined) <= view.width) lines.push(joined);
		else lines.push(last, `  ${fact}`);
	}
	return lines;
}

/** What a daemon that ended without a word left behind, and what became of it. */
function recoveryNote({ recovery }: SystemStatus): string[] {
	const parts: [number, string][] = [
		[recovery.requeued, `${plural(recovery.requeued, 'running job')} queued again`],
		[recovery.interrupted, `${plural(recovery.interrupted, 'job')} interrupted`],
		[
			recovery.killed,
			`${plural(recovery.killed, 'left-over process', 'left-over processes')} ended`,
		],
	];
	const found = parts.filter(([count]) => count > 0).map(([, text]) => text);
	return found.length === 0 ? [] : [`The daemon before ended unexpectedly: ${found.join(', ')}.`];
}

function jobsLine(counts: Counts, view: View): string {
	const { style } = view;
	const part = (state: JobState): string[] => {
		const count = counts[state] ?? 0;
		if (count === 0) return [];
		const icon = view.plain ? '' : `${style.symbols[state]} `;
		return [paintState(state, `${icon}${formatCount(count)} ${state}`, style)];
	};
	const parts = STATE_NAMES.flatMap(part);
	const line = parts.length === 0 ? 'no jobs yet' : parts.join('   ');
	return cut(`${style.bold('Jobs')}  ${line}`, view.width, style);
}

function queueTable({ queues }: SystemStatus, view: View): string[] {
	if (queues.length === 0) return [];
	const { style } = view;
	const number = (value: number): string => (value === 0 ? style.dim('0') : formatCount(value));
	return renderTable(
		[
			{ header: 'QUEUE', cells: queues.map((queue) => queue.name), min: 8, rank: 0 },
			{
				header: 'RUNNING',
				cells: queues.map((queue) => `${number(queue.running)}/${queue.concurrency}`),
				align: 'right',
				rank: 0,
			},
			{
				header: 'WAITING',
				cells: queues.map((queue) => number(queue.queued)),
				align: 'right',
				rank: 0,
			},
			{
				header: '',
				cells: queues.map((queue) => (queue.paused ? style.yellow('paused') : '')),
				rank: 0,
			},
		],
		view,
	);
}

function indexTable(indexes: readonly IndexStatus[], now: number, view: View): string[] {
	const { style } = view;
	if (indexes.length === 0) {
		const hint = 'No folder is indexed yet. Index one with: semantica index FOLDER --wait';
		return wrap(hint, view.width).map(style.dim);
	}
	const problems = indexes.flatMap(({ problem }) => (problem === null ? [] : [problem]));
	const table = renderTable(
		[
			{
				header: 'INDEX',
				cells: indexes.map((index) => oneLine(fileURLToPath(index.workspace))),
				min: 16,
				rank: 0,
			},
			{
				header: 'FILES',
				cells: indexes.map((index) => formatCount(index.files)),
				align: 'right',
				rank: 0,
			},
			{
				header: 'TEXT',
				cells: indexes.map((index) => formatBytes(index.bytes)),
				align: 'right',
				rank: 2,
			},
			{
				header: 'ON DISK',
				cells: indexes.map((index) => formatBytes(index.databaseBytes)),
				align: 'right',
				rank: 4,
			},
			{
				header: 'SKIPPED',
				cells: indexes.map((index) => formatCount(sum(Object.values(index.skipped)))),
				align: 'right',
				rank: 3,
			},
			{ header: 'STATE', cells: indexes.map((index) => freshness(index, now)), rank: 1 },
		],
		view,
	);
	return [...table, ...problems.flatMap((problem) => warning(problem, view))];
}

function freshness(index: IndexStatus, now: number): string {
	if (index.problem !== null) return 'unusable';
	if (index.pending > 0) return `${formatCount(index.pending)} to do`;
	return index.walkedAt === null ? 'not complete' : formatAge(index.walkedAt, now);
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
