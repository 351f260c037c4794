/** Jobs that may hold only so much memory, under a real daemon. */
import { accessSync, constants, existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { enqueue, jobEnd, readWholeLog, shell, startDaemon } from '../../support/daemon.ts';

/** In a child, so that it is not the job's own process that holds it. */
const eater = (mb: number) =>
	`${JSON.stringify(process.execPath)} -e 'const a = []; for (let i = 0; i < ${mb}; i++) a.push(Buffer.alloc(1 << 20, 1)); setTimeout(() => a, 60000)'; true`;

const GROUPS = '/sys/fs/cgroup';
/** The kernel keeps caps where control groups of v1, or those of v2 that are ours, have the controllers. */
const byKernel = ['memory', 'cpu', 'pids'].every((name) => {
	try {
		accessSync(`${GROUPS}/${name}/cgroup.procs`, constants.W_OK);
		return true;
	} catch {
		return false;
	}
});

/** The job's own control group of v1. */
const own = (controller: string) =>
	`${GROUPS}/${controller}$(sed -n 's/^[0-9]*:${controller}://p' /proc/self/cgroup)`;

test.skipIf(!byKernel)('a job may use so many CPUs and have so many processes', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const forks = 'for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; wait';
	const line = `cat ${own('cpu')}/cpu.cfs_quota_us; echo ${own('pids')}; ${forks}`;
	await connection.request('queue/update', { name: 'small', limits: { processes: 4, cpus: 1 } });
	const [id = ''] = await enqueue(connection, {
		...shell(line),
		queue: 'small',
		limits: { cpus: 0.5 },
	});
	const job = await jobEnd(daemon, id);
	// Its own word goes first, its queue says the rest.
	expect(job.limits).toMatchObject({ cpus: 0.5, processes: 4 });
	expect(job).toMatchObject({ state: 'failed', stopReason: 'exit' });
	const log = await readWholeLog(connection, id);
	expect(log).toMatch(/^50000$/m);
	expect(log).toMatch(/fork/);
	const [group = ''] = /^\/sys.*semantica-.*$/m.exec(log) ?? [];
	expect(group).not.toBe('');
	await expect.poll(() => existsSync(group), { timeout: 30_000 }).toBe(false);
	const { queues } = await connection.request('queue/list', {});
	expect(queues.find(({ name }) => name === 'small')?.limits).toMatchObject({ processes: 4 });
	await connection.request('queue/update', { name: 'small', limits: null });
	const nothing = enqueue(connection, { ...shell('true'), limits: {} });
	await expect(nothing).rejects.toMatchObject({ data: { path: 'jobs[0].limits' } });
});

test('where nobody can keep a limit the log says so, or the job does not run', async () => {
	const daemon = await startDaemon({ config: { cgroups: false } });
	const connection = await daemon.connect();
	const limits = { cpus: 1, processes: 10 };
	const [id = '', strict = ''] = await enqueue(
		connection,
		{ ...shell('true'), limits },
		{ ...shell('true'), limits: { ...limits, onUnenforceable: 'refuse' as const } },
	);
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded' });
	expect(await readWholeLog(connection, id)).toContain(
		'The limit of 1 CPUs, and of 10 processes cannot be enforced on this machine; the job runs without.',
	);
	expect(await jobEnd(daemon, strict)).toMatchObject({
		state: 'failed',
		stopReason: 'spawn',
		error: { code: 'LIMITS' },
	});
});

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
				{ ...shell('sleep 0.2; kill -9 $$'), limits },
			);
			const job = await jobEnd(daemon, id);
			expect(job).toMatchObject({ state: 'failed', stopReason: 'memory', attempt: 2, limits });
			expect(job.error?.code).toBe('MEMORY');
			expect(job.error?.message).toMatch(
				cgroups && byKernel
					? /may hold 150 MB of memory and came to 150 MB, so the system killed (one of them|\S+ \(pid \d+\))\./
					: /may hold 150 MB; most of it was held by \S+ \(pid \d+, \d+ MB\)/,
			);
			expect(job.cost?.peakMemoryBytes).toBeGreaterThanOrEqual(149 * 2 ** 20);
			expect(await readWholeLog(connection, id)).toContain('stopped: Its processes');
			// A kill that nobody's limit brought about is one.
			expect(await jobEnd(daemon, other)).toMatchObject({ stopReason: 'exit', exitCode: 137 });
		},
	);
});
