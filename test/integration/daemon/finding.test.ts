/** Finding a daemon: that it cannot be asked just now is not that there is none. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findDaemon } from '../../../shared/client/launch.ts';
import { reachDaemon } from '../../../shared/client/reach.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { startDaemon, temporaryFolder } from '../../support/daemon.ts';

/** Connects until nobody more is let in; resolves with why. */
async function fill(endpoint: string): Promise<string | undefined> {
	for (;;) {
		const socket = connect(endpoint);
		onTestFinished(() => void socket.destroy());
		const refused = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
			socket.once('connect', () => resolve(undefined)).once('error', resolve);
		});
		if (refused !== undefined) return refused.code;
	}
}

test.skipIf(process.platform !== 'linux')(
	'a daemon that was stopped, and for which as many wait as may, is there all the same',
	async () => {
		const { paths, state } = await startDaemon();
		process.kill(state.pid, 'SIGSTOP');
		onTestFinished(() => void process.kill(state.pid, 'SIGCONT'));
		expect(await fill(state.endpoint)).toBe('EAGAIN');
		expect(await findDaemon(paths)).toEqual(state);
		await expect(reachDaemon(paths, state)).rejects.toMatchObject({
			kind: 'SYSTEM',
			message: expect.stringMatching(/lets nobody in.*Try again/),
		});
		// Once it goes on they are let in, and whoever waits beside them.
		const reaching = reachDaemon(paths, state);
		process.kill(state.pid, 'SIGCONT');
		(await reaching).socket.destroy();
	},
);

test('what cannot be looked at is told, and is not taken for no daemon', async () => {
	const unread = dataPaths(temporaryFolder());
	mkdirSync(unread.stateFile, { recursive: true });
	await expect(findDaemon(unread)).rejects.toMatchObject({
		kind: 'SYSTEM',
		message: expect.stringMatching(/cannot be told: .*daemon\.json cannot be read \(EISDIR/),
	});
	const paths = dataPaths(temporaryFolder());
	mkdirSync(paths.run);
	const state = {
		pid: 1,
		endpoint: join(paths.run, 'x'.repeat(200)),
		protocol: 1,
		version: '0',
		buildId: 'b',
		instance: 'i',
		startedAt: 0,
	};
	writeFileSync(paths.stateFile, JSON.stringify(state));
	await expect(findDaemon(paths)).rejects.toThrow(/cannot be told: connect/);
	writeFileSync(paths.stateFile, JSON.stringify({ ...state, endpoint: join(paths.run, 'gone') }));
	expect(await findDaemon(paths)).toBeUndefined();
});
