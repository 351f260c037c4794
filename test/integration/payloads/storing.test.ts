/** Where payloads go, and that jobs get exactly what was sent. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import {
	enqueue,
	jobEnd,
	jobWhen,
	readWholeLog,
	shell,
	startDaemon,
} from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import {
	digesting,
	digestOfJob,
	drafts,
	inputs,
	pathOfContent,
	payloadFiles,
	readPayload,
	sha256,
	THRESHOLD,
} from './support.ts';

const raw = (payload: string, more: Partial<JobSpecInput> = {}) => digesting({ payload, ...more });

describe('storing', () => {
	test('keeps content below the threshold inline and the rest in files, and gives both unchanged', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const contents = [
			'x',
			'a'.repeat(THRESHOLD - 1),
			'b'.repeat(THRESHOLD),
			'ü'.repeat(THRESHOLD / 2),
			'€uro '.repeat(400_000),
		];
		const ids = await enqueue(client, ...contents.map((content) => raw(content)));
		for (const [index, content] of contents.entries()) {
			const id = ids[index] ?? '';
			expect(await digestOfJob(daemon, id)).toBe(sha256(content));
			const { job } = await client.request('job/get', { id });
			expect(job.payload).toEqual({
				bytes: Buffer.byteLength(content),
				storage: Buffer.byteLength(content) < THRESHOLD ? 'inline' : 'file',
			});
		}
		const large = contents.slice(2).map((content) => pathOfContent(daemon.paths.payloads, content));
		expect(payloadFiles(daemon.paths.payloads).sort()).toEqual(large.sort());
		expect(drafts(daemon.paths.payloads)).toEqual([]);
		for (const file of large) expect(statSync(file).mode & 0o777).toBe(0o600);
	});

	test('gives JSON as it was sent, lone surrogates included', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const payload = {
			text: 'half \ud800 pair',
			list: Array.from({ length: 5000 }, (_, i) => i / 7),
		};
		const [id = ''] = await enqueue(client, digesting({ payload }));
		const text = JSON.stringify(payload);
		expect(await digestOfJob(daemon, id)).toBe(sha256(text));
		expect(JSON.parse(await readPayload(client, id, 4096))).toEqual(payload);
	});

	test('one file for one content: in a request, for children and for retries; gone with the last job', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const payload = 'shared '.repeat(10_000);
		const file = pathOfContent(daemon.paths.payloads, payload);
		const [parent = '', twin = ''] = await enqueue(
			client,
			raw(payload, { title: 'parent', runAt: Date.now() + 3_600_000 }),
			raw(payload),
		);
		const [child = ''] = await enqueue(client, raw(payload, { parentId: parent }));
		await digestOfJob(daemon, child);
		await digestOfJob(daemon, twin);
		const { jobs } = await client.request('job/retry', { ids: [twin] });
		const retried = jobs[0]?.id ?? '';
		expect(await digestOfJob(daemon, retried)).toBe(sha256(payload));
		expect(payloadFiles(daemon.paths.payloads)).toEqual([file]);

		await client.request('job/cancel', { ids: [parent] });
		await client.request('job/remove', { ids: [twin, child, parent] });
		expect(payloadFiles(daemon.paths.payloads)).toEqual([file]);
		await client.request('job/remove', { ids: [retried] });
		await expect.poll(() => payloadFiles(daemon.paths.payloads), { timeout: 20_000 }).toEqual([]);
	});

	test('an enqueue that is refused leaves no file, and one that exists already none of its own', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const payload = 'refused '.repeat(10_000);
		const missing = '018f4d2e-7c3a-7b1e-9f00-0123456789ab';
		await expect(enqueue(client, raw(payload, { parentId: missing }))).rejects.toThrow('parent');
		await expect.poll(() => payloadFiles(daemon.paths.payloads), { timeout: 20_000 }).toEqual([]);

		const keyed = raw(payload, { key: 'once' });
		const first = await client.request('job/enqueue', { jobs: [keyed] });
		const second = await client.request('job/enqueue', { jobs: [keyed] });
		expect(second.jobs[0]).toMatchObject({ id: first.jobs[0]?.id, existing: true });
		const other = { ...keyed, payload: `${payload}!` };
		await expect(client.request('job/enqueue', { jobs: [other] })).rejects.toThrow('once');
		await expect
			.poll(() => payloadFiles(daemon.paths.payloads), { timeout: 20_000 })
			.toEqual([pathOfContent(daemon.paths.payloads, payload)]);
	});

	test('a job may close its stdin, read a little of it, or not look at it', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const payload = 'z'.repeat(8_000_000);
		const ids = await enqueue(
			client,
			shell('exec 0<&-; exit 0', { payload }),
			shell('head -c 5 >/dev/null', { payload }),
			shell('exit 0', { payload }),
			shell('exit 3', { payload }),
		);
		const ends = await Promise.all(ids.map((id) => jobEnd(daemon, id)));
		expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 3]);
		const [stuck = ''] = await enqueue(client, shell('sleep 600', { payload, graceMs: 0 }));
		await jobWhen(daemon, stuck, (job) => job.state === 'running');
		await client.request('job/cancel', { ids: [stuck] });
		expect((await jobEnd(daemon, stuck)).state).toBe('cancelled');
	});
});

describe('what a job reads', () => {
	test.each([
		['small', 'given '.repeat(10)],
		['large', 'given '.repeat(50_000)],
	])('can be opened again, and is gone with the run: %s', async (_, payload) => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const twice = 'a=$(cat /dev/stdin | wc -c); b=$(wc -c </dev/stdin); echo "$a $b"';
		const [id = ''] = await enqueue(client, shell(twice, { payload }));
		expect((await jobEnd(daemon, id)).state).toBe('succeeded');
		expect(await readWholeLog(client, id)).toContain(`\n${payload.length} ${payload.length}\n`);
		expect(inputs(daemon.paths.payloads)).toEqual([]);
	});

	test('of a killed daemon is removed at the next start', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const payload = 'given '.repeat(50_000);
		const [id = ''] = await enqueue(client, shell('sleep 600', { payload }));
		await jobWhen(daemon, id, (job) => job.state === 'running');
		await until(() => inputs(daemon.paths.payloads).length === 1, 'its input is there');
		const file = join(daemon.paths.payloads, 'inputs', inputs(daemon.paths.payloads)[0] ?? '');
		expect(statSync(file).mode & 0o777).toBe(0o600);
		await daemon.kill();
		expect(inputs(daemon.paths.payloads)).toHaveLength(1);
		await daemon.restart();
		expect(inputs(daemon.paths.payloads)).toEqual([]);
	});
});

describe('job/payload', () => {
	test('reads bounded parts, cut at characters, wherever the payload is', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const small = 'aü€😀'.repeat(50);
		const large = 'aü€😀'.repeat(70_000);
		const later = Date.now() + 3_600_000;
		const [inline = '', file = '', none = ''] = await enqueue(
			client,
			shell('cat', { payload: small, runAt: later }),
			shell('cat', { payload: large, runAt: later }),
			shell('cat', { runAt: later }),
		);
		for (const maxBytes of [1, 2, 5, 333]) {
			expect(await readPayload(client, inline, maxBytes)).toBe(small);
		}
		for (const maxBytes of [9999, 65_536, 1024 * 1024]) {
			expect(await readPayload(client, file, maxBytes)).toBe(large);
		}
		// Two who read in turns do not disturb each other.
		const at = (offset: number) =>
			client.request('job/payload', { id: file, offset, maxBytes: 1000 });
		const [one, two, back] = [await at(10_000), await at(500_000), await at(10_000)];
		expect(one).toEqual(back);
		expect(one.text).toBe('aü€😀'.repeat(100));
		expect(two.nextOffset).toBe(501_000);
		const end = { text: '', eof: true };
		expect(await at(1e9)).toEqual({ ...end, nextOffset: 700_000 });
		expect(await client.request('job/payload', { id: none })).toEqual({ ...end, nextOffset: 0 });
	});
});
