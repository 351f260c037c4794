/** A machine leaves a shared queue: nothing new is taken, what runs there ends or goes back, and others are told. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { cutLink } from '../../support/fleet/link.ts';
import { type FleetMachine, finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { createCli } from '../cli/cli.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('laptop', 'box', 'cubi');
	await servers.owner.run("UPDATE fleet.config SET lease = '6 seconds'");
});
afterAll(() => servers?.stop());

async function machines(): Promise<[FleetMachine, FleetMachine, FleetMachine]> {
	await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
	const [laptop, box, cubi] = await Promise.all([
		joinMachine(servers, 'laptop'),
		joinMachine(servers, 'box'),
		joinMachine(servers, 'cubi'),
	]);
	await box.accept(laptop.key, { commands: true, atMost: 4, pools: ['both'] });
	for (const { key } of [box, cubi]) await laptop.accept(key);
	return [laptop, box, cubi];
}

const runs = (machine: FleetMachine, id: string) =>
	jobThat(machine, id, (job) => job.state === 'running');
const isLeaving = async (machine: FleetMachine) =>
	(await machine.status()).machines.find(({ name }) => name === 'box')?.leaving;

describe.skipIf(why !== undefined)('a machine that leaves', () => {
	test('takes nothing new, ends what runs, and is gone; a killed daemon goes on with it', async () => {
		const [laptop, box, cubi] = await machines();
		const gate = join(temporaryFolder(), 'gate');
		const first = await laptop.submit(
			'--pool',
			'both',
			'--restartable',
			'--',
			'sh',
			'-c',
			`while [ ! -e ${gate} ]; do sleep 0.1; done; echo done`,
		);
		await runs(laptop, first);
		const leaving = box.start(['fleet', 'leave']);
		await expect
			.poll(async () => (await box.status()).leaving, { timeout: 60_000 })
			.toBe('whenDone');
		const word = await box.run(['fleet', 'status']);
		expect(word.stdout).toMatch(/Leaving: what runs here ends first/);
		await expect.poll(() => isLeaving(laptop), { timeout: 60_000 }).toBe(true);
		expect((await laptop.run(['fleet', 'status'])).stdout).toMatch(/box +now +leaving/);

		// Ctrl-C ends the waiting only.
		leaving.child.kill('SIGINT');
		const interrupted = await leaving.finished;
		expect([interrupted.code, interrupted.stderr]).toEqual([
			130,
			expect.stringMatching(/Waits for 1 job of others here.*It goes on leaving/s),
		]);
		const refused = await box.run(['run', '--on', 'cubi', '--', 'true']);
		expect(refused.stderr).toContain('is leaving the shared queue');
		const next = await laptop.submit('--pool', 'both', '--', 'echo', 'next');

		// Its daemon is killed; the next one leaves still, and the run begins again under the same lease.
		const waiting = box.start(['fleet', 'leave', '--json']);
		await box.kill();
		await runs(laptop, first);
		await expect
			.poll(async () => (await box.status()).leaving, { timeout: 60_000 })
			.toBe('whenDone');
		writeFileSync(gate, '');
		expect((await jobThat(laptop, first, finished)).state).toBe('succeeded');
		const left = await waiting.finished;
		expect([left.code, JSON.parse(left.stdout)]).toEqual([
			0,
			expect.objectContaining({ left: true, told: true }),
		]);
		expect((await box.status()).joined).toBe(false);
		expect((await laptop.status()).machines.map(({ name }) => name).sort()).toEqual([
			'cubi',
			'laptop',
		]);
		expect((await laptop.job(next)).state).toBe('queued');
		await cubi.accept(laptop.key, { commands: true, pools: ['both'] });
		expect((await jobThat(laptop, next, finished)).state).toBe('succeeded');
		expect((await box.run(['fleet', 'leave'])).stderr).toContain('has joined no shared queue');
	});

	test('at once: what may be run again goes to another machine, the rest has failed as interrupted', async () => {
		const [laptop, box, cubi] = await machines();
		const submit = (...more: string[]) =>
			laptop.submit('--pool', 'both', '--grace', '1s', ...more, '--', 'sh', '-c', 'sleep 600');
		const [again, once] = [await submit('--restartable'), await submit()];
		for (const id of [again, once]) expect((await runs(laptop, id)).machine).toBe('box');
		const waiting = box.start(['fleet', 'leave']);
		await expect
			.poll(async () => (await box.status()).leaving, { timeout: 60_000 })
			.toBe('whenDone');

		// It may be thought better of.
		const stays = await box.run(['fleet', 'leave', '--stay']);
		expect([stays.code, stays.stdout]).toEqual([0, expect.stringContaining('stays')]);
		expect((await box.status()).leaving).toBeNull();
		expect((await laptop.job(again)).state).toBe('running');

		await cubi.accept(laptop.key, { commands: true, pools: ['both'] });
		const now = await box.run(['fleet', 'leave', '--now']);
		expect([now.code, now.stdout]).toEqual([0, expect.stringContaining('has left')]);
		expect((await waiting.finished).code).toBe(0);
		const ended = await jobThat(laptop, once, finished);
		expect([ended.state, ended.stopReason, ended.error?.message]).toEqual([
			'failed',
			'interrupted',
			'Its machine left the shared queue while it ran.',
		]);
		const moved = await jobThat(laptop, again, (job) => job.machine === 'cubi');
		expect(moved.state).not.toBe('failed');
		await laptop.ask('job/cancel', { ids: [again] });
		await jobThat(laptop, again, finished);
	});

	test('that cannot reach the queue waits to report, or leaves without a word', async () => {
		await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
		const link = await cutLink(servers.bouncer.port);
		try {
			const box = await joinMachine(servers, 'box', {
				address: `postgres://box@127.0.0.1:${link.port}/postgres`,
			});
			const laptop = await joinMachine(servers, 'laptop');
			await box.accept(laptop.key, { commands: true });
			const id = await laptop.submit('--on', 'box', '--', 'sh', '-c', 'sleep 600');
			await runs(laptop, id);
			link.cut();
			const sent = await box.submit('--on', 'box', '--', 'true');
			const first = await box.ask('fleet/leave', {});
			expect(first).toMatchObject({ left: false, runningCount: 1, undelivered: 1 });
			const left = await box.run(['fleet', 'leave', '--now']);
			expect(left.stdout).toMatch(
				/has left.*semantica fleet forget NAME\.\n1 job of others stays held by it there until the lease runs out.*1 job that it asked for had not been delivered/s,
			);
			const [there] = (await box.json<{ jobs: { state: string }[] }>(['list', '--all'])).jobs;
			expect(there?.state).toBe('cancelled');
			const undelivered = await box.job(sent);
			expect([undelivered.state, undelivered.error?.message]).toEqual([
				'failed',
				expect.stringContaining('It was not delivered'),
			]);
		} finally {
			await link.close();
		}
	});

	test.each(['leave', 'stop'] as const)(
		'%s: a server that answers no more, and a command for the password that never ends, keep nobody',
		async (how) => {
			await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
			const link = await cutLink(servers.bouncer.port);
			const folder = temporaryFolder();
			const [gate, asked] = [join(folder, 'gate'), join(folder, 'asked')];
			try {
				const box = await joinMachine(servers, 'box', {
					address: `postgres://box@127.0.0.1:${link.port}/postgres`,
					more: ['--password-command', `[ ! -e ${gate} ] || { touch ${asked}; exec sleep 600; }`],
				});
				await expect.poll(async () => (await box.status()).roundTripMs).not.toBeNull();
				writeFileSync(gate, '');
				// What was open breaks; the next attempt is stuck at the password.
				link.mend();
				await expect.poll(() => existsSync(asked), { timeout: 60_000 }).toBe(true);
				if (how === 'leave') {
					const left = await box.run(['fleet', 'leave', '--now', '--json']);
					expect(JSON.parse(left.stdout)).toMatchObject({ left: true, told: false });
					expect((await box.status()).joined).toBe(false);
				} else {
					expect((await box.run(['daemon', 'stop'])).code).toBe(0);
					const log = readFileSync(join(box.home, 'daemon.log'), 'utf8');
					expect(log).not.toContain('would not close');
				}
			} finally {
				await link.close();
			}
		},
	);

	test('restored from a backup: one of the two speaks, and the other leaves without taking it along', async () => {
		const [, box] = await machines();
		await box.run(['daemon', 'stop']);
		const home = join(temporaryFolder(), 'restored');
		cpSync(box.home, home, { recursive: true, filter: (path) => !path.endsWith('.sock') });
		await box.run(['daemon', 'start']);
		const restored = createCli({ home });
		const env = { HOME: home, CI: 'true' };
		const said = async () => (await restored.run(['fleet', 'status'], { env })).stderr;
		await said();
		await expect
			.poll(async () => (await box.status()).warnings.join(' '), { timeout: 60_000 })
			.toContain('Another daemon speaks as this machine');
		const left = await box.run(['fleet', 'leave']);
		expect(left.stdout).toMatch(/has left.*this one has a new key/s);
		const joined = await box.run([
			'fleet',
			'join',
			servers.address('cubi', 'bouncer'),
			'--name',
			'other',
		]);
		expect(joined.code).toBe(0);
		const { machines: all } = await box.status();
		expect(all.map(({ name }) => name).sort()).toEqual(['box', 'cubi', 'laptop', 'other']);
		expect(await said()).not.toContain('Another daemon');
	});
});
