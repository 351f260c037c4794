import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';

type Status = Result<'system/status'>;

describe('the daemon commands', () => {
	it('start it once, show it, restart it and stop it', async () => {
		const cli = createCli();
		const started = await cli.run(['daemon', 'start']);
		expect(started.stdout).toMatch(/^The Semantica daemon started \(pid \d+/);
		expect((await cli.run(['daemon', 'start'])).stdout).toContain('runs already');
		const pid = await cli.daemonPid();
		expect(await cli.json<Status>(['daemon', 'status'])).toMatchObject({ pid, home: cli.home });
		expect((await cli.run(['daemon', 'status'])).stdout).toContain(`pid ${pid}`);

		expect((await cli.run(['daemon', 'restart'])).code).toBe(0);
		const restarted = await cli.daemonPid();
		expect(restarted).toBeDefined();
		expect(restarted).not.toBe(pid);

		expect((await cli.run(['daemon', 'stop'])).code).toBe(0);
		expect(await cli.daemonPid()).toBeUndefined();
		expect((await cli.run(['daemon', 'stop'])).code).toBe(3);
	});

	it('keep waiting jobs over a restart, and queue running ones again that may be', async () => {
		const cli = createCli();
		await cli.run(['run', '--delay', '1h', '--title', 'later', '--', 'true']);
		const sleeping = cli.start(['logs', await enqueueSleeper(), '-f']);
		await sleeping.saw('first');
		const restarted = await cli.run(['daemon', 'restart']);
		expect(restarted.stderr).toContain('1 running job will be stopped');
		expect(restarted.stderr).toContain('1 waiting job will be kept');
		const { jobs } = await cli.json<Result<'job/list'>>(['list', '--state', 'open']);
		expect(jobs.map((job) => job.title).sort()).toEqual(['later', 'sleeper']);
		// Who follows its log goes on with the next daemon.
		await sleeping.saw('run 2');
		await cli.run(['daemon', 'stop']);
		const { code, stderr } = await sleeping.finished;
		expect([code, stderr]).toEqual([1, expect.stringContaining('runs again')]);
		expect(stderr).toContain('was stopped; job');

		async function enqueueSleeper(): Promise<string> {
			const script = 'echo first; echo run $SEMANTICA_RUN; sleep 600';
			const args = ['run', '--restartable', '--title', 'sleeper', '--', '/bin/sh', '-c', script];
			return (await cli.run(args)).stdout.trim();
		}
	});

	it('let running work finish when asked to', async () => {
		const cli = createCli();
		const go = join(temporaryFolder(), 'go');
		const line = `until [ -e '${go}' ]; do sleep 0.05; done; echo done`;
		const { stdout } = await cli.run(['run', '--', '/bin/sh', '-c', line]);
		const stopping = cli.start(['daemon', 'stop', '--finish']);
		await new Promise((resolve) => stopping.child.stderr?.once('data', resolve));
		writeFileSync(go, '');
		const stopped = await stopping.finished;
		expect(stopped.stderr).toContain('Waiting for 1 running job to finish');
		expect(stopped.code).toBe(0);
		await cli.run(['daemon', 'start']);
		expect((await cli.run(['logs', stdout.trim()])).stdout).toContain('done');
	});

	it('refuse a data folder that cannot be', async () => {
		const { code, stderr } = await createCli().run(['daemon', 'start'], {
			env: { SEMANTICA_HOME: '/dev/null/semantica' },
		});
		expect(code).toBe(1);
		expect(stderr).toMatch(/cannot write to its data folder|SEMANTICA_HOME/);
	});
});

describe('doctor', () => {
	it('finds all well, and else what the status warns of', async () => {
		const cli = createCli();
		const folder = temporaryFolder();
		await cli.run(['index', folder, '--wait']);
		const well = await cli.run(['doctor']);
		expect([well.code, well.stdout]).toEqual([0, expect.not.stringContaining('problem')]);

		rmSync(folder, { recursive: true });
		await cli.run(['daemon', 'stop']);
		writeFileSync(join(cli.home, 'config.json'), '{');
		await cli.run(['daemon', 'start']);
		const ill = await cli.run(['doctor']);
		expect(ill.code).toBe(1);
		expect(ill.stdout).toMatch(/^problem +warnings: .*config\.json/m);
		expect(ill.stdout).toMatch(/^problem +indexes: .*is not there/m);
	});
});

describe('status', () => {
	it('shows daemon, jobs and queues, and all of it as JSON', async () => {
		const cli = createCli();
		await cli.run(['run', '--wait', '--queue', 'builds', '--', 'true']);
		const { stdout } = await cli.run(['status']);
		expect(stdout).toMatch(/Semantica \d.*running/);
		expect(stdout).toContain('1 succeeded');
		expect(stdout).toContain('No folder is indexed yet');
		const both = await cli.json<{ system: Status; indexes: unknown[] }>(['status']);
		expect(both.system.counts.succeeded).toBe(1);
		expect(both.indexes).toEqual([]);
	});
});
