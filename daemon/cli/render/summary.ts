/** The last words about a job that was followed, or was waited for until it was ready. */
import type { Job } from '../../../shared/job.ts';
import { isFinished } from '../../../shared/jobTerms.ts';
import type { IndexStatus } from '../../../shared/protocol/indexing.ts';
import { formatBytes, formatCount, formatDuration, plural } from './format.ts';
import { runTime, stopDetail } from './outcome.ts';
import { progressRate } from './progress.ts';
import { paintState, shortId } from './state.ts';
import type { View } from './style.ts';
import { cellWidth, cut, oneLine, wrap } from './text.ts';

/** `index` is what the folder's index holds now, after an index job. */
export function renderSummary(job: Job, index: IndexStatus | undefined, view: View): string[] {
	const lines = [headLine(job, view)];
	if (!isFinished(job.state)) return lines;
	if (job.unchangedSince) {
		const text = `nothing ran: unchanged since ${shortId(job.unchangedSince)}`;
		return [...lines, ...indented(text, view)];
	}
	if (job.state !== 'succeeded') return [...lines, ...indented(stopDetail(job), view)];
	if (index === undefined) return lines;
	const amounts = indexAmounts(job, index).join(` ${view.style.symbols.dot} `);
	const skipped = indented(skippedText(index.skipped), view).map(view.style.dim);
	const leftOut = indented(leftOutText(job.result), view).map(view.style.dim);
	return [...lines, ...indented(amounts, view), ...skipped, ...leftOut];
}

function headLine(job: Job, view: View): string {
	const { style } = view;
	const dot = ` ${style.symbols.dot} `;
	const icon = view.plain ? '' : `${style.symbols[job.state]} `;
	const word = isFinished(job.state) ? job.state : 'ready';
	const state = paintState(job.state, `${icon}${word}`, style);
	const took = runTime(job, job.finishedAt ?? job.readyAt ?? job.createdAt);
	const time = took === undefined ? '' : `${dot}${formatDuration(took)}`;
	const rest = `${time}${dot}${style.dim(view.plain ? job.id : shortId(job.id))}`;
	const room = Math.max(10, view.width - cellWidth(state) - 2 - cellWidth(rest));
	return `${state}  ${style.bold(cut(oneLine(job.title), room, style))}${rest}`;
}

function indented(text: string, view: View): string[] {
	return text === '' ? [] : wrap(text, view.width - 3).map((line) => `  ${line}`);
}

/** What the index holds, what this job changed in it and how fast. */
function indexAmounts(job: Job, index: IndexStatus): string[] {
	const changed = numberIn(job.result, 'changed');
	const removed = numberIn(job.result, 'removed');
	const took = runTime(job, job.finishedAt ?? job.createdAt);
	const parts = [plural(index.files, 'file'), formatBytes(index.bytes)];
	if (changed === 0 && removed === 0) parts.push('nothing changed');
	else if (changed < index.files) parts.push(`${formatCount(changed)} changed`);
	if (removed > 0) parts.push(`${formatCount(removed)} removed`);
	if (changed > 0 && took !== undefined && took > 0) {
		parts.push(progressRate((changed * 1000) / took, 'files'));
	}
	return parts;
}

function skippedText(skipped: IndexStatus['skipped']): string {
	const reasons = Object.entries(skipped).filter(([, count]) => count > 0);
	if (reasons.length === 0) return '';
	const total = reasons.reduce((sum, [, count]) => sum + count, 0);
	const parts = reasons
		.sort((a, b) => b[1] - a[1])
		.map(([reason, count]) => `${formatCount(count)} ${oneLine(reason).replaceAll('-', ' ')}`);
	return `skipped ${plural(total, 'file')}: ${parts.join(', ')}`;
}

function leftOutText(result: Job['result']): string {
	const counts = Object.entries(fieldsOf(fieldsOf(result)['leftOut']));
	const parts = counts.map(([entry, count]) =>
		count === 1 ? oneLine(entry) : `${oneLine(entry)} (${String(count)} times)`,
	);
	if (parts.length === 0) return '';
	return `left out by default: ${parts.join(', ')}; --no-default-excludes lets it in`;
}

/** A job's result is whatever the job said: a number is taken where there is one. */
function numberIn(result: Job['result'], name: string): number {
	const value = fieldsOf(result)[name];
	return typeof value === 'number' ? value : 0;
}

function fieldsOf(value: unknown): Record<string, unknown> {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** After Ctrl-C: the job goes on, and how to see it again. */
export function renderDetached(id: string, view: View): string[] {
	const short = shortId(id);
	const { style } = view;
	const row = (what: string, command: string) => `  ${what.padEnd(12)}${style.bold(command)}`;
	return [
		`Not following any more; job ${short} goes on.`,
		row('look again', `semantica show ${short}`),
		row('its log', `semantica logs ${short} -f`),
		row('stop it', `semantica cancel ${short}`),
	];
}
