/** `npm run chaos:kill -- [--kills N] [--seed N]`: the long form of the kill test. Exit 1 on a violation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseSeed } from '../../support/random.ts';
import { describe, runKillTest } from './run.ts';

const { values } = parseArgs({
	options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } },
});
const seed =
	values.seed === undefined ? chooseSeed({ CHAOS: 'long', ...process.env }) : Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), 'semantica-kill-'));
console.log(`Kill test: seed ${seed}, ${values.kills} kills, in ${folder}`);
const began = performance.now();
const report = await runKillTest({
	dist: resolve(import.meta.dirname, '../../../dist'),
	folder,
	seed,
	kills: Number(values.kills),
	progress: (sentence) => console.log(sentence),
});
const seconds = Math.round((performance.now() - began) / 1000);
console.log(
	`${report.kills} kills (${report.whileStarting} while starting) in ${seconds} s: ${describe(report)}.`,
);
for (const violation of report.violations) console.error(`VIOLATION: ${violation}`);
if (report.violations.length === 0) rmSync(folder, { recursive: true, force: true });
else console.error(`The data folder is kept in ${folder}.`);
process.exitCode = report.violations.length === 0 ? 0 : 1;
