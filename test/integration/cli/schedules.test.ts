import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { createCli } from './cli.ts';

type Listed = Result<'schedule/list'>;

describe('semantica schedule', () => {
	it('adds, lists, explains, pauses, resumes, runs and removes', async () => {
		const cli = createCli();
		const added = await cli.run([
			...['schedule', 'add', 'nightly', '--cron', '0 3 * * *', '--tz', 'Europe/Berlin'],
			...['--jitter', '10m', '--tag', 'night', '--', 'sh', '-c', 'echo "$SEMANTICA_DUE_AT"'],
		]);
		expect(added).toMatchObject({ code: 0, stderr: '' });
		expect(added.stdout).toMatch(/^nightly: next in \d+ (h|min)\n$/);
		const { schedules } = await cli.json<Listed>(['schedule', 'list']);
		expect(schedules).toMatchObject([
			{
				name: 'nightly',
				when: { cron: '0 3 * * *' },
				timezone: 'Europe/Berlin',
				missed: 'once',
				overlap: 'skip',
				jitterMs: 600_000,
				enabled: true,
				spec: { tag: 'night', command: { command: 'sh', cwd: process.cwd() } },
			},
		]);
		expect((await cli.run(['schedule', 'list'])).stdout).toMatch(/nightly {2}0 3 \* \* \*/);
		expect((await cli.run(['schedule', 'pause', 'nightly'])).stdout).toBe('nightly: paused\n');
		expect((await cli.run(['schedule', 'list', 'nightly'])).stdout).toContain(
			'time zone   Europe/Berlin',
		);
		expect((await cli.run(['schedule', 'resume', 'nightly'])).stdout).toContain('next in');
		const { stdout: id } = await cli.run(['schedule', 'run', 'nightly']);
		const { job } = await cli.json<Result<'job/get'>>(['show', id.trim()]);
		expect(job.origin).toBe('schedule/nightly');
		expect(await cli.run(['schedule', 'remove', 'nightly'])).toMatchObject({ code: 0 });
		const gone = await cli.run(['schedule', 'run', 'nightly']);
		expect([gone.code, gone.stderr]).toEqual([
			1,
			'There is no schedule "nightly". "semantica schedule list" shows those that there are.\n',
		]);
	});

	it.each([
		[['--cron', '61 * * * *'], '--cron: Field 1 (minute) cannot be "61".'],
		[['--cron', '0 0 30 2 *'], '--cron: "0 0 30 2 *" never comes: no day is like that.'],
		[['--cron', '@daily', '--tz', 'Mars/Olympus'], '--tz: "Mars/Olympus" is no time zone.'],
		[['--every', '10ms'], '--every: it must be at least 1s.'],
		[['--every', '1m', '--end', '2020-01-01'], '--end: The end of the schedule is over already.'],
		[['--at', '2020-01-01'], '--at: That time is over already.'],
		[['--every', '1m', '--missed', 'all'], '--missed: '],
		[['--every', '1m', '--cron', '@daily'], 'Say when it is due'],
		[[], 'Say when it is due'],
	])('add with %j is a mistake of whoever typed it', async (options, message) => {
		const { code, stderr } = await createCli().run([
			...['schedule', 'add', 'x', ...options, '--', 'true'],
		]);
		expect(stderr).toContain(message);
		expect(code).toBe(2);
	});

	it('says by its exit code that no daemon runs, and starts none to list', async () => {
		const { code } = await createCli().run(['schedule', 'list']);
		expect(code).toBe(3);
	});
});

it('--after waits for the newest job of another schedule, which must be there', async () => {
	const cli = createCli();
	const add = (name: string, ...more: string[]) =>
		cli.run(['schedule', 'add', name, '--every', '1h', ...more, '--', 'true']);
	const early = await add('report', '--after', 'nightly');
	expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('Put that one first') });
	expect((await add('report', '--after', 'nightly:soon')).code).toBe(2);
	await add('nightly');
	expect((await add('report', '--after', 'nightly:ended')).code).toBe(0);
	expect((await cli.run(['schedule', 'list', 'report'])).stdout).toContain(
		'the newest job of schedule nightly has ended',
	);
	await cli.run(['schedule', 'run', 'nightly']);
	const begun = (await cli.run(['schedule', 'run', 'report'])).stdout.trim();
	expect((await cli.run(['wait', begun])).code).toBe(0);
	expect((await cli.run(['show', begun])).stdout).toContain('has ended: it has');
});
