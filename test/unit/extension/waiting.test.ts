import { describe, expect, it } from 'vitest';
import { jobFlags } from '../../../extension/jobs/store/flags.ts';
import { plainText } from '../../../extension/jobs/text/plainText.ts';
import { createJobText } from '../../../extension/jobs/text/text.ts';
import { createWaitingText } from '../../../extension/jobs/text/waitingText.ts';
import { plainLabel } from '../../../extension/plainLabel.ts';
import type { Job } from '../../../shared/job.ts';
import type { Explanation } from '../../../shared/protocol/jobs.ts';
import { makeJob } from './makeJob.ts';

const NOW = new Date(2026, 4, 3, 14, 5).getTime();
const t = (message: string, ...args: (string | number)[]) =>
	message.replace(/\{(\d)\}/g, (_all, index) => String(args[Number(index)]));
const waiting = createWaitingText(
	t,
	createJobText(t, 'en-GB', () => NOW),
);
const say = (over: Partial<Job>, explanation: Partial<Explanation>) =>
	waiting(makeJob(over), { runnable: false, reasons: [], ...explanation });
const reason = (kind: string, message: string, until?: number) => ({
	kind,
	message,
	since: NOW - 600_000,
	...(until === undefined ? {} : { until }),
});
const event = (name: string) => ({
	constraints: { power: 'any', idle: false, event: name } as const,
});

describe('a tooltip', () => {
	it('says what a job waits for, since when, what starts it, its place, and what Run Now does', () => {
		const power = reason('power', 'waiting for AC power: on battery, 43 %');
		expect(say({ queue: 'index' }, { reasons: [power], position: 3 })).toEqual([
			'Waiting for AC power: on battery, 43 %. Since 13:55. It starts once the machine is plugged in.',
			'3 jobs are ahead of it in queue index.',
			'Run Now starts it anyway, this once.',
		]);
	});

	it.each([
		[
			{},
			reason('time', 'waiting for its start time, in 1 h', NOW + 3_600_000),
			'It starts at 15:05.',
		],
		[event('git.commit'), reason('event', 'x'), 'It starts after the next commit.'],
		[event('tests.green'), reason('event', 'x'), 'It starts on: semantica emit tests.green'],
		[{}, reason('paused', 'everything is paused'), 'It starts after Resume All.'],
		[{}, reason('alone', 'x'), 'It starts when other jobs have ended.'],
	])('knows what starts %o', (over, why, expected) => {
		expect(say(over, { reasons: [why] })[0]).toContain(expected);
	});

	it('offers Run Now only where it helps', () => {
		const runNow = 'Run Now starts it anyway, this once.';
		const subject = reason('subject', 'waiting for job x, which works on the same subject');
		expect(say({}, { reasons: [subject] })).not.toContain(runNow);
		const held = reason('held', 'paused; start it again with Resume');
		expect(say({ held: true }, { reasons: [held] })).not.toContain(runNow);
		expect(say({}, { runnable: true })).toEqual(['Nothing keeps it from running.']);
	});
});

describe('words of other people', () => {
	it('are shown as they are: no markup, no link, no entity, and they break between words', () => {
		const shown = (text: string) =>
			plainText(text).replace(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));
		const nasty = '# **a** [b](command:c) <i>&lt; https://x.y www.z.de a@b.c `d` 1. é 🐑';
		expect(shown(nasty)).toBe(nasty);
		expect(plainText(nasty).replace(/&#\d+;/g, '')).toMatch(/^[\p{L}\p{N} ]*$/u);
		expect(plainText('two\n\nlines')).toBe('two lines');
	});

	it('are no icons in a label', () => {
		expect(plainLabel('echo $(sync) $(sync~spin)')).toBe('echo \\$(sync) \\$(sync~spin)');
		expect(plainLabel('echo $(git log) $HOME $()')).toBe('echo $(git log) $HOME $()');
	});
});

const ASKED = {
	id: 'v',
	question: 'Which\nversion?',
	schema: { type: 'object' as const, properties: { v: { type: 'string' as const } } },
	askedAt: 1,
};

describe('what can be done with a job', () => {
	const over = { finishedAt: 1, startedAt: 1 };
	it.each([
		[{}, 'cancellable runnable changeable pausable'],
		[{ held: true }, 'cancellable changeable resumable'],
		[{ state: 'running', startedAt: 1 }, 'logged cancellable pausable'],
		[{ state: 'running', startedAt: 1, stopping: 'cancel' }, 'logged'],
		[{ state: 'running', startedAt: 1, question: ASKED }, 'logged cancellable answerable pausable'],
		[{ state: 'running', startedAt: 1, question: ASKED, stopping: 'cancel' }, 'logged'],
		[{ state: 'paused', startedAt: 1, held: true }, 'logged cancellable resumable'],
		[{ state: 'paused', startedAt: 1 }, 'logged cancellable runnable pausable'],
		[{ state: 'failed', ...over }, 'logged retryable removable'],
		[{ state: 'superseded', finishedAt: 1 }, 'removable'],
		[{ state: 'failed', ...over, parentId: 'p' }, 'logged'],
	] as const)('%o: %s', (job, flags) => {
		expect(jobFlags(makeJob(job)).join(' ')).toBe(`job ${flags}`);
	});
});
