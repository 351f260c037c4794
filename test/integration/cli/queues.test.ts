/** `semantica queue` and `group`, and what they do to jobs. */
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { createCli } from './cli.ts';

describe('on the command line', () => {
	it('a group lets one of its jobs run at a time, until a person lets more', async () => {
		const cli = createCli();
		const job = ['run', '--group', 'tests', '--'];
		const first = (await cli.run([...job, 'sleep', '60'])).stdout.trim();
		const second = (
			await cli.run(['run', '-q', 'other', '--group', 'tests', '--', 'sleep', '60'])
		).stdout.trim();
		const explained = await cli.run(['explain', second]);
		expect(explained.stdout).toContain('aiting for a place in group tests (1 of 1 taken by');
		expect(explained.stdout).toContain(first.slice(-8));
		const { stdout } = await cli.run(['group', '--json']);
		expect(JSON.parse(stdout)).toEqual({
			groups: [{ name: 'tests', limit: 1, set: false, running: 1, queued: 1 }],
		});
		const listed = await cli.run(['list', 'group:tests', '--json']);
		expect((JSON.parse(listed.stdout) as Result<'job/list'>).jobs).toHaveLength(2);
		expect((await cli.run(['show', second])).stdout).toContain('tests');

		const limited = await cli.run(['group', 'tests', '--limit', '2']);
		expect(limited.stdout).toBe('Of group tests 2 jobs may run at once.\n');
		await cli.run(['cancel', first, second]);
		expect((await cli.run(['wait', first, second])).code).toBe(4);
		const { stdout: got } = await cli.run(['show', second, '--json']);
		expect((JSON.parse(got) as Result<'job/get'>).job.startedAt).not.toBeNull();
		expect((await cli.run(['group', 'tests', '--limit', 'default'])).stdout).toContain(
			'1 job may run at once, as its jobs say',
		);
	}, 60_000);

	it('a queue is shown and changed, and its rate holds jobs back', async () => {
		const cli = createCli();
		await cli.run(['daemon', 'start']);
		const changed = await cli.run(['queue', 'api', '-c', '2', '--rate', '1/1h', '--json']);
		expect(JSON.parse(changed.stdout)).toEqual({
			...{ name: 'api', concurrency: 2, paused: false, rate: { count: 1, perMs: 3_600_000 } },
			limits: null,
		});
		expect((await cli.run(['run', '-q', 'api', '--wait', '--', 'true'])).code).toBe(0);
		const held = (await cli.run(['run', '-q', 'api', '--', 'true'])).stdout.trim();
		expect((await cli.run(['explain', held])).stdout).toContain(
			'he rate of queue api, 1 per hour, is used up; the next may start in',
		);
		expect((await cli.run(['queue', 'api', '--pause'])).stdout).toMatch(
			/api .*0\/2.*1 per hour.*paused/,
		);
		expect((await cli.run(['queue', 'api', '--resume', '--rate', 'none'])).stdout).not.toContain(
			'per',
		);
		expect((await cli.run(['wait', held])).code).toBe(0);
		expect((await cli.run(['queue'])).stdout).toMatch(/^QUEUE.*\n\* /);
	}, 60_000);

	it.each([
		[['queue', '--pause'], 'Name the queue to change'],
		[['queue', 'q', '--pause', '--resume'], 'not both'],
		[['queue', '*', '--rate', '1/s'], 'it belongs to one queue'],
		[['queue', 'q', '--concurrency', '0'], 'It must be from 1 to 1024'],
		[['group', '--limit', '2'], 'Name the group to limit'],
		[['run', '--group-limit', '2', '--', 'true'], 'say of which group'],
		[['list', 'tests'], 'is no filter'],
	])(
		'%j is a mistake',
		async (args, message) => {
			const cli = createCli();
			await cli.run(['daemon', 'start']);
			const { code, stderr } = await cli.run(args);
			expect(stderr).toContain(message);
			expect(code).toBe(2);
		},
		60_000,
	);
});
