/** What may stay when its job ends, where the daemon cannot see it: it has no descriptor left. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { findProcesses } from '../../../daemon/processes/posix/procfs.ts';
import { isAlive } from '../../support/daemon.ts';
import { openHarness } from './harness.ts';

vi.mock('../../../daemon/processes/posix/procfs.ts', async (original) => {
	const real = await original<typeof import('../../../daemon/processes/posix/procfs.ts')>();
	return { ...real, findProcesses: vi.fn(real.findProcesses) };
});

const shortage = () => Object.assign(new Error('too many open files'), { code: 'EMFILE' });

/** Resolves when the run has ended and been cleared. */
async function leaveSleep() {
	const { run, warnings } = await openHarness();
	const started = await run('sleep 600 >/dev/null 2>&1 & echo $!', { leaveBehind: true });
	await started.ended;
	const pid = Number(started.output());
	onTestFinished(() => {
		if (isAlive(pid)) process.kill(pid, 'SIGKILL');
	});
	return { pid, spared: started.spared(), warnings };
}

test.skipIf(process.platform !== 'linux')('is looked for again, and stays', async () => {
	vi.mocked(findProcesses).mockRejectedValueOnce(shortage());
	const { pid, spared } = await leaveSleep();
	expect(spared).toEqual([`sleep (pid ${pid})`]);
	expect(isAlive(pid)).toBe(true);
});

test.skipIf(process.platform !== 'linux')('stays also where it is not seen for long', async () => {
	const clock = performance.now.bind(performance);
	let passed = 0;
	vi.spyOn(performance, 'now').mockImplementation(() => clock() + passed);
	onTestFinished(() => void vi.restoreAllMocks());
	vi.mocked(findProcesses).mockImplementation(async () => {
		passed += 10_000;
		throw shortage();
	});
	const { pid, warnings } = await leaveSleep();
	expect(warnings).toEqual([expect.stringContaining('cannot be seen, and stays')]);
	expect(isAlive(pid)).toBe(true);
});
