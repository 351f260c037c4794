/** Everything about one job, for people. */
import { fileURLToPath } from 'node:url';
import type { Job, Run } from '../../../shared/job.ts';
import { isFinished } from '../../../shared/jobTerms.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { GENERATED_KEY } from '../submit.ts';
import { renderBar } from './bar.ts';
import { costText, describeLimits } from './cost.ts';
import { formatAge, formatBytes, formatDuration, formatTime } from './format.ts';
import { runTime, stopDetail } from './outcome.ts';
import { problemRows } from './problems.ts';
import { childrenSummary, progressAmount, progressFraction, progressPercent } from './progress.ts';
import { paintState, shortId, stateWord } from './state.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { cut, oneLine, wrap } from './text.ts';

export interface JobDetails extends Result<'job/get'> {
	/** The last lines of its log. */
	readonly tail: readonly string[];
}

const LABEL = 12;

export function renderJob(details: JobDetails, now: number, view: View): string[] {
	const { job } = details;
	return [
		...heading(job, now, view),
		...whyLines(details, view),
		'',
		...facts(details, now, view),
		...problemRows(job, view),
		...runTable(details.runs, now, view),
		...logTail(details, view),
	];
}

function heading(job: Job, now: number, view: View): string[] {
	const { style } = view;
	const icon = view.plain ? '' : `${style.symbols[job.state]} `;
	const state = paintState(job.state, `${icon}${stateWord(job, now)}`, style);
	return [cut(`${state}  ${style.bold(oneLine(job.title))}`, view.width, style)];
}

function whyLines({ job, explanation }: JobDetails, view: View): string[] {
	const reason = job.state === 'succeeded' ? '' : stopDetail(job);
	const isWaiting = job.state === 'queued' || job.question != null;
	const waits = isWaiting ? explanation.reasons.map((one) => one.message) : [];
	return [reason, ...waits]
		.filter((text) => text !== '')
		.flatMap((text) => wrap(shortenIds(text), view.width - 2))
		.map((line) => `  ${line}`);
}

/** Sentences of the daemon name jobs in full, which nobody reads. */
export function shortenIds(text: string): string {
	return text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, shortId);
}

function facts({ job, explanation, left }: JobDetails, now: number, view: View): string[] {
	const rows: [label: string, value: string | undefined, bar?: string][] = [
		['id', job.id],
		['type', job.type],
		['command', commandText(job)],
		['folder', job.command?.cwd ?? folderOf(job.workspace)],
		['queue', job.priority === 0 ? job.queue : `${job.queue}, priority ${job.priority}`],
		['machine', job.machine],
		['tag', job.tag ?? undefined],
		['group', groupText(job)],
		['key', ownKey(job)],
		['subject', job.subject ?? undefined],
		['parent', job.parentId ?? undefined],
		['retry of', job.retryOf ?? undefined],
		...afterRows(job),
		['asked by', askedBy(job)],
		['created', moment(job.createdAt, now)],
		['not before', job.state === 'queued' && job.runAt > now ? moment(job.runAt, now) : undefined],
		['started', moment(job.startedAt, now)],
		['ready', readyText(job, now)],
		['restarts', restartText(job)],
		['finished', moment(job.finishedAt, now)],
		['took', duration(job, now)],
		[
			'usually',
			explanation.usualMs === undefined ? undefined : formatDuration(explanation.usualMs),
		],
		['cost', costText(job.cost)],
		['unchanged', job.unchangedSince ? `since ${job.unchangedSince}` : undefined],
		['attempts', job.maxAttempts > 1 ? `${job.attempt} of ${job.maxAttempts}` : undefined],
		['deadline', moment(job.deadlineAt, now)],
		['time limit', job.timeoutMs === null ? undefined : formatDuration(job.timeoutMs)],
		['limits', limitsText(job)],
		['terminal', job.pty ? 'of its own' : undefined],
		['left', leftText(job, left)],
		['told', toldText(job)],
		['children', childrenSummary(job.children) || undefined],
		['payload', job.payload.bytes > 0 ? formatBytes(job.payload.bytes) : undefined],
		['progress', progressText(job), progressBar(job, view)],
		['exit', exitText(job)],
		[
			'result',
			job.result === null ? undefined : JSON.stringify(job.result, null, 1).replace(/\n */g, ' '),
		],
		['log', job.logBytes > 0 ? formatBytes(job.logBytes) : undefined],
	];
	return rows.flatMap(([label, value, bar = '']) =>
		value === undefined ? [] : row(label, bar + oneLine(value), view),
	);
}

export function row(label: string, value: string, view: View): string[] {
	const [first = '', ...rest] = wrap(value, view.width - LABEL - 2);
	const name = view.style.dim(label.padEnd(LABEL));
	return [`  ${name}${first}`, ...rest.map((line) => `  ${' '.repeat(LABEL)}${line}`)];
}

function groupText({ group, groupLimit }: Job): string | undefined {
	// One of a daemon that knows none yet has neither.
	if (typeof group !== 'string') return undefined;
	return groupLimit === null ? group : `${group}, at most ${groupLimit} at once`;
}

/** Of a daemon of an older build there is none. */
function readyText({ ready, readyAt, state }: Job, now: number): string | undefined {
	if (!ready) return undefined;
	if (readyAt !== null) return moment(readyAt, now);
	const when = readyWhen(ready);
	const within = ready.timeoutMs === undefined ? '' : `, within ${formatDuration(ready.timeoutMs)}`;
	return isFinished(state) ? 'never' : `not yet: when ${when}${within}`;
}

