/** `semantica worker`: programs that the daemon starts when there is work for them. */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { DIST } from '../../support/daemon.ts';
import { createCli } from './cli.ts';

const PROGRAM = resolve(import.meta.dirname, '../workers/program.mjs');
const CLIENT = pathToFileURL(join(DIST, 'client.mjs')).href;

it('adds one, shows it, starts it again and takes it away', async () => {
	const cli = createCli();
	const add = ['worker', 'add', 'embed', '--type', 'acme.pid'];
	const added = await cli.run([...add, '--idle', '10m', '--', process.execPath, PROGRAM, CLIENT]);
	expect(added).toEqual({
		code: 0,
		stdout: 'Worker embed does acme.pid: it is started when there is work\n',
		stderr: '',
	});
	const job = JSON.stringify({ type: 'acme.pid' });
	const { jobs } = await cli.json<Result<'job/enqueue'>>(['enqueue', '-'], { input: job });
	expect((await cli.run(['wait', jobs[0]?.id ?? ''])).code).toBe(0);
	const shown = await cli.run(['worker', 'list']);
	expect(shown.stdout).toMatch(/^WORKER +STATE +TYPES/);
	expect(shown.stdout).toMatch(/embed +ready, pid \d+, 0 running +acme\.pid/);
	const before = await cli.json<Result<'worker/list'>>(['worker', 'list']);
	expect(before.workers).toMatchObject([{ state: 'ready', idleMs: 600_000 }]);
	expect((await cli.run(['worker', 'restart', 'embed'])).stdout).toBe(added.stdout);
	expect((await cli.run(['worker', 'remove', 'embed'])).stderr).toBe('Worker embed is removed.\n');
	expect((await cli.run(['worker', 'list'])).stderr).toContain('No workers yet. Try: semantica');
	const again = await cli.run(['worker', 'restart', 'embed']);
	expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('no worker embed') });
	const usage = await cli.run(['worker', 'add', 'embed', '--', 'node']);
	expect(usage).toMatchObject({ code: 2, stderr: expect.stringContaining('--type') });
});
