/** What a person is shown of a call before it is done. */
import { describe, expect, test } from 'vitest';
import { createCallText } from '../../../extension/ai/callText.ts';

const t = (message: string, ...args: (string | number)[]) =>
	message.replace(/\{(\d)\}/g, (_, n) => String(args[Number(n)]));
const textOf = createCallText(t);

describe('a command', () => {
	test('is shown to the letter, with its folder and its limit', () => {
		const { doing, question } = textOf('run_job', {
			command: ['rm', '-rf', 'a b', '\u202e', 'x\n--', ''],
			cwd: '/home/me/my project',
		});
		expect(question).toEqual({
			title: 'Run this as a job?',
			code: 'rm -rf "a b" "\\u{202e}" "x\\n--" ""',
			facts: ['Folder: "/home/me/my project"', 'Ended after 30 min at the latest.'],
		});
		expect(doing).toBe('Running rm -rf "a b" "\\u{202e}" "x\\n--" ""');
	});

	test('is shown with all that changes what it does, when, and to whom', () => {
		const { doing, question } = textOf('run_job', {
			command: 'make && ./deploy',
			shell: true,
			cwd: '/p',
			title: 'deploy',
			env: { LD_PRELOAD: './x.so', A: '1 2' },
			timeout_seconds: 90,
			retries: 3,
			queue: 'slow',
			subject: 'site',
			on_newer: 'abort',
			start_when: { mains: true, idle: true, event: 'git.commit', not_before: 'x', after: ['1'] },
		});
		expect(doing).toBe('Running deploy');
		expect(question?.code).toBe('"make && ./deploy"');
		expect(question?.facts).toEqual([
			'Folder: /p',
			'A line for a shell.',
			'With its own variables: LD_PRELOAD=./x.so "A=1 2".',
			'Ended after 90 s at the latest.',
			'Run again up to 3 times when it fails.',
			'Stops what runs and what waits with the subject site.',
			'Waits for mains power.',
			'Waits until nobody uses the machine.',
			'Waits for the event git.commit.',
			'Not before x.',
			'After the jobs 1.',
			'Queue: slow',
		]);
		const facts = (more: object) =>
			textOf('run_job', { command: ['a'], cwd: '/p', ...more }).question?.facts.slice(1);
		expect(facts({ subject: 's', timeout_seconds: 90_000 })).toEqual([
			'Ended after 25 h at the latest.',
			'Takes the place of what waits with the subject s.',
		]);
		expect(facts({ subject: 's', on_newer: 'queue' })).toHaveLength(1);
	});
});

test('what stops or writes is asked about, what looks is not', () => {
	expect(
		textOf('cancel_job', { job_ids: ['a', 'b'], reason: 'in the way' }).question?.facts,
	).toEqual(['The jobs a b.', 'It says why: "in the way"']);
	expect(textOf('cancel_job', { tag: 'all of it' }).question?.facts).toEqual([
		'All unfinished jobs with the tag "all of it" that it asked for.',
	]);
	expect(textOf('index_folder', { folder: '/p' }).question?.facts).toEqual(['Folder: /p']);
	for (const name of ['wait_job', 'get_job', 'list_jobs', 'read_log', 'search_code']) {
		expect(textOf(name, { query: 'x' }).question).toBeUndefined();
	}
});
