/** Jobs in words: row descriptions, tooltips, outcomes. Every state is said, not only coloured. */
import { fileURLToPath } from 'node:url';
import type { Job } from '../../../shared/job.ts';
import { isFailure, isServing, type JobState } from '../../../shared/jobTerms.ts';
import { indexSummary, skippedCount } from '../../indexing/summary.ts';
import { isEarly, isOver, steppedAside } from '../store/groups.ts';
import { rowTitle } from './title.ts';

/** The shape of vscode.l10n.t; tests pass their own. */
export type Translate = (message: string, ...args: (string | number)[]) => string;

export interface JobText {
	state(job: Job): string;
	/** Progress of what runs, the reason of what waits, the outcome of what is over. */
	description(job: Job, waitingReason: string | undefined): string;
	/** A row for a screen reader: the title, the state in words, and what else the row says. */
	aloud(job: Job, description: string): string;
	/** One sentence about a job that is over. */
	outcome(job: Job): string;
	/** One sentence about several that are over. */
	ended(jobs: readonly Job[], count: number, failed: number): string;
	/** What indexing a folder came to, by its result. */
	indexed(folder: string, result: unknown): string;
	/** The facts of a tooltip as name and value, in reading order. */
	facts(job: Job, usualMs?: number): [name: string, value: string][];
	duration(ms: number): string;
	/** A time of today as hours and minutes, another one with its day. */
	time(at: number): string;
}