function readyWhen({ pattern, port, host, file }: NonNullable<Job['ready']>): string {
	if (pattern !== undefined) return `a line matches ${pattern}`;
	if (port !== undefined)
		return `it listens at ${host === undefined ? 'port ' : `${host}:`}${port}`;
	return file === undefined ? 'it says so' : `${file} is written`;
}

/** Of a daemon of an older build there is none. */
function restartText({ restart, restarts }: Job): string | undefined {
	if (!restart || restart.policy === 'never') return undefined;
	const when = restart.policy === 'always' ? 'whenever it ends' : 'when it fails';
	const done = restarts === 0 ? '' : `; ${restarts} so far`;
	return `${when}, at most ${restart.max} times in a row${done}`;
}

/** Of a daemon of an older build there are none. */
function limitsText({ limits }: Job): string | undefined {
	return limits ? describeLimits(limits) : undefined;
}

/** What is still there of what it was allowed to leave. */
function leftText({ id }: Job, left: JobDetails['left']): string | undefined {
	if (left === undefined || left.length === 0) return undefined;
	const names = left.map(({ pid, name }) => `${name} (pid ${pid})`).join(', ');
	return `${names}; semantica cancel ${shortId(id)} ends that`;
}

function toldText({ notify }: Job): string | undefined {
	if (notify === 'never') return undefined;
	if (notify === 'long') return 'when it fails, or ends after long';
	return `when it ${notify === 'failed' ? 'fails' : 'ends'}`;
}

/** Of a daemon of an older build there are none. */
function afterRows({ after }: Job): [label: string, value: string][] {
	return (after ?? []).map(({ id, on, holds }, n) => {
		const known = holds === null ? 'waits for it' : holds ? 'it has' : 'it cannot any more';
		return [n === 0 ? 'after' : '', `${id} ${on === 'ready' ? 'is' : 'has'} ${on}: ${known}`];
	});
}

/** Keys that this command line made up mean nothing to a person. */
function ownKey({ key }: Job): string | undefined {
	return key === null || key.startsWith(GENERATED_KEY) ? undefined : key;
}

// A child of the job that asked says so as its parent. A daemon of an older build does not tell.
function askedBy({ origin, parentId }: Job): string | undefined {
	return origin === undefined || origin === `job/${parentId}` ? undefined : origin;
}

export function commandText({ command }: Pick<Job, 'command'>): string | undefined {
	if (command === null) return undefined;
	if (command.shell) return [command.command, ...command.args].join(' ');
	return [command.command, ...command.args].map(quote).join(' ');
}

/** As one could type it. */
function quote(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function folderOf(workspace: string | null): string | undefined {
	return workspace === null ? undefined : fileURLToPath(workspace);
}

function moment(at: number | null, now: number): string | undefined {
	return at === null ? undefined : `${formatTime(at)} (${formatAge(at, now)})`;
}

function duration(job: Job, now: number): string | undefined {
	const time = job.state === 'queued' ? undefined : runTime(job, now);
	return time === undefined ? undefined : formatDuration(time);
}

function progressText({ progress }: Job): string | undefined {
	if (progress === null) return undefined;
	const message = progress.message === undefined ? '' : `  ${progress.message}`;
	return `${`${progressPercent(progress)}  `.trimStart()}${progressAmount(progress)}${message}`;
}

function progressBar({ progress }: Job, view: View): string {
	const fraction = progressFraction(progress);
	return fraction === undefined || view.plain ? '' : `${renderBar(fraction, 16, view.style)} `;
}

function exitText({ exitCode, signal, stopReason }: Job): string | undefined {
	const how = signal !== null ? `signal ${signal}` : exitCode !== null ? `code ${exitCode}` : '';
	const why =
		stopReason === null || stopReason === 'exit' || stopReason === 'signal' ? '' : stopReason;
	return [how, why].filter((part) => part !== '').join(', ') || undefined;
}

function runTable(runs: readonly Run[], now: number, view: View): string[] {
	if (runs.length < 2) return [];
	const columns = [
		{ header: 'RUN', cells: runs.map((run) => String(run.run)), align: 'right' as const, rank: 0 },
		{ header: 'ATTEMPT', cells: runs.map((run) => String(run.attempt)), rank: 2 },
		{ header: 'STARTED', cells: runs.map((run) => formatTime(run.startedAt)), rank: 1 },
		{
			header: 'TOOK',
			cells: runs.map((run) => formatDuration((run.endedAt ?? now) - run.startedAt)),
			align: 'right' as const,
			rank: 0,
		},
		{ header: 'COST', cells: runs.map((run) => costText(run.cost) ?? ''), rank: 4 },
		{ header: 'PID', cells: runs.map((run) => String(run.pid ?? '')), rank: 3 },
		{ header: 'END', cells: runs.map(runEnd), min: 8, rank: 0 },
	];
	const table = renderTable(columns, { ...view, width: view.width - 2 });
	return ['', ...table.map((line) => `  ${line}`)];
}

function runEnd(run: Run): string {
	if (run.endedAt === null) return 'running';
	if (run.signal !== null) return run.signal;
	if (run.reason === 'exit' || run.reason === null) return `exit code ${run.exitCode ?? '?'}`;
	return run.reason;
}

function logTail({ job, tail }: JobDetails, view: View): string[] {
	if (tail.length === 0) return [];
	const { style } = view;
	const lines = tail.map((line) => cut(`  ${style.dim(oneLine(line))}`, view.width, style));
	const whole = style.dim(`  whole log: semantica logs ${shortId(job.id)}`);
	return ['', ...lines, whole];
}
