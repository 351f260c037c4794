/** Jobs that wait for others, as a person writes them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';

type Enqueued = Result<'job/enqueue'>;

describe('semantica run --after', () => {
	it('starts a job when another has succeeded; show and explain say what it waits for', async () => {
		const cli = createCli();
		const gate = join(temporaryFolder(), 'gate');
		const line = `until [ -e '${gate}' ]; do sleep 0.02; done`;
		const first = (
			await cli.run(['run', '--title', 'build', '--', 'sh', '-c', line])
		).stdout.trim();
		const after = ['--after', first.slice(-8), '--after', `${first}:ended`];
		const second = (await cli.run(['run', ...after, '--', 'true'])).stdout.trim();
		expect((await cli.run(['explain', second])).stdout).toContain('«build»');
		const shown = (await cli.run(['show', second])).stdout;
		expect(shown).toContain(`${first} has succeeded: waits for it`);
		expect(shown).toContain(`${first} has ended: waits for it`);
		const listed = await cli.json<Result<'job/list'>>(['list', `after:${first}`, '--json']);
		expect(listed.jobs.map(({ id }) => id)).toEqual([second]);
		writeFileSync(gate, '');
		expect((await cli.run(['wait', second])).code).toBe(0);
	});

	it('refuses what it does not understand, and jobs that there are not', async () => {
		const cli = createCli();
		const id = (await cli.run(['run', '--', 'true'])).stdout.trim();
		const bad = await cli.run(['run', '--after', `${id}:failed`, '--', 'true']);
		expect(bad).toMatchObject({ code: 2, stdout: '' });
		expect(bad.stderr).toContain('write ID, ID:ended for');
		const nobody = await cli.run(['run', '--after', '018f4d2e', '--', 'true']);
		expect(nobody.code).toBe(1);
		expect((await cli.json<Result<'job/list'>>(['list', '--json'])).jobs).toHaveLength(1);
	});
});

describe('a job that serves', () => {
	it('is waited for until it is ready; list, show and explain say whether it is', async () => {
		const cli = createCli();
		const gate = join(temporaryFolder(), 'gate');
		const line = `until [ -e '${gate}' ]; do sleep 0.02; done; echo listening; sleep 600`;
		const ready = ['--ready', 'listen', '--ready-timeout', '5m'];
		const id = (await cli.run(['run', ...ready, '--', 'sh', '-c', line])).stdout.trim();
		const after = ['--after', `${id.slice(-8)}:ready`];
		const waiter = (await cli.run(['run', ...after, '--', 'true'])).stdout.trim();
		expect((await cli.run(['wait', '--ready', '--timeout', '1s', id])).code).toBe(4);
		expect((await cli.run(['explain', id])).stdout).toContain('running, and not ready yet');
		expect((await cli.run(['explain', waiter])).stdout).toContain('is ready; it is running');
		const before = (await cli.run(['show', id])).stdout;
		expect(before).toContain('not yet: when a line matches listen, within 5m');
		expect((await cli.run(['show', waiter])).stdout).toContain(`${id} is ready: waits for it`);
		writeFileSync(gate, '');
		const waited = await cli.run(['wait', '--ready', id]);
		expect(waited).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ready /) });
		expect((await cli.run(['wait', waiter])).code).toBe(0);
		expect((await cli.run(['list', '--state', 'running'])).stdout).toContain('serving');
		await cli.run(['cancel', id]);
		await cli.run(['wait', id]);
	});

	it('and one that ends before it is ready is 4 for those who wait for that', async () => {
		const cli = createCli();
		const ready = ['--ready', 'never said'];
		const id = (await cli.run(['run', ...ready, '--', 'true'])).stdout.trim();
		const waited = await cli.run(['wait', '--ready', id]);
		expect(waited).toMatchObject({
			code: 4,
			stderr: expect.stringContaining('before being ready'),
		});
		expect((await cli.run(['run', '--ready', '(', '--', 'true'])).stderr).toContain('refused');
	});
});

describe('a file of jobs that wait for each other', () => {
	const job = (index?: number) =>
		JSON.stringify({
			type: 'command',
			command: { command: 'true' },
			...(index === undefined ? {} : { after: [{ index }] }),
		});

	it('counts within the file, however many requests it takes', async () => {
		const cli = createCli();
		const lines = Array.from({ length: 1002 }, (_, at) =>
			job(at === 0 ? undefined : at < 1001 ? 0 : 1000),
		);
		const { jobs } = await cli.json<Enqueued>(['enqueue', '-', '--json'], {
			input: lines.join('\n'),
		});
		const [{ id: first } = { id: '' }] = jobs;
		const afterOf = async (at: number) =>
			(await cli.json<Result<'job/get'>>(['show', jobs[at]?.id ?? '', '--json'])).job.after[0]?.id;
		expect(await afterOf(999)).toBe(first);
		expect(await afterOf(1000)).toBe(first);
		expect(await afterOf(1001)).toBe(jobs[1000]?.id);
	});

	it('is refused with the line that names a later one, or one that is not there', async () => {
		const cli = createCli();
		const later = await cli.run(['enqueue', '-'], { input: [job(), '', job(2), job()].join('\n') });
		expect(later.code).toBe(2);
		expect(later.stderr).toContain('In line 3: after.0.index: names line 4');
		const none = await cli.run(['enqueue', '-'], { input: [job(), job(5)].join('\n') });
		expect(none.stderr).toContain('names job 5, which the file does not have');
	});
});

it('retry takes along what could not run, and --no-dependents does not', async () => {
	const cli = createCli();
	const file = [
		{ type: 'command', command: { command: 'false' } },
		{ type: 'command', command: { command: 'true' }, after: [{ index: 0 }] },
	];
	const { jobs } = await cli.json<Enqueued>(['enqueue', '-', '--json'], {
		input: JSON.stringify(file),
	});
	const [bad = '', waiter = ''] = jobs.map(({ id }) => id);
	await cli.run(['wait', waiter]);
	const alone = await cli.json<Result<'job/retry'>>(['retry', bad, '--no-dependents', '--json']);
	expect(alone.jobs.map(({ retryOf }) => retryOf)).toEqual([bad]);
	const all = await cli.json<Result<'job/retry'>>(['retry', bad, '--json']);
	expect(all.jobs.map(({ retryOf }) => retryOf)).toEqual([bad, waiter]);
});
