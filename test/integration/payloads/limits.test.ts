/** No more on disk than the quota allows, and nothing half when the disk is full. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dataPaths } from '../../../shared/paths.ts';
import { enqueue, jobEnd, startDaemon, temporaryFolder } from '../../support/daemon.ts';
import { mountDisk } from '../../support/disks.ts';
import {
	digesting,
	digestOfJob,
	drafts,
	inputs,
	payloadFiles,
	refusal,
	sha256,
} from './support.ts';

/** Bytes that do not shrink, as a file to be taken. */
function incompressible(bytes: number): { payloadFile: string; digest: string } {
	const content = randomBytes(bytes);
	const payloadFile = join(temporaryFolder(), 'content');
	writeFileSync(payloadFile, content);
	return { payloadFile, digest: sha256(content) };
}

describe('the quota', () => {
	test('refuses what does not fit any more, and takes it once there is room', async () => {
		const daemon = await startDaemon({ config: { payloadQuotaBytes: 1_000_000 } });
		const client = await daemon.connect();
		const [first, second] = [incompressible(600_000), incompressible(600_000)];
		const job = (given: { payloadFile: string }) => digesting({ payloadFile: given.payloadFile });

		const never = await refusal(enqueue(client, job(incompressible(1_100_000))));
		expect(never).toMatchObject({ kind: 'TOO_LARGE' });
		expect(never.message).toMatch(/payloadQuotaBytes/);

		const [id = ''] = await enqueue(client, job(first));
		const full = await refusal(enqueue(client, job(second)));
		expect(full).toMatchObject({ kind: 'STORE' });
		expect(full.message).toMatch(/quota of 1 MB.*Remove finished jobs/);
		// Content that is there already takes no more room, nor does what is small.
		const [twin = '', inline = ''] = await enqueue(client, job(first), digesting({ payload: 'x' }));
		expect(await digestOfJob(daemon, twin)).toBe(first.digest);
		await digestOfJob(daemon, inline);
		expect(await digestOfJob(daemon, id)).toBe(first.digest);
		expect(payloadFiles(daemon.paths.payloads)).toHaveLength(1);
		expect(drafts(daemon.paths.payloads)).toEqual([]);

		await daemon.kill();
		await daemon.restart();
		const again = await daemon.connect();
		expect(await refusal(enqueue(again, job(second)))).toMatchObject({ kind: 'STORE' });
		await again.request('job/remove', { ids: [id, twin] });
		await expect.poll(() => payloadFiles(daemon.paths.payloads), { timeout: 20_000 }).toEqual([]);
		const [last = ''] = await enqueue(again, job(second));
		expect(await digestOfJob(daemon, last)).toBe(second.digest);
		const { storage } = await again.request('system/status', {});
		expect(storage.payloadBytes).toBeGreaterThan(600_000);
		expect(storage.payloadBytes).toBeLessThan(601_000);
	});
});

/** A disk of its own of one megabyte, or why there is none. */
function smallDisk(folder: string): string | undefined {
	if (process.platform !== 'linux') return 'only Linux has tmpfs';
	mkdirSync(folder, { recursive: true });
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
	} catch (error) {
		return `a small disk cannot be mounted here (${String(error).trim()})`;
	}
	onTestFinished(() => void execFileSync('umount', ['-l', folder]));
	return undefined;
}

describe('a full disk', () => {
	test('is said, leaves nothing half, and service goes on', async ({ skip }) => {
		const home = temporaryFolder();
		const reason = smallDisk(dataPaths(home).payloads);
		if (reason !== undefined) {
			console.log(`Not tried: ${reason}.`);
			skip(reason);
		}
		const daemon = await startDaemon({ home });
		const client = await daemon.connect();
		// What a job reads takes room too.
		await client.request('queue/update', { name: '*', paused: true });
		const fits = incompressible(300_000);
		const [id = ''] = await enqueue(client, digesting({ payloadFile: fits.payloadFile }));
		const tooMuch = digesting({ payloadFile: incompressible(900_000).payloadFile });
		for (let attempt = 0; attempt < 3; attempt++) {
			const full = await refusal(enqueue(client, digesting({ payload: 'x' }), tooMuch));
			expect(full).toMatchObject({ kind: 'STORE', path: 'jobs[1]' });
			expect(full.message).toMatch(/disk .* is full.*Free space/);
		}
		expect(drafts(daemon.paths.payloads)).toEqual([]);
		expect(payloadFiles(daemon.paths.payloads)).toHaveLength(1);
		await client.request('queue/update', { name: '*', paused: false });
		expect(await digestOfJob(daemon, id)).toBe(fits.digest);
		const more = incompressible(300_000);
		const [later = ''] = await enqueue(client, digesting({ payloadFile: more.payloadFile }));
		expect(await digestOfJob(daemon, later)).toBe(more.digest);
		expect((await client.request('job/list', {})).total.value).toBe(2);
	});

	test('has no room for what a job reads: the job says so, and a retry finds it', async (context) => {
		const home = temporaryFolder();
		const { payloads } = dataPaths(home);
		mkdirSync(payloads, { recursive: true });
		mountDisk(context, payloads, 'size=1m');
		const daemon = await startDaemon({ home });
		const client = await daemon.connect();
		// Small as it is stored, too large as it is read.
		const payload = 'x'.repeat(2_000_000);
		const [id = ''] = await enqueue(client, digesting({ payload }));
		const job = await jobEnd(daemon, id);
		expect(job).toMatchObject({ state: 'failed', stopReason: 'spawn', error: { code: 'STORE' } });
		expect(job.error?.message).toMatch(/could not be laid out .*ENOSPC.*Free space/);
		expect(inputs(payloads)).toEqual([]);
		execFileSync('mount', ['-o', 'remount,size=4m', payloads]);
		const { jobs } = await client.request('job/retry', { ids: [id] });
		expect(await digestOfJob(daemon, jobs[0]?.id ?? '')).toBe(sha256(payload));
		expect(inputs(payloads)).toEqual([]);
	});
});
