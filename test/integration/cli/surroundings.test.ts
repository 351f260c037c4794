/** A job is surrounded by what surrounds the shell that asks for it, whoever started the daemon. Linux. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
	DIST,
	enqueue,
	jobEnd,
	readWholeLog,
	shell,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

/** What a job says of its surroundings, a line each. */
const SAY =
	'umask; ulimit -S -n; nice; cat /proc/self/oom_score_adj; ulimit -S -f; ' +
	'for v in LANG LC_ALL TZ TMPDIR TERM SSH_AUTH_SOCK XDG_RUNTIME_DIR; do printenv $v || echo -; done; ' +
	'mktemp -u >/dev/null && echo made; grep SigIgn /proc/self/status';
const NO_SIGNAL_IGNORED = 'SigIgn:\t0000000000000000';

/** A daemon whose first starter was an odd place to be. */
async function startOddly(): Promise<TestDaemon> {
	const folder = temporaryFolder();
	const [node, gone] = [join(folder, 'node'), join(folder, 'gone')];
	mkdirSync(gone);
	const odd =
		'umask 0; ulimit -S -n 500; ulimit -S -f 100000; echo 300 >/proc/self/oom_score_adj; trap "" HUP INT';
	writeFileSync(node, `#!/bin/sh\n${odd}\nexec nice -n 7 '${process.execPath}' "$@"\n`);
	chmodSync(node, 0o755);
	const env = {
		LANG: 'first',
		LC_ALL: 'first',
		TZ: 'Europe/Berlin',
		TMPDIR: gone,
		TERM: 'first',
		SSH_AUTH_SOCK: '/first',
		XDG_RUNTIME_DIR: '/first',
	};
	const daemon = await startDaemon({ execPath: node, env });
	rmSync(gone, { recursive: true });
	return daemon;
}

const runCli = (
	daemon: TestDaemon,
	before: string,
	args: string,
	env: Record<string, string>,
): string =>
	execFileSync(
		'/bin/sh',
		['-c', `${before}; '${process.execPath}' '${join(DIST, 'cli.js')}' ${args}; exit 0`],
		{
			encoding: 'utf8',
			input: JSON.stringify([{ type: 'command', command: { command: 'sh', args: ['-c', SAY] } }]),
			env: { PATH: process.env['PATH'] ?? '', SEMANTICA_HOME: daemon.home, ...env },
		},
	);

describe.skipIf(process.platform !== 'linux')('whoever started the daemon first,', () => {
	test.each([
		['run', `run -- sh -c '${SAY}'`],
		['enqueue', 'enqueue -'],
	])('%s gives the job what surrounds the shell', async (_, args) => {
		const daemon = await startOddly();
		const tmp = temporaryFolder();
		const env = { LANG: 'C', TZ: 'Asia/Tokyo', TMPDIR: tmp, SSH_AUTH_SOCK: '/mine' };
		const id = runCli(daemon, 'umask 027; ulimit -S -n 777', args, env).trim();
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded' });
		const log = await readWholeLog(await daemon.connect(), id);
		expect(log.trimEnd().split('\n').slice(1)).toEqual(
			['0027', '777', '0', '0', 'unlimited', 'C', '-', 'Asia/Tokyo', tmp, '-', '/mine', '-'].concat(
				'made',
				NO_SIGNAL_IGNORED,
			),
		);
		expect((await (await daemon.connect()).request('system/status', {})).warnings).toEqual([]);
	});

	test('a job whose client says nothing has the usual, and its files are ours alone', async () => {
		const daemon = await startOddly();
		const connection = await daemon.connect();
		const [id = ''] = await enqueue(connection, shell(SAY));
		await jobEnd(daemon, id);
		const log = await readWholeLog(connection, id);
		expect(log.trimEnd().split('\n').slice(1)).toEqual(
			[
				'0022',
				'1024',
				'0',
				'0',
				'unlimited',
				'first',
				'first',
				'Europe/Berlin',
				'-',
				'-',
				'-',
				'-',
			].concat('made', NO_SIGNAL_IGNORED),
		);
		for (const file of [daemon.paths.database, daemon.paths.stateFile]) {
			expect(statSync(file).mode & 0o077).toBe(0);
		}
	});

	test('a limit that cannot be raised again is told', async () => {
		const node = join(temporaryFolder(), 'node');
		// In a user namespace of its own root may not raise it either.
		const line = `ulimit -f 4000000; exec unshare -Ur '${process.execPath}' "$@"`;
		writeFileSync(node, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
		const daemon = await startDaemon({ execPath: node });
		const { warnings } = await (await daemon.connect()).request('system/status', {});
		expect(warnings).toEqual([expect.stringMatching(/limit of the size of files \(ulimit -f\)/)]);
	});

	test('it makes no other job under the same key', async () => {
		const daemon = await startDaemon();
		const args = 'run --key k -- true';
		const [first, second] = ['umask 022', 'umask 077; ulimit -S -n 99'].map((before, i) =>
			runCli(daemon, before, args, { TZ: `Etc/GMT${i}` }),
		);
		expect(second).toBe(first);
	});
});
