/** A shared queue that PostgreSQL has no statistics of is read by its indexes all the same. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NewShared, SHARED } from '../../../daemon/fleet/port.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { postgresWorld } from '../../support/fleet/world.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('alpha', 'beta', 'gamma', 'delta');
});
afterAll(() => servers?.stop());

const FOREIGN = 3_000;
const OWN = 200;

const jobOf = (pool: string): NewShared => ({
	id: randomUUID(),
	need: { pool },
	priority: 0,
	restartable: true,
	key: randomUUID(),
	subject: null,
	title: 'a job',
	runAt: null,
	expires: Date.now() + 3_600_000,
	envelope: 'AAAA',
	signature: Buffer.alloc(64).toString('base64'),
	payload: null,
	chunks: 0,
});

describe.skipIf(why !== undefined)('jobs of others in front', () => {
	test('are read by no statement of a machine, not even in a queue without statistics', async () => {
		await servers.owner.run('ALTER TABLE fleet.job SET (autovacuum_enabled = false)');
		const world = await postgresWorld(servers);
		const before = await rowsRead();
		const [machine] = world.machines;
		if (machine === undefined) throw new Error('There is no machine.');
		const { queue } = machine;
		const { epoch } = await queue.hello({ name: 'alpha', key: machine.key, info: {}, holds: [] });

		const send = async (pool: string, count: number) => {
			for (let sent = 0; sent < count; sent += 500) {
				const jobs = Array.from({ length: Math.min(500, count - sent) }, () => jobOf(pool));
				await queue.enqueue(jobs);
			}
		};
		// Plans are made while there is little, and kept.
		const take = async (n: number) => {
			const need = (await queue.sync(epoch, {}, 0)).needs.find(
				({ spec }) => (spec as { pool: string }).pool === 'own',
			);
			const { leases } = await queue.claim(epoch, [need?.id ?? 0], n, need?.id ?? 0);
			expect(leases).toHaveLength(n);
			const said = { state: SHARED.succeeded, report: '', signature: '', tail: '' };
			const [first, second, ...rest] = leases;
			if (first === undefined || second === undefined) throw new Error('There is too little.');
			expect(await queue.begin(epoch, first)).toBe(true);
			expect(await queue.finish({ ...first, ...said })).toBe('accepted');
			expect(await queue.giveBack(second)).toBe(true);
			await queue.finishMany(rest.map(({ id, lease }) => ({ id, lease, ...said })));
			expect((await queue.get(first.id))?.state).toBe(SHARED.succeeded);
		};
		await send('own', OWN);
		for (let round = 0; round < 10; round++) await take(4);
		await send('foreign', FOREIGN);
		await send('own', OWN);
		for (let round = 0; round < 4; round++) await take(8);
		await take(100);
		await world.close();
		// What a connection has read is counted when it has gone.
		const there = "SELECT pid FROM pg_stat_activity WHERE usename = 'alpha'";
		await expect.poll(() => servers.owner.run(there), { timeout: 30_000 }).toEqual([]);

		const after = await rowsRead();
		expect(after.byScan - before.byScan).toBe(0);
		// Each of our own is read a handful of times on its way.
		expect(after.byIndex - before.byIndex).toBeLessThan(10 * OWN);
	});
});

/** Rows of the table of jobs that all statements have read so far. */
async function rowsRead(): Promise<{ byScan: number; byIndex: number }> {
	const [row] = await servers.owner.run(
		"SELECT seq_tup_read AS scan, idx_tup_fetch AS index FROM pg_stat_user_tables WHERE relid = 'fleet.job'::regclass",
	);
	return { byScan: Number(row?.['scan']), byIndex: Number(row?.['index']) };
}
