/** Why a job is where it is, in a few words: for the last column of a list. */
import type { Job } from '../../../shared/job.ts';
import { isServing } from '../../../shared/jobTerms.ts';
import { formatAge, formatDuration } from './format.ts';
import { childrenSummary, progressAmount, progressPercent } from './progress.ts';
import { shortId } from './state.ts';
import { oneLine } from './text.ts';

export function jobDetail(job: Job, now: number): string {
	switch (job.state) {
		case 'queued':
			return queuedDetail(job, now);
		case 'running':
		case 'paused':
			return runningDetail(job, now);
		case 'succeeded':
			if (job.unchangedSince) return `unchanged since ${shortId(job.unchangedSince)}`;
			return job.progress === null || job.progress.current === 0
				? ''
				: progressAmount({ ...job.progress, total: undefined });
		default:
			return exitDetail(job) ?? stopDetail(job);
	}
}

function queuedDetail(job: Job, now: number): string {
	if (job.needsApproval) return `waits for you: semantica approve ${shortId(job.id)}`;
	if (job.held) return 'held until it is resumed';
	if (job.runAt <= now) return '';
	const when = formatAge(job.runAt, now);
	if (job.restarts) return `${restartsText(job)} ${when}`;
	return job.attempt > 0 ? `attempt ${job.attempt + 1} of ${job.maxAttempts} ${when}` : when;
}

function runningDetail(job: Job, now: number): string {
	// A daemon of an older build does not tell.
	if (job.question != null) return `asks: ${oneLine(job.question.question)}`;
	if (job.progress === null) {
		if (job.phase === 'children') return childrenSummary(job.children);
		return readiness(job) || (usualText(job, now) ?? '');
	}
	const percent = progressPercent(job.progress);
	return [readiness(job), percent, progressAmount(job.progress)]
		.filter((part) => part !== '')
		.join('  ');
}

/** Of a job that runs and serves nobody. */
export function usualText(job: Job, now: number): string | undefined {
	const { usualMs, startedAt } = job;
	if (usualMs === undefined || startedAt === null || isServing(job)) return undefined;
	const usual = formatDuration(usualMs);
	return now - startedAt > usualMs ? `longer than the usual ${usual}` : `usually ${usual}`;
}

/** Of a job that serves, beside its state. A daemon of an older build does not tell. */
function readiness(job: Job): string {
	if (!job.ready) return '';
	const place = job.ready.port === undefined ? '' : `port ${job.ready.port}`;
	const known = isServing(job) ? place : 'not ready yet';
	return [known, restartsText(job)].filter((part) => part !== '').join(', ');
}

function restartsText({ restarts }: Job): string {
	return restarts ? `restart ${restarts}` : '';
}

/** A finished job's sentence, or the bare facts where the daemon gave none. */
export function stopDetail(job: Job): string {
	return job.error === null ? (exitDetail(job) ?? '') : oneLine(job.error.message);
}

/** How its process ended, where that was what ended the job. */
function exitDetail({ stopReason, signal, exitCode }: Job): string | undefined {
	if (stopReason === 'signal' && signal !== null) return `ended by ${signal}`;
	if (stopReason === 'exit' && exitCode !== null && exitCode !== 0) return `exit code ${exitCode}`;
	return undefined;
}

/** How long it ran: until now, or until it ended. Undefined when it never started. */
export function runTime(job: Job, now: number): number | undefined {
	if (job.startedAt === null) return undefined;
	return (job.finishedAt ?? now) - job.startedAt;
}

export function runTimeText(job: Job, now: number): string {
	const time = job.state === 'queued' ? undefined : runTime(job, now);
	return time === undefined ? '' : formatDuration(time);
}
