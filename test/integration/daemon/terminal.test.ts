/** Jobs with a terminal of their own, under a real daemon. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	logSays,
	readWholeLog,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import {
	commandLineOf,
	livingProcesses,
	marked,
	newMarker,
	parentOf,
	until,
} from '../../support/processes.ts';
import { hasTerminals } from '../../support/terminals.ts';

const ESCAPE = '\u001b\\[';

/** The processes that hold terminals for that daemon. */
const holders = (daemon: number) =>
	livingProcesses().filter(
		(pid) => parentOf(pid) === daemon && commandLineOf(pid).includes('/terminal.js '),
	);

const printed = async (...of: Parameters<typeof readWholeLog>) =>
	(await readWholeLog(...of)).replace(/^\[semantica\].*\n/gm, '');

describe.skipIf(!hasTerminals)('a job with a terminal', () => {
	it('is in the foreground of one, whole, with its colours and its exit code', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const line = [
			'test -t 0 && test -t 1 && test -t 2 && echo "all three"',
			'stty size; echo "$TERM"; echo oops >&2; ls --color=auto -d /usr',
			'sh -c "echo to it >/dev/tty"',
			`echo '::semantica progress {"current":1,"total":2}'; echo '::semantica result {"a":1}'`,
			'echo pass"$SECRET_TOKEN"word; seq 1 100000 | tail -n 1',
			'printf end; exit 3',
		].join('; ');
		const spec = shell(line, { pty: true });
		const env = { ...spec.command?.env, SECRET_TOKEN: 'abcdefgh', COLUMNS: '99', LINES: '7' };
		const command = { ...spec.command, command: '/bin/sh', env };
		const [id = ''] = await enqueue(connection, { ...spec, command });
		expect(await jobEnd(daemon, id)).toMatchObject({
			state: 'failed',
			exitCode: 3,
			pty: true,
			progress: { current: 1, total: 2 },
			result: { a: 1 },
		});
		expect((await printed(connection, id)).split('\r\n')).toEqual([
			'all three',
			'7 99',
			'xterm-256color',
			'oops',
			expect.stringMatching(new RegExp(`^${ESCAPE}.*/usr${ESCAPE}0m$`)),
			'to it',
			'pass***word',
			'100000',
			'end',
		]);
		await until(() => holders(daemon.state.pid).length === 0, 'its terminal is gone');
	});

	it('reads its payload all the same, every byte of it, and no job without pty has one', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const [id = '', other = ''] = await enqueue(
			connection,
			shell('cat; test -t 0 || echo; test -t 1 && echo "a terminal"', {
				pty: true,
				payload: 'a\u0003\u0004b',
			}),
			shell('test -t 1 || echo none'),
		);
		await jobEnd(daemon, id);
		await jobEnd(daemon, other);
		expect(await printed(connection, id)).toBe('a\u0003\u0004b\r\na terminal\r\n');
		expect(await printed(connection, other)).toBe('none\n');
	});

	it('is stopped, paused and ended with what it has begun, wherever that went', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const [asked, deaf] = [newMarker(), newMarker()];
		const [first = '', second = ''] = await enqueue(
			connection,
			shell(`trap 'echo told; exit 7' TERM; echo up; sleep ${asked} & wait`, { pty: true }),
			shell(
				`trap '' TERM HUP; set -m; sleep ${deaf} & setsid sleep ${deaf} & echo up; sleep ${deaf}`,
				{
					pty: true,
					graceMs: 100,
				},
			),
		);
		for (const id of [first, second]) await logSays(daemon, id, 'up\r\n');
		await connection.request('job/pause', { ids: [first] });
		await jobWhen(daemon, first, (job) => job.state === 'paused');
		await connection.request('job/cancel', { ids: [first, second] });
		expect(await jobEnd(daemon, first)).toMatchObject({ state: 'cancelled' });
		expect(await printed(connection, first)).toContain('told\r\n');
		await jobEnd(daemon, second);
		await until(() => marked(asked).length + marked(deaf).length === 0, 'nobody is left');
		await until(() => holders(daemon.state.pid).length === 0, 'their terminals are gone');
	});

	it('does not outlive its daemon, nor does its terminal, and is no other exit for it', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const marker = newMarker();
		const [id = ''] = await enqueue(
			connection,
			shell(`trap '' HUP; while echo ${marker}; do :; done; exit 5`, { pty: true }),
		);
		await logSays(daemon, id, marker);
		const held = holders(daemon.state.pid);
		expect(held).toHaveLength(1);
		await daemon.kill();
		for (const pid of held) await gone(pid);
		await until(() => marked(marker).length === 0, 'nobody is left');
		await daemon.restart();
		expect(await jobEnd(daemon, id)).toMatchObject({ stopReason: 'interrupted', exitCode: null });
	});

	it('ends with its terminal, where somebody ends that', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const marker = newMarker();
		const [id = ''] = await enqueue(
			connection,
			shell(`trap '' HUP; echo up; sleep ${marker}`, { pty: true }),
		);
		await logSays(daemon, id, 'up\r\n');
		for (const pid of holders(daemon.state.pid)) process.kill(pid, 'SIGKILL');
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'failed', stopReason: 'signal' });
		expect(marked(marker)).toEqual([]);
		expect(daemon.log()).toContain(`The terminal of job ${id} is gone`);
	});

	it('has its errors found and its readiness seen through colours', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const cwd = temporaryFolder();
		writeFileSync(join(cwd, 'a.c'), '');
		const [id = ''] = await enqueue(connection, {
			type: 'command',
			pty: true,
			errors: ['$gcc'],
			ready: { pattern: '^listening$' },
			command: {
				command: '/bin/sh',
				cwd,
				args: [
					'-c',
					`printf '\\033[1ma.c:3:7:\\033[0m \\033[31merror:\\033[0m no such thing\\n'; printf '\\033[32mlistening\\033[0m\\n'; sleep 0.2; exit 1`,
				],
			},
		});
		const job = await jobEnd(daemon, id);
		expect(job.readyAt).not.toBeNull();
		expect((await connection.request('job/errors', { id })).problems).toMatchObject([
			{ line: 3, column: 7, message: 'no such thing' },
		]);
	});
});

test('only a command has one', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await expect(
		connection.request('job/enqueue', { jobs: [{ type: 'acme.embed', pty: true }] }),
	).rejects.toThrow('pty');
});
