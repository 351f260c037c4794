/** The files of the data folder cannot be looked at, as after `chmod -R 600`, which does not bite root. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeFolders, writeStateFile, writeToken } from '../../../daemon/instance/files.ts';
import { createHolding } from '../../../daemon/instance/holding.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { FakeClock } from '../../support/queue.ts';

test('what cannot be looked at ends nothing: no work begins until it can be', async () => {
	const paths = dataPaths(temporaryFolder());
	makeFolders(paths);
	writeFileSync(paths.database, '');
	const endpoint = join(paths.run, 'daemon.sock');
	const server = createServer().listen(endpoint);
	onTestFinished(() => void server.close());
	await once(server, 'listening');
	const state = {
		pid: process.pid,
		endpoint,
		protocol: 1,
		version: '1.0.0',
		buildId: 'b',
		builtAt: 1,
		instance: 'me',
		startedAt: 1,
		proves: true,
	};
	writeToken(paths, 'token');
	writeStateFile(paths, state);

	let denied = false;
	const look = () => {
		if (denied) throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
		return 'held' as const;
	};
	const lock = { look, release: () => {}, drop: () => {} };
	const clock = new FakeClock();
	const [lost, mended, warn, writeFiles] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
	const holding = createHolding({
		paths,
		clock,
		state,
		token: 'token',
		lock,
		lockAnew: () => lock,
		makeFolders: () => {},
		writeFiles,
		listenAnew: async () => {},
		mended,
		lost,
		warn,
	});
	onTestFinished(() => holding.close());
	expect(holding.holds()).toBe(true);

	denied = true;
	writeFileSync(join(paths.run, 'seen by the watch'), '');
	await until(() => clock.pending.length > 0, 'it is to be looked at again');
	expect(holding.holds()).toBe(false);
	clock.advance(250);
	expect(warn).toHaveBeenCalledWith(expect.stringContaining('permission denied'));
	expect(mended).not.toHaveBeenCalled();

	denied = false;
	clock.advance(5000);
	expect(mended).toHaveBeenCalledOnce();
	expect(holding.holds()).toBe(true);
	denied = true;
	expect(holding.holds()).toBe(false);
	expect(() => holding.close()).not.toThrow();
	expect([lost.mock.calls, writeFiles.mock.calls]).toEqual([[], []]);
});
