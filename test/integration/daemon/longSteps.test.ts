/** Nobody waits long for others: the outcome is asserted here, the time is printed and judged by `npm run bench`. */
import { describe, expect, test } from 'vitest';
import { startDaemon } from '../../support/daemon.ts';
import { longestPause } from '../../support/longestPause.ts';
import { LONG_STEPS } from '../../support/longSteps/all.ts';

const SIZE = 3000;

describe('while a ping runs', () => {
	test.each(LONG_STEPS)('$name', async (step) => {
		const daemon = await startDaemon();
		const { pause } = await longestPause(daemon.home, await daemon.connect(), step, SIZE);
		expect(pause).toBeGreaterThan(0);
		console.log(`longest pause while "${step.name}": ${pause.toFixed(1)} ms`);
	});
});
