/** A daemon that runs out of something says so and goes on. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { need } from '../../chaos/capabilities.ts';
import { runToEnd, shell, startDaemon } from '../../support/daemon.ts';

test('doctor answers without a free descriptor, and the daemon lives', async (context) => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const { pid } = daemon.state;
	const limit = (count: number) =>
		spawnSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]).status === 0;
	need(context, process.platform === 'linux' && limit(1024), 'prlimit of util-linux');
	// Every descriptor below the limit is taken: the highest one may lie above.
	const open = readdirSync(`/proc/${pid}/fd`).map(Number);
	let free = 0;
	while (open.includes(free)) free++;
	limit(free);
	const { checks } = await connection.request('system/diagnose', {});
	expect(checks.find(({ name }) => name === 'database')).toMatchObject({
		ok: false,
		message: expect.stringContaining('EMFILE'),
	});
	limit(1024);
	expect(await runToEnd(daemon, connection, shell('true'))).toMatchObject({ state: 'succeeded' });
	expect(daemon.state.pid).toBe(pid);
});
