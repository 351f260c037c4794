import { expect, test } from 'vitest';
import { DIST, temporaryFolder } from '../../support/daemon.ts';
import { whyNoNetwork } from '../../support/fleet/network.ts';
import { whyNoServers } from '../../support/fleet/servers.ts';
import { chooseSeed } from '../../support/random.ts';
import { describe, runFleetChaos } from './run.ts';

const why = whyNoServers() ?? whyNoNetwork();

test.skipIf(why !== undefined)(
	'machines whose links are cut run nothing twice at once, and nothing twice that must not',
	async () => {
		const seed = chooseSeed(process.env);
		console.log(`Fleet chaos: SEMANTICA_SEED=${seed}`);
		const report = await runFleetChaos({
			dist: DIST,
			folder: temporaryFolder(),
			seed,
			cuts: 3,
			progress: () => {},
		});
		console.log(describe(report));
		expect(report.violations).toEqual([]);
		expect(report.succeeded).toBeGreaterThan(0);
	},
);
