/** `semantica fleet init`, and what the logins that it makes may do in the database. */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { createCalls } from '../../../daemon/fleet/calls.ts';
import { createConnection } from '../../../daemon/fleet/connection.ts';
import { nodeIdOf } from '../../support/fleet/memory.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { createCli } from '../cli/cli.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why === undefined) servers = await startFleetServers({ durable: false });
});
afterAll(() => servers?.stop());

function machine(login: string, key = randomBytes(32).toString('base64')) {
	const connection = createConnection({
		address: parseAddress(servers.address(login, 'bouncer')),
		password: async () => undefined,
	});
	const id = nodeIdOf(key);
	return { id, key, connection, queue: createCalls(id, connection.call, () => connection.close()) };
}

describe.skipIf(why !== undefined)('the shared queue of a database', () => {
	test('init says what it did, makes logins, and prints its SQL', async () => {
		const cli = createCli();
		const first = await cli.run(['fleet', 'init', servers.address('owner'), '--login', 'box']);
		expect([first.code, first.stderr]).toEqual([0, '']);
		expect(first.stdout).toMatch(/up to date\.\nOn box: semantica fleet join 'postgres:\/\/box:/);
		const sql = await cli.run(['fleet', 'init', '--print-sql']);
		expect(sql.stdout).toContain('CREATE FUNCTION claim(q jsonb)');

		const wrong = [
			[['fleet', 'init'], 2, 'Say where'],
			[['fleet', 'init', 'db.example.com'], 1, 'no address of a shared queue'],
			[
				['fleet', 'init', `${servers.address('owner')}?sslmode=disable`],
				1,
				'do not belong into it',
			],
			[
				['fleet', 'init', servers.address('owner').replace(/postgres$/, 'none')],
				1,
				'no database none',
			],
			[['fleet', 'init', 'postgres://a@127.0.0.1:1/b'], 1, 'cannot be reached'],
			[['fleet', 'init', servers.address('owner'), '--login', 'x"; DROP'], 1, 'no name of a login'],
		] as const;
		for (const [args, code, sentence] of wrong) {
			const { code: got, stderr } = await cli.run([...args]);
			expect([got, stderr], args.join(' ')).toEqual([code, expect.stringContaining(sentence)]);
		}
	});

	test('a queue of a newer version is left alone', async () => {
		const cli = createCli();
		await servers.owner.run('INSERT INTO fleet.migration (version) VALUES (99)');
		const { stderr } = await cli.run(['fleet', 'init', servers.address('owner')]);
		expect(stderr).toContain('made by a newer version');
		await servers.owner.run('DELETE FROM fleet.migration WHERE version = 99');
	});

	test('a login may call the functions for its own machine, and nothing else', async () => {
		await servers.logins('anna', 'bert');
		const anna = machine('anna');
		const bert = machine('bert');
		const join = (name: string, key: string) => ({ name, key, info: {}, holds: [] });
		try {
			await anna.queue.hello(join('anna', anna.key));
			await bert.queue.hello(join('bert', bert.key));
			await expect(bert.queue.hello(join('anna', bert.key))).rejects.toThrow('Another machine');
			const asAnna = createCalls(anna.id, bert.connection.call, async () => {});
			await expect(asAnna.sync(1, {}, 0)).rejects.toThrow('may not speak for that machine');
			await expect(asAnna.hello(join('anna', anna.key))).rejects.toThrow('another login');
			await expect(bert.queue.hello(join('bert', anna.key))).rejects.toThrow('that of its key');
			const forbidden = [
				'SELECT * FROM fleet.job',
				'UPDATE fleet.job SET state = 0',
				'DELETE FROM fleet.node',
				'CREATE TABLE fleet.mine (a int)',
				"SELECT fleet.forget('anna')",
				'SELECT fleet.reap()',
				"SELECT fleet.end_unreported('00000000-0000-0000-0000-000000000000', 12, '')",
				`CREATE OR REPLACE FUNCTION fleet.claim(q jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT ''{}''::jsonb'`,
			];
			for (const sql of forbidden) {
				await expect(bert.connection.run(sql), sql).rejects.toMatchObject({ kind: 'FORBIDDEN' });
			}
		} finally {
			await Promise.all([anna.queue.close(), bert.queue.close()]);
		}
	});

	test('who only watches neither submits nor works', async () => {
		await servers.logins('eve');
		await servers.owner.run('REVOKE fleet_submit, fleet_work FROM eve');
		await servers.owner.run('GRANT fleet_watch TO eve');
		const eve = machine('eve');
		try {
			const { epoch } = await eve.queue.hello({ name: 'eve', key: eve.key, info: {}, holds: [] });
			await eve.queue.list({ limit: 5 });
			const refused = {
				kind: 'FORBIDDEN',
				message: expect.stringContaining('fleet_submit, fleet_work'),
			};
			await expect(eve.queue.claim(epoch, [1], 1, 0)).rejects.toMatchObject(refused);
			await expect(eve.queue.enqueue([])).rejects.toMatchObject(refused);
		} finally {
			await eve.queue.close();
		}
	});

	test('beyond this machine nothing is said in the clear', async () => {
		const outside = Object.values(networkInterfaces())
			.flatMap((addresses) => addresses ?? [])
			.find(({ family, internal }) => family === 'IPv4' && !internal);
		if (outside === undefined) return;
		const named = createConnection({
			address: parseAddress(
				`postgres://owner@${outside.address}:${servers.postgres.port}/postgres`,
			),
			password: async () => undefined,
		});
		await expect(named.run('SELECT 1')).rejects.toThrow('does not support SSL connections');
		await named.close();
	});
});
