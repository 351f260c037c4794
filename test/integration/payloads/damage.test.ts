/** A payload that is not what was stored never reaches a job; its job says so and the others go on. */

import { randomBytes } from 'node:crypto';
import {
	appendFileSync,
	chmodSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { enqueue, jobEnd, readWholeLog, shell, startDaemon } from '../../support/daemon.ts';
import { digesting, digestOfJob, pathOfContent, payloadFiles, refusal, sha256 } from './support.ts';

/** What may happen to a file, and what is said of it; undefined where the content is still whole. */
const DAMAGES: readonly (readonly [string, (file: string) => void, RegExp | undefined])[] = [
	['missing', rmSync, /is missing/],
	['cut short', (file) => truncateSync(file, 100), /is damaged or cut short/],
	['cut by one byte', (file) => truncateSync(file, readFileSync(file).length - 1), /cut short/],
	['empty', (file) => truncateSync(file, 0), /cut short/],
	['one bit flipped', (file) => flip(file, (bytes) => bytes.length >> 1), /is damaged|is not what/],
	['its checksum flipped', (file) => flip(file, (bytes) => bytes.length - 1), /is damaged/],
	['not zstd at all', (file) => writeFileSync(file, 'x'.repeat(1000)), /is damaged/],
	['other content', (file) => writeFileSync(file, OTHER), /another length/],
	['swapped for a folder', replaceBy(mkdirSync), /not a regular file/],
	['swapped for a link', replaceBy((file) => symlinkSync('/etc/hostname', file)), /by a link/],
	['swapped for a device', replaceBy((file) => symlinkSync('/dev/zero', file)), /by a link/],
	['moved behind a link', moveBehindLink, /by a link/],
	['something appended', (file) => appendFileSync(file, 'junk'), undefined],
];
/** A zstd frame of "other". */
const OTHER = Buffer.from('28b52ffd0005290000 6f74686572'.replaceAll(' ', ''), 'hex');

function flip(file: string, where: (bytes: Buffer) => number): void {
	const bytes = readFileSync(file);
	const at = where(bytes);
	bytes[at] = (bytes[at] ?? 0) ^ 1;
	writeFileSync(file, bytes);
}

function replaceBy(put: (file: string) => void) {
	return (file: string): void => {
		rmSync(file);
		put(file);
	};
}

function moveBehindLink(file: string): void {
	renameSync(file, `${file}.moved`);
	symlinkSync(`${file}.moved`, file);
}

describe('damage', () => {
	test('of any kind: its jobs fail with PAYLOAD_LOST, doctor tells, and the content mends it', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		await client.request('queue/update', { name: '*', paused: true });
		const cases = await Promise.all(
			DAMAGES.map(async ([name, damage, said]) => {
				const payload = `${name} ${randomBytes(20_000).toString('hex')}`;
				const job = digesting({ payload, maxAttempts: 3 });
				const ids = await enqueue(client, job, job);
				const file = pathOfContent(daemon.paths.payloads, payload);
				damage(file);
				return { name, said, payload, ids, file };
			}),
		);
		await client.request('queue/update', { name: '*', paused: false });
		for (const { name, said, payload, ids, file } of cases) {
			for (const id of ids) {
				if (said === undefined) {
					expect(await digestOfJob(daemon, id)).toBe(sha256(payload));
					continue;
				}
				const job = await jobEnd(daemon, id);
				expect(job, name).toMatchObject({ state: 'failed', stopReason: 'payload', attempt: 1 });
				expect(job.error?.code).toBe('PAYLOAD_LOST');
				expect(job.error?.message).toMatch(said);
				expect(job.error?.message).toContain(file);
				expect(await refusal(client.request('job/payload', { id }))).toMatchObject({ code: 5003 });
			}
		}
		const damaged = cases.filter(({ said }) => said !== undefined);
		const { checks } = await client.request('system/diagnose', {});
		const check = checks.find((found) => found.name === 'payloads');
		expect(check?.ok).toBe(false);
		expect(check?.message).toContain(`${damaged.length} of ${cases.length} payload files are lost`);
		for (const { file, ids } of damaged) {
			expect(check?.message).toContain(file);
			expect(check?.message).toContain(ids[0]);
		}
		for (const { name, payload, ids } of damaged) {
			const again = enqueue(client, digesting({ payload }));
			if (name === 'swapped for a folder') {
				expect(await refusal(again)).toMatchObject({ kind: 'STORE' });
				continue;
			}
			const [id = ''] = await again;
			expect(await digestOfJob(daemon, id)).toBe(sha256(payload));
			const { jobs } = await client.request('job/retry', { ids: [ids[0] ?? ''] });
			expect(await digestOfJob(daemon, jobs[0]?.id ?? '')).toBe(sha256(payload));
		}
	});

	test('damage after a job has begun does not reach it', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const payload = Array.from({ length: 400_000 }, (_, i) => (i * 7919).toString(36)).join(' ');
		const file = pathOfContent(daemon.paths.payloads, payload);
		const [id = ''] = await enqueue(
			client,
			shell(`dd if=/dev/zero of='${file}' bs=1k seek=900 count=1 conv=notrunc; cat | wc -c`, {
				payload,
			}),
		);
		expect((await jobEnd(daemon, id)).state).toBe('succeeded');
		expect(await readWholeLog(client, id)).toContain(`${payload.length}\n`);
	});

	test('of the database: its payload files are set aside with it', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const payload = randomBytes(20_000).toString('hex');
		await enqueue(client, digesting({ payload, runAt: Date.now() + 3_600_000 }));
		await daemon.kill();
		truncateSync(daemon.paths.database, 5000);
		writeFileSync(daemon.paths.database, 'not a database at all');
		await daemon.restart();
		const [aside = ''] = readdirSync(daemon.paths.damaged);
		const kept = join(daemon.paths.damaged, aside, 'payloads');
		expect(payloadFiles(kept)).toEqual([pathOfContent(kept, payload)]);
		expect(payloadFiles(daemon.paths.payloads)).toEqual([]);
	});

	test.skipIf(process.getuid?.() === 0)('unreadable', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const payload = 'unreadable '.repeat(20_000);
		const later = Date.now() + 3_600_000;
		const [id = ''] = await enqueue(client, digesting({ payload, runAt: later }));
		chmodSync(pathOfContent(daemon.paths.payloads, payload), 0o000);
		await client.request('job/runNow', { ids: [id] });
		expect((await jobEnd(daemon, id)).error?.code).toBe('SYSTEM');
	});
});
