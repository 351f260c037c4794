/** Jobs that may hold only so much memory, under a real daemon. */
import { describe, expect, test } from 'vitest';
import { enqueue, jobEnd, readWholeLog, shell, startDaemon } from '../../support/daemon.ts';

/** In a child, so that it is not the job's own process that holds it. */
const eater = (mb: number) =>
	`${JSON.stringify(process.execPath)} -e 'const a = []; for (let i = 0; i < ${mb}; i++) a.push(Buffer.alloc(1 << 20, 1)); setTimeout(() => a, 60000)'; true`;

describe.skipIf(process.platform !== 'linux')('a job that may hold so much memory', () => {
	test.each([true, false])(
		'is ended when its processes hold more (control groups: %s)',
		async (cgroups) => {
			const daemon = await startDaemon({ config: { cgroups } });
			const connection = await daemon.connect();
			const limits = { memoryMB: 150 };
			const [id = '', other = ''] = await enqueue(
				connection,
				{ ...shell(eater(300)), limits, maxAttempts: 2, backoff: { baseMs: 0 }, graceMs: 60_000 },
				{ ...shell('sleep 0.2'), limits },
			);
			const job = await jobEnd(daemon, id);
			expect(job).toMatchObject({ state: 'failed', stopReason: 'memory', attempt: 2, limits });
			expect(job.error?.code).toBe('MEMORY');
			expect(job.error?.message).toMatch(
				/may hold 150 MB; most of it was held by \S+ \(pid \d+, \d+ MB\)/,
			);
			expect(job.cost?.peakMemoryBytes).toBeGreaterThan(150 * 2 ** 20);
			expect(await readWholeLog(connection, id)).toContain('stopped: Its processes held');
			expect(await jobEnd(daemon, other)).toMatchObject({ state: 'succeeded', stopReason: 'exit' });
		},
	);
});