export function createJobText(t: Translate, locale: string, now: () => number): JobText {
	// Formatters take some 20 ms to make, which activation must not pay.
	const number = lazily(() => new Intl.NumberFormat(locale));
	const clock = lazily(() => new Intl.DateTimeFormat(locale, HOURS));
	const dayClock = lazily(() => new Intl.DateTimeFormat(locale, { ...DAY, ...HOURS }));

	const time = (at: number): string => {
		const sameDay = new Date(at).toDateString() === new Date(now()).toDateString();
		return (sameDay ? clock : dayClock)().format(at);
	};

	const duration = (ms: number): string => {
		if (ms < 950) return t('{0} ms', Math.max(0, Math.round(ms)));
		if (ms < 9_950) return t('{0} s', number().format(Math.round(ms / 100) / 10));
		const seconds = Math.round(ms / 1000);
		if (seconds < 60) return t('{0} s', seconds);
		const minutes = Math.floor(seconds / 60);
		if (minutes < 60) return t('{0} min {1} s', minutes, seconds % 60);
		return t('{0} h {1} min', Math.floor(minutes / 60), minutes % 60);
	};

	const states: Record<JobState, string> = {
		queued: t('waiting'),
		running: t('running'),
		paused: t('paused'),
		succeeded: t('succeeded'),
		failed: t('failed'),
		cancelled: t('cancelled'),
		superseded: t('replaced by a newer job'),
		expired: t('expired'),
	};

	const amount = (job: Job): string | undefined => {
		const progress = job.progress;
		if (progress === null) return undefined;
		const unit = progress.unit === undefined ? '' : ` ${progress.unit}`;
		if (progress.total === undefined) {
			return progress.current > 0 ? `${number().format(progress.current)}${unit}` : undefined;
		}
		return t(
			'{0} of {1}{2}',
			number().format(progress.current),
			number().format(progress.total),
			unit,
		);
	};

	// A daemon of an older build does not tell.
	const readiness = (job: Job): string | undefined => {
		if (!job.ready) return undefined;
		return isServing(job) ? t('serving') : t('not ready yet');
	};

	const current = (job: Job): string =>
		(job.state === 'running' ? readiness(job) : undefined) ?? states[job.state];

	const running = (job: Job): string => {
		if (job.stopping !== null) return t('stopping');
		// A daemon of an older build does not tell.
		if (job.question != null) return t('asks: {0}', job.question.question.replace(/\s+/g, ' '));
		if (job.state === 'paused') return states.paused;
		const percent = progressPercent(job);
		const parts = [
			readiness(job),
			percent === undefined ? undefined : `${percent}%`,
			amount(job),
			job.progress?.message,
		].filter((part) => part !== undefined && part !== '');
		return parts.length > 0 ? parts.join(' · ') : states.running;
	};

	const waiting = (job: Job, reason: string | undefined): string => {
		if (job.stopping !== null) return t('stopping');
		if (job.needsApproval) return t('waits for your approval');
		if (job.held) return t('held until resumed');
		// The daemon knows better what it waits for, where it has told.
		if (reason !== undefined) return reason;
		if (!isEarly(job, now() + 1_000)) return states.queued;
		return job.attempt > 0
			? t('attempt {0} of {1} at {2}', job.attempt + 1, job.maxAttempts, time(job.runAt))
			: t('starts at {0}', time(job.runAt));
	};

	const failure = (job: Job): string => {
		if (job.state === 'expired') return states.expired;
		if (job.stopReason === 'timeout') return t('took too long');
		if (job.stopReason === 'memory') return t('took too much memory');
		if (job.stopReason === 'ready') return t('was not ready in time');
		if (job.stopReason === 'interrupted') return t('interrupted');
		if (job.stopReason === 'signal' && job.signal !== null) return t('ended by {0}', job.signal);
		if (job.stopReason === 'children') return t('a part of it failed');
		if (job.exitCode !== null && job.stopReason === 'exit') return t('exit code {0}', job.exitCode);
		return job.error?.message ?? states.failed;
	};

	const over = (job: Job): string => {
		const what = job.state === 'failed' ? failure(job) : states[job.state];
		const took =
			job.state === 'succeeded' && job.startedAt !== null && job.finishedAt !== null
				? duration(job.finishedAt - job.startedAt)
				: undefined;
		const at = job.finishedAt === null ? undefined : time(job.finishedAt);
		return [what, took, at].filter((part) => part !== undefined).join(' · ');
	};

	// What succeeded has it in its state already.
	const took = (job: Job): string | undefined =>
		job.startedAt === null || job.finishedAt === null || job.state === 'succeeded'
			? undefined
			: duration(job.finishedAt - job.startedAt);

	// A daemon of an older build tells nothing.
	const cost = ({ cost }: Job): string | undefined => {
		const { cpuMs = null, peakMemoryBytes = null } = cost ?? {};
		const parts = [
			cpuMs === null ? '' : t('{0} CPU', duration(cpuMs)),
			peakMemoryBytes === null
				? ''
				: t('up to {0} MB', number().format(Math.ceil(peakMemoryBytes / 1e6))),
		];
		return parts.filter((part) => part !== '').join(', ') || undefined;
	};

	const files = (count: number): string =>
		count === 1 ? t('1 file') : t('{0} files', number().format(count));

	const result = (job: Job): string | undefined => {
		if (job.result === null) return undefined;
		const { files: count, skipped } = indexSummary(job.result);
		if (!job.type.startsWith('index.') || count === undefined) {
			return JSON.stringify(job.result).slice(0, 200);
		}
		const reasons = [...skipped].map(([reason, count]) => `${number().format(count)} ${reason}`);
		if (reasons.length === 0) return files(count);
		return t('{0}, skipped {1}', files(count), reasons.join(', '));
	};

	const description = (job: Job, reason: string | undefined): string =>
		onMachine(job, rowTitle(standing(job, reason)));

	const standing = (job: Job, reason: string | undefined): string => {
		if (job.state === 'queued') return waiting(job, reason);
		if (steppedAside(job) && job.stopping === null) return reason ?? states.paused;
		return isOver(job) ? over(job) : running(job);
	};

	return {
		state: (job) => states[job.state],
		description,
		aloud: (job, description) =>
			`${rowTitle(job.title)}, ${withState(states[job.state], description)}`,
		duration,
		time,
		outcome: (job) => {
			const title = rowTitle(job.title);
			if (job.state === 'succeeded') {
				const ms = (job.finishedAt ?? 0) - (job.startedAt ?? job.finishedAt ?? 0);
				return t('{0}: succeeded after {1}.', title, duration(ms));
			}
			if (job.state !== 'failed') return t('{0}: {1}.', title, states[job.state]);
			const sentence = job.error?.message;
			return sentence === undefined
				? t('{0} failed: {1}.', title, failure(job))
				: t('{0} failed. {1}', title, sentence);
		},
		ended: (jobs, count, failed) => {
			// Who reads of some that failed wants to know which.
			const meant = failed === 0 ? jobs : jobs.filter(({ state }) => isFailure(state));
			const named = meant.slice(0, NAMED).map(({ title }) => rowTitle(title));
			const more = (failed === 0 ? count : failed) > named.length;
			const names = [...named, ...(more ? ['…'] : [])].join(', ');
			if (failed === 0) return t('{0} jobs ended: {1}', count, names);
			if (failed === count) return t('{0} jobs failed: {1}', count, names);
			return t('{0} jobs ended, {1} of them failed: {2}', count, failed, names);
		},
		indexed: (folder, result) => {
			const summary = indexSummary(result);
			if (summary.files === undefined) return t('{0} is indexed.', folder);
			const skipped = skippedCount(summary);
			const count = files(summary.files - skipped);
			return skipped === 0
				? t('{0} is indexed: {1}.', folder, count)
				: t('{0} is indexed: {1}, {2} skipped.', folder, count, number().format(skipped));
		},
		facts: (job, usualMs) => {
			const facts: [string, string | null | undefined][] = [
				[t('State'), isOver(job) ? over(job) : current(job)],
				[t('Progress'), isOver(job) ? null : amount(job)],
				[t('Result'), result(job)],
				[t('Error'), job.error?.message],
				[t('Command'), job.command && [job.command.command, ...job.command.args].join(' ')],
				[t('Folder'), job.command?.cwd ?? (job.workspace && folderPath(job.workspace))],
				[t('Machine'), job.machine],
				[t('Queue'), job.queue],
				[t('Attempts'), job.maxAttempts > 1 ? t('{0} of {1}', job.attempt, job.maxAttempts) : null],
				[t('Created'), time(job.createdAt)],
				[t('Started'), job.startedAt === null ? null : time(job.startedAt)],
				[t('Ready'), job.readyAt ? time(job.readyAt) : null],
				[t('Took'), took(job)],
				[t('Usually takes'), usualMs === undefined ? null : duration(usualMs)],
				[t('Cost'), cost(job)],
				[t('Asked by'), job.origin],
				[t('Id'), job.id],
			];
			return facts.filter((fact): fact is [string, string] => typeof fact[1] === 'string');
		},
	};
}

/** With the machine in front where that is another one. */
function onMachine({ machine }: Job, description: string): string {
	return machine === undefined ? description : `${machine} · ${description}`;
}

/** Of several jobs so many titles. */
const NAMED = 3;

const HOURS = { hour: 'numeric', minute: '2-digit' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;

function lazily<T>(make: () => T): () => T {
	let made: T | undefined;
	return () => {
		made ??= make();
		return made;
	};
}

// What some client called a folder need not be a path on this machine.
function folderPath(uri: string): string {
	try {
		return fileURLToPath(uri);
	} catch {
		return uri;
	}
}

/** The description with the state in front, unless it begins with it. */
function withState(state: string, description: string): string {
	return description === state || description.startsWith(`${state} `)
		? description
		: `${state}, ${description}`;
}

/** Words of the daemon as a sentence: "it is paused already" → "It is paused already." */
export function sentence(words: string): string {
	const text = words.charAt(0).toUpperCase() + words.slice(1);
	return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** 0 to 100, or undefined where nobody knows the total. */
export function progressPercent(job: Job): number | undefined {
	const progress = job.progress;
	if (progress?.total === undefined || progress.total === 0) return undefined;
	return Math.min(100, Math.floor((100 * progress.current) / progress.total));
}
