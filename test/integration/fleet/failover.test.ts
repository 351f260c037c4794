/** A standby that lagged takes over: what was acknowledged last is delivered again, and what nobody remembers is stopped. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';

const why = whyNoServers();

/** Two at once would say so; the lock goes with the last process of a run. */
const noting = (file: string, seconds: number) =>
	`exec 9>>${file}.lock; flock -n 9 || echo overlap >>${file}; echo begin >>${file}; sleep ${seconds}; echo end >>${file}`;

describe.skipIf(why !== undefined)('an asynchronous standby', () => {
	test('that takes over without the last second loses the documented, and nothing else', async () => {
		const servers = await startFleetServers();
		onTestFinished(() => servers.stop());
		await servers.logins('laptop', 'box');
		await servers.owner.run("UPDATE fleet.config SET lease = '6 seconds'");
		const standby = await servers.standby();
		onTestFinished(() => standby.stop());
		const address = (name: string) =>
			`postgres://${name}@127.0.0.1:${servers.postgres.port},127.0.0.1:${standby.port}/postgres`;
		const laptop = await joinMachine(servers, 'laptop', { address: address('laptop') });
		const box = await joinMachine(servers, 'box', { address: address('box') });
		await box.accept(laptop.key, { commands: true, atMost: 8 });
		await laptop.accept(box.key);
		const folder = temporaryFolder();
		const at = (name: string) => join(folder, name);
		const run = (name: string, seconds: number, ...more: string[]) =>
			laptop.submit('--on', 'box', ...more, '--', 'sh', '-c', noting(at(name), seconds));

		// Both servers know of this one; it goes on while nothing answers.
		const known = await run('known', 10);
		await jobThat(laptop, known, (job) => job.state === 'running');
		const caughtUp = async () =>
			(
				await servers.owner.run(
					'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) = 0 AS yes FROM pg_stat_replication',
				)
			)[0]?.['yes'] ?? false;
		await expect.poll(caughtUp, { timeout: 60_000 }).toBe(true);
		await standby.kill();
		// Of these the standby knows nothing: one runs already, one waits, and both were acknowledged.
		const moved = await run('moved', 6, '--restartable', '--grace', '1s');
		const lines = (name: string) =>
			existsSync(at(name)) ? readFileSync(at(name), 'utf8').trim().split('\n') : [];
		await expect.poll(() => lines('moved'), { timeout: 60_000 }).toEqual(['begin']);
		const waiting = await laptop.submit(
			'--pool',
			'later',
			'--',
			'sh',
			'-c',
			noting(at('later'), 0),
		);
		await expect.poll(async () => (await laptop.status()).undelivered, { timeout: 60_000 }).toBe(0);
		await servers.postgres.kill();
		await standby.start();
		const owner = await standby.promote();

		expect((await jobThat(laptop, known, finished)).state).toBe('succeeded');
		expect((await jobThat(laptop, moved, finished)).state).toBe('succeeded');
		await box.accept(laptop.key, { commands: true, atMost: 8, pools: ['later'] });
		expect((await jobThat(laptop, waiting, finished)).state).toBe('succeeded');
		expect(lines('known')).toEqual(['begin', 'end']);
		expect(lines('later')).toEqual(['begin', 'end']);
		// The new server gave it the number that the old one had given it before.
		expect(lines('moved')).toEqual(['begin', 'begin', 'end']);
		const ids = [known, moved, waiting];
		const rows = await owner.run('SELECT state FROM fleet.job WHERE id = ANY ($1::uuid[])', [ids]);
		expect(rows.map(({ state }) => state)).toEqual([10, 10, 10]);
	});
});
