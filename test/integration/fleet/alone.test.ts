/** A daemon that joined no shared queue pays nothing for those that did. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
	DIST,
	enqueue,
	jobEnd,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { straced, whyNoStrace } from '../../support/strace.ts';

const why = whyNoStrace();
if (why !== undefined) console.warn(`That no driver is read: not proved, since ${why}.`);

test.skipIf(why !== undefined)(
	'not one byte of the driver is read, and no key is made',
	async () => {
		const trace = join(temporaryFolder(), 'trace');
		const daemon = await startDaemon({
			execPath: straced(['-e', 'trace=openat,connect', '-o', trace]),
		});
		const connection = await daemon.connect();
		const [id = ''] = await enqueue(connection, shell('true'));
		expect((await jobEnd(daemon, id)).state).toBe('succeeded');
		await connection.request('system/diagnose', {});
		expect((await connection.request('job/list', { filter: { text: 'true' } })).jobs).toHaveLength(
			1,
		);
		// Who only looks makes none.
		const status = await connection.request('fleet/status', {});
		expect(status).toMatchObject({ joined: false, id: null, key: null });
		const refused = connection.request('fleet/submit', {
			jobs: [{ on: 'box', spec: shell('true') }],
		});
		await expect(refused).rejects.toThrow('has joined no shared queue');
		await daemon.kill();
		const calls = readFileSync(trace, 'utf8');
		expect(calls).toContain('/daemon.js');
		expect(calls).not.toMatch(/\/pg\.js|AF_INET/);
		expect(existsSync(join(DIST, 'pg.js'))).toBe(true);
		expect(existsSync(join(daemon.home, 'fleet.key'))).toBe(false);
	},
);
