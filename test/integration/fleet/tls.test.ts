/** Beyond this machine nothing is said to a server whose certificate is not right, whichever way to it. */
import { networkInterfaces } from 'node:os';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { createConnection } from '../../../daemon/fleet/connection.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { type Authority, makeAuthority } from '../../support/fleet/certificates.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';

/** An address of this machine at which it is as far away as any other. */
const own = Object.values(networkInterfaces())
	.flatMap((addresses) => addresses ?? [])
	.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const why = whyNoServers() ?? (own === undefined ? 'not proved: there is no network.' : undefined);

let servers: FleetServers;
afterAll(() => servers?.stop());

function ask(ca: string | undefined, port: number): Promise<unknown> {
	const connection = createConnection({
		address: parseAddress(`postgres://owner@${own}:${port}/postgres`),
		password: async () => undefined,
		ca,
	});
	return connection.run('SELECT 1 AS one').finally(() => connection.close());
}

describe.skipIf(why !== undefined)('a certificate', () => {
	test('is believed only from whom this machine believes, for this name, in its time', async () => {
		const [ours, strangers] = [temporaryFolder(), temporaryFolder()].map(makeAuthority) as [
			Authority,
			Authority,
		];
		const names = `IP:${own}`;
		const right = ours.issue('right', { names });
		servers = await startFleetServers({ durable: false, certificate: right });
		const both = [servers.postgres.port, servers.bouncer.port];
		for (const port of both) {
			expect(await ask(ours.ca, port)).toEqual([{ one: 1 }]);
			// Nobody said that this authority is to be believed.
			await expect(ask(undefined, port)).rejects.toThrow(
				/cannot be reached \((unable to (verify|get)|self-signed)/,
			);
			await expect(ask(strangers.ca, port)).rejects.toThrow(/cannot be reached/);
		}
		const wrong = [
			[ours.issue('elsewhere', { names: 'DNS:localhost,IP:10.255.255.1' }), /does not match/],
			[ours.issue('old', { names, expired: true }), /certificate has expired/],
			[strangers.issue('theirs', { names }), /cannot be reached/],
		] as const;
		for (const [certificate, sentence] of wrong) {
			await servers.certify(certificate);
			for (const port of both) await expect(ask(ours.ca, port)).rejects.toThrow(sentence);
		}
		await servers.certify(right);
		for (const port of both) expect(await ask(ours.ca, port)).toEqual([{ one: 1 }]);
	});
});
