/** The whole story of one job as a text. */
import { describe, expect, test } from 'vitest';
import { createDetails } from '../../../extension/jobs/text/details.ts';
import { createJobText } from '../../../extension/jobs/text/text.ts';
import { createWaitingText } from '../../../extension/jobs/text/waitingText.ts';
import { makeJob } from './makeJob.ts';

const t = (message: string, ...args: (string | number)[]) =>
	message.replace(/\{(\d)\}/g, (_, n) => String(args[Number(n)]));
const AT = new Date(2026, 0, 5, 10, 0).getTime();
const text = createJobText(t, 'en', () => AT + 60_000);
const details = createDetails(t, text, createWaitingText(t, text));
const run = {
	run: 1,
	attempt: 1,
	startedAt: AT,
	endedAt: AT + 3_000,
	pid: null,
	exitCode: 7,
	signal: null,
	reason: 'exit' as const,
	cost: null,
};

describe('the details of a job', () => {
	test('tell how it ended: its runs, its error, its parts, and the end of what it printed', () => {
		const job = makeJob({
			id: 'a',
			title: 'make\n\u001b[31mred\u202e',
			state: 'failed',
			stopReason: 'exit',
			exitCode: 7,
			startedAt: AT,
			finishedAt: AT + 3_000,
			error: { code: 'EXIT', message: 'It broke.' },
			command: { command: 'make', args: ['all'], cwd: '/p', shell: false, env: ['CI', 'TOKEN'] },
			after: [{ id: 'b', on: 'succeeded', holds: true }],
			tag: 'nightly',
		});
		const found = { job, runs: [run], explanation: { runnable: false, reasons: [] } };
		const children = [makeJob({ id: 'c', title: 'part', state: 'succeeded' })];
		const story = details({ found, children, tail: 'first\n\u001b[32mlast\u001b[0m\n' });
		const [title] = story.split('\n');
		expect(title).toBe('make red ');
		expect(story).toMatch(/\nState: +exit code 7 · 10:00/);
		expect(story).toMatch(/\nError: +It broke\.\n/);
		expect(story).toMatch(/\nCommand: +make all\nFolder: +\/p\n/);
		expect(story).toMatch(/\nVariables: +CI, TOKEN\n/);
		expect(story).toMatch(/\nTag: +nightly\n/);
		expect(story).toContain('\nWaits for\n  b (succeeded): holds\n');
		expect(story).toMatch(/\nRuns\n {2}Run 1: +attempt 1, 10:00.*, 3 s, exit code 7\n/);
		expect(story).toMatch(/\nParts\n {2}succeeded: +part \(c\)\n/);
		expect(story.endsWith('\nThe end of its output\n  first\n  last\n')).toBe(true);
		expect(story).not.toContain('Why it does not run');
	});

	test('tell why it waits, and nothing of what has not been', () => {
		const job = makeJob({ id: 'a', title: 'later', state: 'queued' });
		const reasons = [{ kind: 'limit', message: 'queue default is full', since: AT }];
		const explanation = { runnable: false, reasons, usualMs: 60_000 };
		const story = details({ found: { job, runs: [], explanation }, children: [], tail: '' });
		expect(story).toMatch(/^later\n\nWhy it does not run\n {2}.*[Qq]ueue default is full/);
		expect(story).toMatch(/\nUsually takes: +1 min 0 s\n/);
		for (const heading of ['Runs', 'Parts', 'Waits for', 'The end of its output']) {
			expect(story).not.toContain(`\n${heading}\n`);
		}
	});
});
