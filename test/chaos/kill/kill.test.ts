import { expect, it } from 'vitest';
import { DIST, temporaryFolder } from '../../support/daemon.ts';
import { chooseSeed } from '../../support/random.ts';
import { runKillTest } from './run.ts';

const SECONDS = 20;

it('keeps what it acknowledged and runs nothing twice, however often it is killed', async () => {
	const seed = chooseSeed(process.env);
	console.log(`Kill test: SEMANTICA_SEED=${seed}`);
	const report = await runKillTest({
		dist: DIST,
		folder: temporaryFolder(),
		seed,
		kills: 25,
		stopAt: performance.now() + SECONDS * 1000,
	});
	expect(report.violations).toEqual([]);
	// On however slow a machine: it was a test at all.
	expect(report.kills).toBeGreaterThan(2);
	expect(report.acknowledged).toBeGreaterThan(20);
	expect(report.runs).toBeGreaterThan(0);
});
