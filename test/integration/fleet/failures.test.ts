/** What happens when parts of a shared queue die or are cut off: nothing is lost, and nothing runs twice that must not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { gone, isAlive, temporaryFolder } from '../../support/daemon.ts';
import { type CutLink, cutLink } from '../../support/fleet/link.ts';
import { finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';

const why = whyNoServers();
/** The other part takes a minute: CHAOS=long. */
const long = process.env['CHAOS'] === 'long';
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers();
	await servers.logins('laptop', 'box', 'cubi');
	await servers.owner.run("UPDATE fleet.config SET lease = '4 seconds'");
});
afterAll(() => servers?.stop());

/** Says when it began and ended, by a clock that all share, and under which fence. */
const noting = (file: string, seconds: number) =>
	`echo begin $SEMANTICA_FENCE $(date +%s%N) >> ${file}; sleep ${seconds}; echo end $SEMANTICA_FENCE $(date +%s%N) >> ${file}`;

const notes = (file: string) =>
	readFileSync(file, 'utf8')
		.trim()
		.split('\n')
		.map((line) => line.split(' '));

describe.skipIf(why !== undefined)('parts of a shared queue that fail', () => {
	async function machines() {
		await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
		const links: CutLink[] = [];
		const linked = async (name: string) => {
			const link = await cutLink(servers.bouncer.port);
			onTestFinished(() => link.close());
			links[name === 'box' ? 0 : 1] = link;
			return joinMachine(servers, name, {
				address: `postgres://${name}@127.0.0.1:${link.port}/postgres`,
			});
		};
		const [laptop, box, cubi] = await Promise.all([
			joinMachine(servers, 'laptop'),
			linked('box'),
			linked('cubi'),
		]);
		for (const machine of [box, cubi]) {
			await machine.accept(laptop.key, { commands: true, atMost: 4, pools: ['both'] });
			await laptop.accept(machine.key);
		}
		return { laptop, box, cubi, links, folder: temporaryFolder() };
	}

	test('a machine that is cut off stops by itself before another one begins', async () => {
		const { laptop, box, cubi, links, folder } = await machines();
		// A machine that is cut off stops by itself before another one begins; what must not run twice goes on.
		const moved = await laptop.submit(
			'--pool',
			'both',
			'--grace',
			'1s',
			'--restartable',
			'--',
			'sh',
			'-c',
			noting(join(folder, 'moved'), 8),
		);
		const running = await jobThat(laptop, moved, (job) => job.state === 'running');
		const at = running.machine === 'box' ? 0 : 1;
		const there = at === 0 ? box : cubi;
		const kept = await laptop.submit(
			'--on',
			there.name,
			'--',
			'sh',
			'-c',
			noting(join(folder, 'kept'), 8),
		);
		await jobThat(laptop, kept, (job) => job.state === 'running');
		links[at]?.cut();
		const elsewhere = await jobThat(
			laptop,
			moved,
			(job) => job.state === 'running' && job.machine !== there.name,
		);
		expect(elsewhere.run).toBe(2);
		await expect.poll(() => laptop.why(kept), { timeout: 30_000 }).toMatch(/may still be running/);
		expect((await jobThat(laptop, moved, finished)).state).toBe('succeeded');
		links[at]?.mend();
		// Its late outcome is accepted, for nobody else ran it.
		expect((await jobThat(laptop, kept, finished)).state).toBe('succeeded');
		const told = notes(join(folder, 'moved'));
		expect(told.map(([what, fence]) => `${what} ${fence}`)).toEqual([
			'begin 1',
			'begin 2',
			'end 2',
		]);
		expect(notes(join(folder, 'kept'))).toHaveLength(2);
	});

	test('a machine that sleeps with a run stops it when it wakes, for another one has it', async () => {
		const { laptop, box, cubi, folder } = await machines();
		const file = join(folder, 'slept');
		const line = `echo $$ $SEMANTICA_FENCE >> ${file}; [ $SEMANTICA_FENCE = 1 ] && exec sleep 600; echo over`;
		const id = await laptop.submit('--pool', 'both', '--restartable', '--', 'sh', '-c', line);
		const first = await jobThat(laptop, id, (job) => job.state === 'running');
		const sleeper = first.machine === 'box' ? box : cubi;
		// The file is there before what is written into it.
		await expect.poll(() => Number(notes(file)[0]?.[0]), { timeout: 30_000 }).toBeGreaterThan(0);
		const pids = [Number(notes(file)[0]?.[0]), (await sleeper.daemonPid()) ?? 0];
		expect(pids.every((pid) => pid > 0)).toBe(true);
		// The whole machine stands still, its processes too.
		for (const pid of pids) process.kill(pid, 'SIGSTOP');
		onTestFinished(() => {
			for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
		});
		const ended = await jobThat(laptop, id, finished);
		expect([ended.state, ended.machine === first.machine]).toEqual(['succeeded', false]);
		for (const pid of pids) process.kill(pid, 'SIGCONT');
		await gone(pids[0] ?? 0);
		const unreported = async () => (await sleeper.status()).unreported;
		await expect.poll(unreported, { timeout: 60_000 }).toBe(0);
		// What it did in vain changes nothing.
		expect((await laptop.job(id)).machine).toBe(ended.machine);
		expect(notes(file)).toHaveLength(2);
	});

	test.skipIf(!long)('the database, the pooler and daemons are killed', async () => {
		const { laptop, box, folder, links } = await machines();

		// A connection that is dead without anybody being told is given up, and another one opened.
		links[0]?.cut();
		const dead = await laptop.submit('--on', 'box', '--', 'true');
		await expect
			.poll(async () => (await box.status()).unreachable, { timeout: 40_000 })
			.not.toBeNull();
		links[0]?.mend({ silently: true });
		expect((await jobThat(laptop, dead, finished)).state).toBe('succeeded');

		// The database and the pooler die while jobs run; what was acknowledged is there.
		const during = await laptop.submit('--on', 'box', '--', 'sh', '-c', 'sleep 1; echo over');
		await jobThat(laptop, during, (job) => job.state === 'running');
		await servers.postgres.kill();
		const late = await laptop.submit('--on', 'box', '--', 'echo', 'late');
		await expect.poll(() => laptop.why(late), { timeout: 30_000 }).toMatch(/not delivered yet/i);
		await servers.postgres.start();
		expect((await jobThat(laptop, during, finished)).state).toBe('succeeded');
		expect((await jobThat(laptop, late, finished)).state).toBe('succeeded');
		await servers.bouncer.kill();
		const again = await laptop.submit('--on', 'box', '--', 'true');
		await servers.bouncer.start();
		expect((await jobThat(laptop, again, finished)).state).toBe('succeeded');

		// The daemon of the runner dies: what may run again does, there, under the same lease; else it has failed.
		const restarted = await laptop.submit(
			'--on',
			'box',
			'--restartable',
			'--',
			'sh',
			'-c',
			noting(join(folder, 'restarted'), 1),
		);
		const once = await laptop.submit(
			'--on',
			'box',
			'--',
			'sh',
			'-c',
			noting(join(folder, 'once'), 600),
		);
		for (const id of [restarted, once]) await jobThat(laptop, id, (job) => job.state === 'running');
		await box.kill();
		await box.status();
		expect((await jobThat(laptop, once, finished)).stopReason).toBe('interrupted');
		expect((await jobThat(laptop, restarted, finished)).state).toBe('succeeded');
		expect(notes(join(folder, 'once')).filter(([what]) => what === 'begin')).toHaveLength(1);

		// The submitter dies with something undelivered, and delivers it in its next life.
		await servers.bouncer.kill();
		const kill9 = await laptop.submit('--on', 'cubi', '--', 'true');
		await laptop.kill();
		await servers.bouncer.start();
		expect((await jobThat(laptop, kill9, finished)).state).toBe('succeeded');
	});
});
