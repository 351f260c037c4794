/** Jobs that wait change between a machine and the shared queue; whatever is killed meanwhile, none is lost or doubled. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { createConnection } from '../../../daemon/fleet/connection.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { type FleetMachine, finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { chooseSeed, createRandom } from '../../support/random.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('laptop', 'box');
	await servers.owner.run("UPDATE fleet.config SET lease = '3 seconds'");
});
afterAll(() => servers?.stop());

const noting = (file: string, cwd: string): JobSpecInput => ({
	type: 'command',
	command: { command: 'sh', args: ['-c', `echo run >>'${file}'`], cwd },
});

async function fresh(name: string): Promise<FleetMachine> {
	await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
	return joinMachine(servers, name);
}

describe.skipIf(why !== undefined)('jobs that change between queues', () => {
	test('what can leave runs elsewhere, what cannot stays with the reason, and what nobody has comes back', async () => {
		const laptop = await fresh('laptop');
		const box = await joinMachine(servers, 'box');
		const folder = temporaryFolder();
		await laptop.ask('queue/update', { name: 'later', paused: true });
		const plain = noting(join(folder, 'plain'), laptop.home);
		const specs: JobSpecInput[] = [
			{ ...plain, payload: 'input', key: 'mine' },
			{ ...plain, group: 'together' },
			{ ...plain, command: { command: 'true', cwd: '/' } },
			{ ...plain, leaveBehind: true },
			{ ...plain, constraints: { event: 'git.commit' } },
		];
		const { jobs } = await laptop.ask('job/enqueue', {
			jobs: specs.map((spec) => ({ ...spec, queue: 'later' })),
		});
		const [first] = jobs;
		const migrate = (...args: string[]) =>
			laptop.json<{
				count: number;
				moved: { id: string; to: string }[];
				skipped: { reason: string }[];
			}>(['fleet', 'migrate', ...args]);
		const dry = await migrate('--pool', 'both', '--dry-run');
		expect(dry.moved).toEqual([{ id: first?.id, to: null }]);
		expect(dry.skipped.map(({ reason }) => reason)).toEqual([
			'it belongs to a group of this machine',
			'/ is not in the home folder',
			expect.stringContaining('"leaveBehind" says something about this machine'),
			'it waits for an event of this machine',
		]);
		const told = await laptop.run(['fleet', 'migrate', '--pool', 'both']);
		expect(told.stdout).toMatch(/^1 job moved to the shared queue\.\n4 stay:\n/);
		const here = await laptop.job(first?.id ?? '');
		expect([here.state, here.error?.message]).toEqual([
			'superseded',
			expect.stringMatching(/^It waits in the shared queue as /),
		]);
		const to = here.error?.message.slice(-37, -1) ?? '';
		await box.accept(laptop.key, { commands: true, pools: ['both'] });
		await laptop.accept(box.key);
		expect((await jobThat(laptop, to, finished)).state).toBe('succeeded');
		expect(readFileSync(join(folder, 'plain'), 'utf8')).toBe('run\n');

		// Of three that wait for nobody, two have a place here.
		const waiting = [];
		for (const place of [['--home'], ['--home'], []]) {
			const args = ['sh', '-c', `echo run >>'${join(folder, 'back')}'`];
			waiting.push(await laptop.submit('--pool', 'nobody', ...place, '--', ...args));
		}
		const back = await migrate('--back');
		expect([back.count, back.skipped.map(({ reason }) => reason)]).toEqual([
			2,
			['the folder that it runs in is none of this machine'],
		]);
		for (const { to: id } of back.moved) {
			expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
		}
		expect(readFileSync(join(folder, 'back'), 'utf8')).toBe('run\nrun\n');
		await jobThat(laptop, waiting[0] ?? '', ({ state }) => state === 'superseded');
		const wrong = await laptop.run(['fleet', 'migrate']);
		expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Say where they go')]);
	});

	test('killed at any step, each job runs once', async () => {
		const laptop = await fresh('laptop');
		const folder = temporaryFolder();
		const random = createRandom(chooseSeed(process.env));
		const COUNT = 12;
		await laptop.ask('queue/update', { name: '*', paused: true });
		const specs = Array.from({ length: COUNT }, (_, n) =>
			noting(join(folder, String(n)), laptop.home),
		);
		await laptop.ask('job/enqueue', { jobs: specs });
		const move = (direction: 'out' | 'back') =>
			direction === 'out'
				? laptop.ask('fleet/migrate', { direction, pool: 'nobody' })
				: laptop.ask('fleet/migrate', { direction });
		const waits = async () =>
			(await laptop.ask('job/list', { filter: { state: ['queued'] } })).jobs.length;
		const lock = createConnection({
			address: parseAddress(servers.address('owner')),
			password: async () => undefined,
		});
		try {
			// The server has begun with a call when its asker dies, and comes to the end of it alone.
			for (const direction of ['out', 'back'] as const) {
				await lock.run('BEGIN');
				await lock.run('LOCK TABLE fleet.job IN ACCESS EXCLUSIVE MODE');
				const moving = move(direction).catch(() => {});
				await expect
					.poll(
						async () =>
							(await lock.run("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
								.length,
						{ timeout: 60_000 },
					)
					.toBeGreaterThan(0);
				await laptop.kill();
				await moving;
				await lock.run('COMMIT');
				await laptop.status();
				// What has begun to come back comes back by itself.
				await expect
					.poll(
						async () =>
							direction === 'out' ? (await laptop.status()).undelivered : COUNT - (await waits()),
						{ timeout: 60_000 },
					)
					.toBe(0);
			}
			// It was the whole of it that moved.
			expect((await move('out')).count).toBe(COUNT);
			expect((await move('back')).count).toBe(COUNT);
			// And at whatever moment chance finds.
			for (let round = 0; round < 8; round++) {
				const moving = move(round % 2 === 0 ? 'out' : 'back').catch(() => {});
				await delay(random.int(0, 80));
				await laptop.kill();
				await moving;
				await laptop.status();
			}
		} finally {
			await lock.close();
		}
		await expect.poll(async () => (await laptop.status()).undelivered, { timeout: 60_000 }).toBe(0);
		await move('back');
		await expect.poll(waits, { timeout: 60_000 }).toBe(COUNT);
		await laptop.ask('queue/update', { name: '*', paused: false });
		await expect.poll(waits, { timeout: 60_000 }).toBe(0);
		const ran = () =>
			specs.map((_, n) => {
				const file = join(folder, String(n));
				return existsSync(file) ? readFileSync(file, 'utf8') : '';
			});
		await expect.poll(ran, { timeout: 60_000 }).toEqual(specs.map(() => 'run\n'));
		const [left] = await servers.owner.run(
			'SELECT count(*)::int AS n FROM fleet.job WHERE state < 10',
		);
		expect(left?.['n']).toBe(0);
	});
});
