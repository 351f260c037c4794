/** What `semantica service` writes, and what that does. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectOver } from '../../../shared/client/connection.ts';
import { openSocket, readStateFile } from '../../../shared/client/endpoint.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { createCli } from './cli.ts';

/** A systemctl that notes what it is asked; it refuses what `refuse` names. */
function fakeSystemctl(refuse = 'nothing') {
	const folder = temporaryFolder();
	const bin = join(folder, 'bin');
	mkdirSync(bin);
	const calls = join(folder, 'calls');
	writeFileSync(calls, '');
	const program = join(bin, 'systemctl');
	writeFileSync(
		program,
		`#!/bin/sh\necho "$*" >>'${calls}'\ncase "$*" in *${refuse}*) echo 'no, thanks' >&2; exit 1;; esac\n`,
	);
	chmodSync(program, 0o755);
	const env = {
		PATH: `${bin}${delimiter}${process.env['PATH']}`,
		XDG_CONFIG_HOME: join(folder, 'config'),
	};
	return { env, calls: () => readFileSync(calls, 'utf8').split('\n').filter(Boolean) };
}

async function connectTo(home: string) {
	const paths = dataPaths(home);
	const state = await readStateFile(paths);
	const token = readFileSync(paths.tokenFile, 'utf8').trim();
	const socket = await openSocket(state?.endpoint ?? '');
	const connection = await connectOver(socket, { token, client: 'test', version: '0' });
	onTestFinished(() => connection.dispose());
	return connection;
}

interface State {
	readonly name: string;
	readonly file: string;
	readonly installed: boolean;
	readonly current: boolean;
}

describe.runIf(process.platform === 'linux')('semantica service', () => {
	it('installs a unit that systemd finds nothing wrong with, and takes it away', async () => {
		const cli = createCli({ home: join(temporaryFolder(), `it's 100% "mine" $HOME`) });
		const { env, calls } = fakeSystemctl();
		expect((await cli.run(['service', 'status'], { env })).stdout).toContain('No service');
		const installed = await cli.json<State>(['service', 'install'], { env });
		expect(installed).toMatchObject({ installed: true, current: true });
		expect(installed.name).toMatch(/^semantica-[0-9a-f]{8}\.service$/);
		expect(calls()).toEqual([
			'--user show-environment',
			'--user daemon-reload',
			`--user enable --now ${installed.name}`,
			`--user is-enabled --quiet ${installed.name}`,
		]);
		expect(statSync(join(cli.home, 'bin', 'service.sh')).mode & 0o777).toBe(0o700);
		// It speaks to no manager: what it reads are the file and the programs that are named there.
		const verified = spawnSync('systemd-analyze', ['verify', '--user', installed.file], {
			encoding: 'utf8',
			env: { ...process.env, XDG_RUNTIME_DIR: temporaryFolder() },
		});
		if (verified.error === undefined) {
			expect([verified.status, verified.stderr]).toEqual([0, '']);
		}
		expect((await cli.run(['service', 'uninstall'], { env })).stdout).toBe(
			'The service is gone.\n',
		);
		expect(existsSync(installed.file)).toBe(false);
		expect(existsSync(join(cli.home, 'bin', 'service.sh'))).toBe(false);
		expect((await cli.run(['service', 'uninstall'], { env })).stdout).toContain('no service');
	}, 60_000);

	it.each([
		['show-environment', 'does not answer for you (no, thanks)'],
		['enable', 'would not take it: no, thanks'],
	])(
		'leaves nothing where systemd refuses %s',
		async (refuse, sentence) => {
			const cli = createCli();
			const { env } = fakeSystemctl(refuse);
			const { code, stderr } = await cli.run(['service', 'install'], { env });
			expect(code).toBe(1);
			expect(stderr).toContain(sentence);
			expect(existsSync(join(cli.home, 'bin', 'service.sh'))).toBe(false);
			expect((await cli.json<State>(['service', 'status'], { env })).installed).toBe(false);
		},
		60_000,
	);

	it('starts the newest build, which says by its exit that another one is to follow', async () => {
		const cli = createCli();
		const { env } = fakeSystemctl();
		await cli.run(['service', 'install'], { env });
		const start = () => {
			const child = spawn('/bin/sh', [join(cli.home, 'bin', 'service.sh')], {
				env: { PATH: '/usr/bin:/bin', HOME: cli.home },
				stdio: 'ignore',
			});
			const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
			onTestFinished(() => void child.kill('SIGKILL'));
			return { child, ended };
		};
		const first = start();
		await until(() => existsSync(dataPaths(cli.home).stateFile), 'the daemon runs');
		// The manager sees the daemon itself, no one in between.
		expect(await cli.daemonPid()).toBe(first.child.pid);
		// One that finds another there leaves well.
		expect(await start().ended).toBe(0);
		const status = await cli.json<Result<'system/status'>>(['daemon', 'status']);
		expect(status.home).toBe(cli.home);
		await cli.run(['daemon', 'stop']);
		expect(await first.ended).toBe(0);

		const second = start();
		await until(() => existsSync(dataPaths(cli.home).stateFile), 'the daemon runs again');
		const connection = await connectTo(cli.home);
		await connection.request('system/drain', {
			reason: 'a newer build',
			mode: 'handover',
			timeoutMs: 0,
		});
		expect(await second.ended).toBe(75);
		expect(await cli.daemonPid()).toBeUndefined();
	}, 60_000);

	it('is asked for by doctor where schedules are enabled', async () => {
		const cli = createCli();
		const { env } = fakeSystemctl();
		await cli.run(['schedule', 'add', 'nightly', '--cron', '0 3 * * *', '--', 'true'], { env });
		const before = await cli.run(['doctor'], { env });
		expect(before.stdout.replaceAll(/\s+/g, ' ')).toContain('run: semantica service install');
		await cli.run(['service', 'install'], { env });
		const after = await cli.run(['doctor'], { env });
		expect(after.stdout.replaceAll(/\s+/g, ' ')).toContain('schedules live through a reboot');
	}, 60_000);
});
