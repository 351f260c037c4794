/** Notifications of the shared queue: heard where they come, past a pooler too, and never relied on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { createCli } from '../cli/cli.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	// How often each function was called, by the server's own count.
	await servers.owner.run("ALTER DATABASE postgres SET track_functions = 'pl'");
	await servers.logins('laptop', 'box');
	await servers.owner.run("UPDATE fleet.config SET lease = '4 seconds'");
});
afterAll(() => servers?.stop());

async function pair(address: string, ...more: string[]) {
	await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
	const laptop = await joinMachine(servers, 'laptop');
	const box = await joinMachine(servers, 'box', { address, more });
	await box.accept(laptop.key, { commands: true });
	await laptop.accept(box.key);
	return { laptop, box };
}

async function calls(name: string): Promise<number> {
	const [row] = await servers.owner.run(
		"SELECT calls::int AS n FROM pg_stat_user_functions WHERE schemaname = 'fleet' AND funcname = $1",
		[name],
	);
	return Number(row?.['n'] ?? 0);
}

/** Its sessions, those that a pooler keeps for it too. */
const SESSIONS = "FROM pg_stat_activity WHERE usename = 'box'";

describe.skipIf(why !== undefined)('a machine that listens', () => {
	test.each([
		['over a connection of its own', () => pair(servers.address('box'))],
		[
			'past a pooler',
			() => pair(servers.address('box', 'bouncer'), '--listen-url', servers.address('box')),
		],
	])('%s hears of work and orders, and does not ask while there are none', async (_, open) => {
		const { laptop, box } = await open();
		const run = async () => {
			const id = await laptop.submit('--on', 'box', '--', 'true');
			expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
		};
		await run();
		await expect.poll(async () => (await box.status()).listening, { timeout: 30_000 }).toBe(true);
		expect((await box.run(['fleet', 'status'])).stdout).toContain('hears of work at once');
		await run();

		const beats = async (n: number) => {
			const from = await calls('sync');
			await expect.poll(() => calls('sync'), { timeout: 60_000 }).toBeGreaterThanOrEqual(from + n);
		};
		// Over eight heartbeats of both it asks for work no more than once; what went before has been counted by then.
		await beats(6);
		const claims = await calls('claim');
		await beats(16);
		expect((await calls('claim')) - claims).toBeLessThanOrEqual(1);

		const running = await laptop.submit('--on', 'box', '--', 'sleep', '600');
		await jobThat(laptop, running, (job) => job.state === 'running');
		// Nor while its rule lets no more of it run.
		await beats(6);
		const during = await calls('claim');
		await beats(10);
		expect((await calls('claim')) - during).toBeLessThanOrEqual(1);
		await laptop.ask('job/cancel', { ids: [running] });
		expect((await jobThat(laptop, running, finished)).state).toBe('cancelled');

		// Whoever hears nothing any more looks, and listens again.
		const ended = await servers.owner.run(`SELECT pg_terminate_backend(pid) ${SESSIONS}`);
		expect(ended.length).toBeGreaterThan(0);
		await run();
		await expect.poll(async () => (await box.status()).listening, { timeout: 60_000 }).toBe(true);
	});

	test('through a pooler alone looks by itself; an address that leads through one is refused', async () => {
		const { laptop, box } = await pair(servers.address('box', 'bouncer'));
		const id = await laptop.submit('--on', 'box', '--', 'true');
		expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
		expect((await box.status()).listening).toBe(false);
		expect((await box.run(['fleet', 'status'])).stdout).toContain('looks for work every few');
		const pooled = servers.address('box', 'bouncer');
		const refused = await createCli().run([
			...['fleet', 'join', pooled, '--name', 'other', '--listen-url', pooled],
		]);
		expect([refused.code, refused.stderr]).toEqual([
			expect.any(Number),
			expect.stringContaining('leads through a pooler'),
		]);
	});
});
