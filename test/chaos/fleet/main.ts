/** `npm run chaos:fleet -- [--cuts N] [--seed N] [--dist FOLDER]`: the long form, as root. Exit 1 on a violation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { whyNoNetwork } from '../../support/fleet/network.ts';
import { whyNoServers } from '../../support/fleet/servers.ts';
import { chooseSeed } from '../../support/random.ts';
import { describe, runFleetChaos } from './run.ts';

const { values } = parseArgs({
	options: {
		cuts: { type: 'string', default: '100' },
		seed: { type: 'string' },
		/** Of another build. */
		dist: { type: 'string', default: resolve(import.meta.dirname, '../../../dist') },
	},
});
const why = whyNoServers() ?? whyNoNetwork();
if (why !== undefined) {
	console.error(why);
	process.exit(1);
}
const seed =
	values.seed === undefined ? chooseSeed({ CHAOS: 'long', ...process.env }) : Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), 'semantica-fleet-chaos-'));
console.log(`Fleet chaos: seed ${seed}, ${values.cuts} links to be cut, in ${folder}`);
const began = performance.now();
const report = await runFleetChaos({
	dist: values.dist,
	folder,
	seed,
	cuts: Number(values.cuts),
	progress: (sentence) => console.log(sentence),
});
console.log(`${Math.round((performance.now() - began) / 1000)} s: ${describe(report)}.`);
for (const violation of report.violations) console.error(`VIOLATION: ${violation}`);
if (report.violations.length === 0) rmSync(folder, { recursive: true, force: true });
else console.error(`What was written is kept in ${folder}.`);
process.exitCode = report.violations.length === 0 ? 0 : 1;
