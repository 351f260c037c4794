/** Signals that mean nothing to the daemon; above all the one at which a Node opens its debugger to everybody. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectOver } from '../../../shared/client/connection.ts';
import { openSocket, readToken } from '../../../shared/client/endpoint.ts';
import { dataPaths } from '../../../shared/paths.ts';
import {
	DIST,
	enqueue,
	jobEnd,
	runToEnd,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { createCli } from '../cli/cli.ts';
import { ensure } from './launching.ts';

const SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO'] as const;

/** TCP sockets that a process has open, listening or not. */
function tcpSockets(pid: number): string[] {
	const inodes = ['tcp', 'tcp6'].flatMap((table) =>
		(existsSync(`/proc/${pid}/net/${table}`)
			? readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
			: ''
		)
			.split('\n')
			.map((line) => line.trim().split(/\s+/)[9]),
	);
	return readdirSync(`/proc/${pid}/fd`)
		.map((fd) => {
			try {
				return readlinkSync(`/proc/${pid}/fd/${fd}`);
			} catch {
				return '';
			}
		})
		.filter((link) => link.startsWith('socket:') && inodes.includes(link.slice(8, -1)));
}

describe.skipIf(process.platform !== 'linux')('a daemon', () => {
	test('takes no notice of them', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const { pid } = daemon.state;
		for (const signal of SIGNALS) process.kill(pid, signal);
		// It has answered after the signals: they have been dealt with.
		for (let i = 0; i < 20; i++) await connection.request('system/status', {});
		expect(await ensure(daemon.home)).toEqual(daemon.state);
		expect(tcpSockets(pid)).toEqual([]);
		expect(daemon.log()).not.toContain('Debugger');
	});

	test('does not open its debugger from its first moment on', async () => {
		const { state } = await startDaemon();
		const blocked = /^SigBlk:\s*([0-9a-f]+)$/m.exec(
			readFileSync(`/proc/${state.pid}/status`, 'latin1'),
		);
		const bit = 1n << BigInt(constants.signals.SIGUSR1 - 1);
		expect(BigInt(`0x${blocked?.[1]}`) & bit).toBe(bit);
	});

	test('that was started by hand takes no notice either', async () => {
		const home = temporaryFolder();
		const paths = dataPaths(home);
		const child = spawn(process.execPath, [join(DIST, 'daemon.js')], {
			env: { ...process.env, SEMANTICA_HOME: home },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		onTestFinished(() => void child.kill('SIGKILL'));
		let said = '';
		for (const stream of [child.stdout, child.stderr])
			stream.on('data', (text) => {
				said += text;
			});
		await until(() => existsSync(paths.stateFile), 'it listens');
		const pid = child.pid ?? 0;
		for (const signal of SIGNALS) process.kill(pid, signal);
		const socket = await openSocket((await ensure(home)).endpoint);
		const token = await readToken(paths);
		const connection = await connectOver(socket, { token, client: 'test', version: '0' });
		onTestFinished(() => connection.dispose());
		for (let i = 0; i < 20; i++) {
			expect((await connection.request('system/status', {})).pid).toBe(pid);
		}
		expect(tcpSockets(pid)).toEqual([]);
		expect(said).not.toContain('Debugger');
	});

	test('whose starter is being debugged is not: its options for Node are not handed down', async () => {
		const daemon = await startDaemon({ env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
		const connection = await daemon.connect();
		expect(tcpSockets(daemon.state.pid)).toEqual([]);
		const [id = ''] = await enqueue(connection, shell('printenv NODE_OPTIONS'));
		expect(await jobEnd(daemon, id)).toMatchObject({ exitCode: 1 });
	});

	test('leaves them to its jobs', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		for (const signal of ['USR1', 'USR2', 'ALRM']) {
			const job = await runToEnd(
				daemon,
				connection,
				shell(`trap 'exit 7' ${signal}; kill -${signal} $$; sleep 60`),
			);
			expect(job, signal).toMatchObject({ exitCode: 7 });
			const killed = await runToEnd(daemon, connection, shell(`kill -${signal} $$; sleep 60`));
			expect(killed, signal).toMatchObject({ state: 'failed', signal: `SIG${signal}` });
		}
	});
});

test.skipIf(process.platform === 'win32')(
	'a command line that waits opens no debugger',
	async () => {
		const cli = createCli();
		const flag = join(temporaryFolder(), 'go');
		const line = `while [ ! -e '${flag}' ]; do sleep 0.05; done`;
		const { child, finished } = cli.start(['run', '--wait', '--', 'sh', '-c', line]);
		await until(() => existsSync(dataPaths(cli.home).stateFile), 'it has a daemon');
		process.kill(child.pid ?? 0, 'SIGUSR1');
		writeFileSync(flag, '');
		const { code, stderr } = await finished;
		expect(code).toBe(0);
		expect(stderr).not.toContain('Debugger');
	},
);
