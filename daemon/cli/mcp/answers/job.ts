/** A job in words for a model: a verdict in the first line, then facts, at last what to call next. */
import type { Job } from '../../../../shared/job.ts';
import { isFinished, isServing } from '../../../../shared/jobTerms.ts';
import type { Explanation } from '../../../../shared/protocol/jobs.ts';
import { formatAge, formatDuration, formatElapsed, formatPercent } from '../../render/format.ts';
import { childrenSummary, progressAmount } from '../../render/progress.ts';
import { plainLine } from './plain.ts';

/** The first line: how it stands, and which job it is. */
export function verdict(job: Job, explanation: Explanation | undefined, now: number): string {
	return `${standing(job, explanation, now)}: ${plainLine(job.title, 120)}`;
}

function standing(job: Job, explanation: Explanation | undefined, now: number): string {
	switch (job.state) {
		case 'queued':
			return `NOT STARTED${reasonsOf(explanation, now)}`;
		case 'running':
			return `${job.stopping === null ? 'RUNNING' : 'STOPPING'}${progressOf(job, now)}`;
		case 'paused':
			return 'PAUSED by a person or a constraint';
		case 'succeeded':
			return `SUCCEEDED${timeOf(job)}`;
		default:
			return `${job.state.toUpperCase()}${endOf(job)}${timeOf(job)}`;
	}
}

/** Why it does not run, and until when. */
function reasonsOf(explanation: Explanation | undefined, now: number): string {
	if (explanation === undefined) return '';
	if (explanation.runnable) return ', starts at once';
	const reasons = explanation.reasons.slice(0, 3).map(({ message, until }) => {
		const said = until === undefined || until <= now || / in \d/.test(message);
		const end = said ? '' : ` (goes on ${formatAge(until, now)})`;
		return `${plainLine(message, 300).replace(/\.$/, '')}${end}`;
	});
	const { position = 0 } = explanation;
	if (position > 0) reasons.push(`${position} of its queue before it`);
	return reasons.length === 0 ? '' : `, ${reasons.join('; ')}`;
}

function progressOf(job: Job, now: number): string {
	const time = job.startedAt === null ? '' : ` for ${formatElapsed(now - job.startedAt)}`;
	if (job.question != null) {
		return `${time}, WAITS FOR AN ANSWER to "${plainLine(job.question.question, 300)}"`;
	}
	if (job.phase === 'children') return `${time}, its children: ${childrenSummary(job.children)}`;
	if (job.progress === null) {
		return job.usualMs === undefined ? time : `${time} (usually ${formatDuration(job.usualMs)})`;
	}
	const { current, total, message } = job.progress;
	const share = total === undefined ? [] : [formatPercent(current, total)];
	const parts = [...share, progressAmount(job.progress), plainLine(message ?? '')];
	return `${time}, ${[...new Set(parts)].filter((part) => part !== '').join(', ')}`;
}

function endOf({ stopReason, signal, exitCode, error }: Job): string {
	if (stopReason === 'exit' && exitCode !== null) return ` with exit code ${exitCode}`;
	if (stopReason === 'signal' && signal !== null) return ` by ${signal}`;
	if (error !== null) return ` (${plainLine(error.message, 300).replace(/\.$/, '')})`;
	return stopReason === null ? '' : ` (${stopReason})`;
}

function timeOf({ startedAt, finishedAt }: Job): string {
	if (startedAt === null) return ', never started';
	return finishedAt === null ? '' : ` after ${formatDuration(finishedAt - startedAt)}`;
}

/** Facts of every answer about one job, in one line. */
export function facts(job: Job): string {
	const parts = [`job_id ${job.id}`];
	if (job.machine) parts.push(`on ${plainLine(job.machine)}`);
	if (job.command?.cwd) parts.push(`in ${plainLine(job.command.cwd)}`);
	if (job.command === null && job.workspace !== null) parts.push(plainLine(job.workspace));
	if (isServing(job)) parts.push('ready, serves until it is cancelled');
	if (job.run > 1) parts.push(`run ${job.run}`);
	if (job.maxAttempts > 1) parts.push(`attempt ${Math.max(1, job.attempt)} of ${job.maxAttempts}`);
	return parts.join(', ');
}

/** A row of a list. */
export function row(job: Job, now: number): string {
	const place = job.command?.cwd ?? job.workspace ?? '';
	const line = [
		job.id,
		standing(job, undefined, now),
		plainLine(job.title, 80),
		job.machine ? `on ${plainLine(job.machine)}` : '',
		place === '' ? '' : `in ${plainLine(place, 120)}`,
		formatAge(job.createdAt, now),
	];
	return line.filter((part) => part !== '').join(' | ');
}

/** What a model had best call next. */
export function nextStep(job: Job): string {
	if (job.needsApproval) {
		return `Next: tell the person that it waits for their approval, in VS Code or with: semantica approve ${job.id}`;
	}
	if (job.question != null) {
		return `Next: tell the person what it asks; they answer in VS Code or with: semantica answer ${job.id}`;
	}
	if (!isFinished(job.state)) {
		return `Next: it goes on by itself. To be woken when it ends: wait_job {"job_ids":["${job.id}"]}`;
	}
	if (job.state !== 'failed' && job.state !== 'expired') return 'Next: nothing to wait for.';
	// It has printed nothing: what is wrong stands in the first line.
	if (job.stopReason === 'spawn') {
		return 'Next: the program was not started, so there is no output to read. Correct the command or its cwd, then call run_job again.';
	}
	return `Next: for the cause, read_log {"job_id":"${job.id}","grep":"error|fail|exception","context":3}`;
}
