/** The daemon, its queues and indexes at a glance. */
import { fileURLToPath } from 'node:url';
import { type BuildStamp, buildName, isNewer } from '../../../shared/build.ts';
import type { Job } from '../../../shared/job.ts';
import type { JobState } from '../../../shared/jobTerms.ts';
import type { IndexStatus } from '../../../shared/protocol/indexing.ts';
import type { Counts } from '../../../shared/protocol/jobs.ts';
import type { SystemStatus } from '../../../shared/protocol/system.ts';
import { costText } from './cost.ts';
import { formatAge, formatBytes, formatCount, formatElapsed, plural } from './format.ts';
import { renderQueues } from './queues.ts';
import { paintState, STATE_NAMES, shortId } from './state.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { cellWidth, cut, oneLine, warning, wrap } from './text.ts';

export interface StatusData {
	readonly system: SystemStatus;
	readonly indexes: readonly IndexStatus[];
	/** What took most CPU time this week, most first. */
	readonly costliest: readonly Job[];
	/** Of this command line: a daemon of another build is pointed out. */
	readonly build: BuildStamp;
}

export function renderStatus(data: StatusData, now: number, view: View): string[] {
	return [
		...renderDaemon(data.system, data.build, now, view),
		'',
		jobsLine(data.system.counts, view),
		...roomLines(data.system, view),
		'',
		...queueTable(data.system, view),
		'',
		...indexTable(data.indexes, now, view),
		...costliestLines(data.costliest, view),
	];
}

function costliestLines(jobs: readonly Job[], view: View): string[] {
	if (jobs.length === 0) return [];
	const lines = jobs.map((job) => {
		const cost = costText(job.cost) ?? '';
		return cut(`  ${shortId(job.id)}  ${oneLine(job.title)}: ${cost}`, view.width, view.style);
	});
	return ['', 'Most CPU time this week:', ...lines];
}

/** The daemon alone, as `daemon status` shows it. */
export function renderDaemon(
	system: SystemStatus,
	build: BuildStamp,
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
		...drainNote(system),
		...recoveryNote(system),
		...(system.buildId === build.buildId ? [] : [versionsNote(system, build)]),
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

function drainNote({ draining, drainMode }: SystemStatus): string[] {
	if (draining === null) return [];
	if (drainMode !== 'handover') return [`It takes no new jobs: ${draining}.`];
	return [
		`${draining} once what runs has ended; what is enqueued meanwhile waits for it. To interrupt what runs: semantica daemon restart`,
	];
}

/** Of a daemon that is of another build than this command line. */
export function versionsNote(daemon: BuildStamp, build: BuildStamp): string {
	const ours = `This command line is ${buildName(build, daemon)}`;
	const theirs = `the daemon ${buildName(daemon, build)}`;
	return isNewer(build, daemon)
		? `${ours}, ${theirs}. The newer one takes over with: semantica daemon restart`
		: `${ours}, ${theirs}, which is newer. Update this command line.`;
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

/** Once there is a run whose memory is capped. */
function roomLines({ room }: SystemStatus, view: View): string[] {
	if (!room || room.capped === 0) return [];
	const gigabytes = (mb: number) => (mb / 1024).toFixed(1);
	const taken = `${gigabytes(room.takenMB)} of ${gigabytes(room.allowedMB)} GB of memory taken by the caps of ${plural(room.capped, 'run')}`;
	const rest = room.uncapped === 0 ? '' : `, ${plural(room.uncapped, 'run')} without a cap`;
	return wrap(`${view.style.bold('Room')}  ${taken}${rest}`, view.width);
}

function queueTable({ queues }: SystemStatus, view: View): string[] {
	return queues.length === 0 ? [] : renderQueues(queues, undefined, view);
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
