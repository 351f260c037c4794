/** The live view of one job: a few lines whose number hardly changes, so that nothing jumps. */
import { usualShare } from '../../../shared/usual.ts';
import { type FollowModel, ratePerSecond, timeLeft } from '../follow/model.ts';
import { renderBar } from './bar.ts';
import { formatCount, formatElapsed, formatPercent } from './format.ts';
import { runTime, usualText } from './outcome.ts';
import {
	childrenSummary,
	progressAmount,
	progressFraction,
	progressPercent,
	progressRate,
} from './progress.ts';
import { paintState, shortId, stateWord } from './state.ts';
import type { View } from './style.ts';
import { cellWidth, cut, oneLine, padEnd } from './text.ts';

const MAX_CHILDREN = 6;
const MAX_BAR = 60;
const INDENT = '  ';
/** From this width on, children have bars too. */
const BARS_FROM = 60;

export function renderLive(model: FollowModel, now: number, view: View): string[] {
	const lines = [headLine(model, now, view)];
	const { job } = model;
	if (job.state === 'queued') {
		if (model.waitReason !== undefined) lines.push(INDENT + view.style.dim(model.waitReason));
	} else {
		const fraction = progressFraction(job.progress) ?? usualShare(job, now);
		if (fraction !== undefined) lines.push(barLine(model, fraction, view));
		lines.push(INDENT + factsLine(model, now, view), ...childLines(model, view));
	}
	return lines.map((line) => cut(line, view.width - 1, view.style));
}

function headLine({ job }: FollowModel, now: number, view: View): string {
	const { style } = view;
	const word = stateWord(job, now);
	const left = `${paintState(job.state, `${style.symbols[job.state]} ${word}`, style)}  `;
	const id = shortId(job.id);
	const room = view.width - 1 - cellWidth(left);
	const title = oneLine(job.title);
	// The id is what a person needs to come back to the job; in a narrow window the title gives way.
	const shown = style.bold(cut(title, Math.max(10, room - id.length - 2), style));
	return `${left}${shown}  ${style.dim(id)}`;
}

function barLine({ job }: FollowModel, fraction: number, view: View): string {
	const percent = job.progress?.total
		? progressPercent(job.progress)
		: `~${formatPercent(fraction, 1)}`;
	const width = Math.max(5, Math.min(MAX_BAR, view.width - 1 - INDENT.length - 6));
	return `${INDENT}${renderBar(fraction, width, view.style)} ${percent.padStart(4)}`;
}

function factsLine(model: FollowModel, now: number, view: View): string {
	const { style } = view;
	const { job } = model;
	const facts = progressFacts(model, now);
	const elapsed = runTime(job, now);
	if (elapsed !== undefined) facts.push(formatElapsed(elapsed));
	const usual = job.progress?.total ? undefined : usualText(job, now);
	if (usual !== undefined) facts.push(usual);
	const text = facts.join(` ${style.symbols.dot} `);
	const message = job.progress?.message;
	return message === undefined ? text : `${text}  ${style.dim(oneLine(message))}`;
}

/** Amount, speed and time left, as far as they are known. */
export function progressFacts(model: FollowModel, now: number): string[] {
	const { progress } = model.job;
	if (progress === null) return [];
	const facts = [progressAmount(progress)];
	const rate = ratePerSecond(model, now);
	if (rate !== undefined) facts.push(progressRate(rate, progress.unit));
	const left = timeLeft(model, now);
	if (left !== undefined && left > 0) facts.push(`${formatElapsed(left)} left`);
	return facts;
}

function childLines({ job, running }: FollowModel, view: View): string[] {
	const { style } = view;
	const shown = running.slice(0, MAX_CHILDREN);
	const rest = childrenSummary({
		...job.children,
		running: Math.max(0, (job.children.running ?? 0) - shown.length),
		paused: 0,
	}).replace('running', 'more running');
	const titles = shown.map((child) => oneLine(child.title));
	const titleWidth = Math.min(
		Math.max(0, ...titles.map(cellWidth)),
		Math.max(10, view.width - 1 - (view.width < BARS_FROM ? 18 : 34)),
	);
	const lines = shown.map((child, index) => {
		const last = index === shown.length - 1 && rest === '';
		const icon = paintState(child.state, style.symbols[child.state], style);
		const title = padEnd(cut(titles[index] ?? '', titleWidth, style), titleWidth);
		const branch = style.dim(last ? style.symbols.lastBranch : style.symbols.branch);
		return `${INDENT}${branch} ${icon} ${title}  ${childProgress(child, view)}`.trimEnd();
	});
	if (rest !== '') {
		lines.push(`${INDENT}${style.dim(`${style.symbols.lastBranch} ${rest}`)}`);
	}
	return lines;
}

function childProgress({ progress }: { progress: FollowModel['job']['progress'] }, view: View) {
	if (progress === null) return '';
	const fraction = progressFraction(progress);
	if (fraction === undefined || progress.total === undefined) return progressAmount(progress);
	const numbers = `${formatCount(progress.current)}/${formatCount(progress.total)}`;
	return view.width < BARS_FROM ? numbers : `${renderBar(fraction, 12, view.style)} ${numbers}`;
}

/** The same in one line, for logs and pipes. */
export function renderPlainProgress(model: FollowModel, now: number): string {
	const { job } = model;
	const percent = job.progress === null ? '' : progressPercent(job.progress);
	const facts = [percent, ...progressFacts(model, now)].filter((fact) => fact !== '');
	const reason = job.state === 'queued' ? model.waitReason : undefined;
	const text = facts.length > 0 ? facts.join(', ') : reason;
	return text === undefined ? stateWord(job, now) : `${stateWord(job, now)}: ${text}`;
}
