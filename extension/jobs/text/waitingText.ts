/** Why a job waits, in whole sentences: what for, since when, what starts it, its place, and what Run Now does. */
import type { Job } from '../../../shared/job.ts';
import type { Explanation } from '../../../shared/protocol/jobs.ts';
import { WAIVED_BY_RUN_NOW } from '../../../shared/waiting.ts';
import { jobFlags } from '../store/flags.ts';
import { type JobText, sentence, type Translate } from './text.ts';

/** Paragraphs, in reading order. */
export type WaitingText = (job: Job, explanation: Explanation) => string[];

export function createWaitingText(t: Translate, text: JobText): WaitingText {
	const start = (job: Job, { kind, until }: Explanation['reasons'][number]): string | undefined => {
		switch (kind) {
			case 'time':
			case 'backoff':
				return until === undefined ? undefined : t('It starts at {0}.', text.time(until));
			case 'event':
				return startedByEvent(job);
			case 'power':
				return t('It starts once the machine is plugged in.');
			case 'battery':
				return t('It starts once the battery is charged or the machine is plugged in.');
			case 'idle':
				return t('It starts once nobody uses the machine.');
			case 'cpu':
				return t('It starts once other programs need less of the processors.');
			case 'limit':
				return t('It starts when another job has ended.');
			case 'alone':
				return t('It starts when other jobs have ended.');
			case 'paused':
				return t('It starts after Resume All.');
			case 'subject':
				return t('It starts when that job has ended.');
			case 'yielded':
				return t('It goes on by itself as soon as it may.');
			default:
				return undefined;
		}
	};

	const startedByEvent = ({ constraints, workspace }: Job): string => {
		switch (constraints?.event) {
			case 'git.commit':
				return workspace === null
					? t('It starts after the next commit.')
					: t('It starts after the next commit in its folder.');
			case 'workspace.opened':
				return t('It starts when a window opens its folder.');
			case 'window.closed':
				return t('It starts when a window with its folder is closed.');
			default:
				return t('It starts on: semantica emit {0}', constraints?.event ?? '');
		}
	};

	return (job, { runnable, reasons, position = 0 }) => {
		const waits = reasons.map((reason) =>
			[sentence(reason.message), t('Since {0}.', text.time(reason.since)), start(job, reason)]
				.filter((part) => part !== undefined)
				.join(' '),
		);
		if (runnable) waits.push(t('Nothing keeps it from running.'));
		if (position === 1) waits.push(t('1 job is ahead of it in queue {0}.', job.queue));
		if (position > 1) waits.push(t('{0} jobs are ahead of it in queue {1}.', position, job.queue));
		const waived = reasons.some(({ kind }) => WAIVED_BY_RUN_NOW.has(kind));
		if (waived && jobFlags(job).includes('runnable')) {
			waits.push(t('Run Now starts it anyway, this once.'));
		}
		return waits;
	};
}
