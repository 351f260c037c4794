/** A machine whose Semantica is newer than the shared queue's schema: what both know works, the rest says what to do. */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { createConnection } from '../../../daemon/fleet/connection.ts';
import { initSchema } from '../../../daemon/fleet/schema.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import {
	FLEET_SQL,
	type FleetServers,
	startFleetServers,
	whyNoServers,
} from '../../support/fleet/servers.ts';
import { createCli } from '../cli/cli.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('laptop', 'box');
});
afterAll(() => servers?.stop());

const OLDEST_STEPS = 4;

describe.skipIf(why !== undefined)('a queue whose schema is older', () => {
	test('serves newer machines as far as it knows; what it lacks is said, and added by init', async () => {
		await servers.owner.run('CREATE DATABASE older');
		const inOlder = (address: string) => address.replace(/postgres$/, 'older');
		const owner = createConnection({
			address: parseAddress(inOlder(servers.address('owner'))),
			password: async () => undefined,
		});
		try {
			const steps = temporaryFolder();
			for (const file of readdirSync(FLEET_SQL).sort().slice(0, OLDEST_STEPS)) {
				cpSync(join(FLEET_SQL, file), join(steps, file));
			}
			expect(await initSchema(owner, steps)).toHaveLength(OLDEST_STEPS);
			await owner.run("UPDATE fleet.config SET lease = '4 seconds'");
			const [laptop, box] = await Promise.all(
				['laptop', 'box'].map((name) =>
					joinMachine(servers, name, { address: inOlder(servers.address(name, 'bouncer')) }),
				),
			);
			if (laptop === undefined || box === undefined) return;
			await laptop.accept(box.key);
			await box.accept(laptop.key, { commands: true });
			const id = await laptop.submit('--on', 'box', '--', 'sleep', '600');
			await jobThat(laptop, id, (job) => job.state === 'running');
			const init = createCli();
			const pause = await laptop.run(['pause', id]);
			expect(pause.stderr).toMatch(/no shared queue in .*, or an older one.*semantica fleet init/);

			// What runs is not disturbed by it.
			const done = await init.run(['fleet', 'init', inOlder(servers.address('owner'))]);
			expect(done.code).toBe(0);
			await expect
				.poll(async () => (await laptop.run(['pause', id])).code, { timeout: 60_000 })
				.toBe(0);
			await jobThat(laptop, id, (job) => job.state === 'paused');
			await laptop.ask('job/cancel', { ids: [id] });
			expect((await jobThat(laptop, id, finished)).state).toBe('cancelled');
			expect((await box.run(['fleet', 'leave'])).stdout).toContain('has left');
		} finally {
			await owner.close();
		}
	});
});
