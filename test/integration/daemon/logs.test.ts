/** Reading and following logs over the wire: offsets, characters, runs, and more than can be kept. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { LogChunk } from '../../../shared/protocol/logs.ts';
import {
	enqueue,
	jobEnd,
	logSays,
	readWholeLog,
	runToEnd,
	shell,
	startDaemon,
	type TestDaemon,
} from '../../support/daemon.ts';

const MIB = 1024 * 1024;

interface Follower {
	readonly chunks: LogChunk[];
	/** Resolves with all chunks when the end of the log was told. */
	readonly end: Promise<LogChunk[]>;
}

async function follow(daemon: TestDaemon, id: string, offset = 0): Promise<Follower> {
	const connection = await daemon.connect();
	const chunks: LogChunk[] = [];
	const end = new Promise<LogChunk[]>((resolve) => {
		connection.onNotification('log/data', (chunk) => {
			chunks.push(chunk);
			if (chunk.eof) resolve(chunks);
		});
	});
	await connection.request('log/subscribe', { id, offset });
	return { chunks, end };
}

const textOf = (chunks: readonly LogChunk[]) => chunks.map((chunk) => chunk.text).join('');

function expectSeamless(chunks: readonly LogChunk[], from = 0): void {
	let offset = from;
	for (const chunk of chunks) {
		expect(chunk.offset).toBe(offset);
		expect(Buffer.byteLength(chunk.text)).toBe(chunk.nextOffset - chunk.offset);
		expect(chunk.dropped).toBeUndefined();
		offset = chunk.nextOffset;
	}
	expect(chunks.map((chunk) => chunk.eof)).toEqual(chunks.map((_, i) => i === chunks.length - 1));
}

async function readPieces(connection: DaemonConnection, id: string, maxBytes: number) {
	const chunks: LogChunk[] = [];
	for (let offset = 0; ; ) {
		const chunk = await connection.request('log/read', { id, offset, maxBytes });
		chunks.push(chunk);
		if (chunk.eof) return chunks;
		offset = chunk.nextOffset;
	}
}

describe('reading', () => {
	test('goes by bytes and never cuts a character', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const job = await runToEnd(daemon, connection, shell(`printf 'aü€🙂%.0s' $(seq 50); echo`));
		const whole = await readWholeLog(connection, job.id);
		expect(whole).toMatch(/\n(aü€🙂){50}\n$/);
		for (const maxBytes of [4, 5, 6, 7, 33]) {
			const chunks = await readPieces(connection, job.id, maxBytes);
			expect(textOf(chunks)).toBe(whole);
			expectSeamless(chunks);
			for (const { text } of chunks) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
		}
		expect(job.logBytes).toBe(Buffer.byteLength(whole));
	});

	test('beyond the end, or of a job that has said nothing yet, gives nothing', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const [waiting = ''] = await enqueue(connection, shell('true'));
		expect(await connection.request('log/read', { id: waiting })).toEqual({
			id: waiting,
			text: '',
			offset: 0,
			nextOffset: 0,
			eof: false,
		});
		await connection.request('job/cancel', { ids: [waiting] });
		expect(await connection.request('log/read', { id: waiting, offset: 99 })).toMatchObject({
			text: '',
			eof: true,
		});
	});
});

describe('following', () => {
	test('begins with what is there, goes on while the job runs, and ends with it', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(daemon.home, 'gate');
		const [id = ''] = await enqueue(
			connection,
			shell(`echo early; until [ -e ${gate} ]; do sleep 0.02; done; echo late; exit 3`),
		);
		await logSays(daemon, id, 'early\n');
		const follower = await follow(daemon, id);
		const fromMiddle = await follow(daemon, id, 10);
		await logSays(daemon, id, 'early\n');
		expect((await connection.request('job/get', { id })).job.state).toBe('running');
		writeFileSync(gate, '');
		const chunks = await follower.end;
		const whole = await readWholeLog(connection, id);
		expect(textOf(chunks)).toBe(whole);
		expect(whole).toMatch(/early\n.*late\n$/s);
		expectSeamless(chunks);
		expect(textOf(await fromMiddle.end)).toBe(whole.slice(10));
		expectSeamless(await fromMiddle.end, 10);
	});

	test('goes on across runs: the end is told at the end of the job, not of a run', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(daemon.home, 'gate');
		const [id = ''] = await enqueue(
			connection,
			shell(
				`until [ -e ${gate} ]; do sleep 0.02; done; echo said $SEMANTICA_RUN; [ $SEMANTICA_RUN = 3 ]`,
				{
					maxAttempts: 3,
					backoff: { baseMs: 50, jitter: 0 },
				},
			),
		);
		const follower = await follow(daemon, id);
		writeFileSync(gate, '');
		const chunks = await follower.end;
		expect(textOf(chunks).match(/^said \d$/gm)).toEqual(['said 1', 'said 2', 'said 3']);
		expectSeamless(chunks);
		expect((await jobEnd(daemon, id)).logBytes).toBe(chunks.at(-1)?.nextOffset);
	});

	test('waits for the rest of a character that the job has not finished writing', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(daemon.home, 'gate');
		const [id = ''] = await enqueue(
			connection,
			// A euro sign: two bytes now, the third later.
			shell(
				`printf 'price 5 \\342\\202'; until [ -e ${gate} ]; do sleep 0.02; done; printf '\\254\\n'`,
			),
		);
		const follower = await follow(daemon, id);
		await logSays(daemon, id, '\nprice 5 ');
		// Another look at what is there so far must not see half of it either.
		const soFar = await readWholeLog(connection, id);
		expect(soFar).not.toContain('\ufffd');
		writeFileSync(gate, '');
		expect(textOf(await follower.end)).toContain('price 5 €\n');
		expectSeamless(follower.chunks);
	});

	test('a finished job gives all of it and the end at once; an unsubscribed one gives no more', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const job = await runToEnd(daemon, connection, shell('echo only'));
		expect(textOf(await (await follow(daemon, job.id)).end)).toMatch(/only\n$/);

		const gate = join(daemon.home, 'gate');
		const [id = ''] = await enqueue(
			connection,
			shell(`echo one; until [ -e ${gate} ]; do sleep 0.02; done; echo two`),
		);
		const heard: string[] = [];
		const fickle = await daemon.connect();
		fickle.onNotification('log/data', (chunk) => heard.push(chunk.text));
		await fickle.request('log/subscribe', { id });
		await logSays(daemon, id, 'one\n');
		await fickle.request('log/unsubscribe', { id });
		writeFileSync(gate, '');
		await jobEnd(daemon, id);
		// Whatever was on its way is here before this answer.
		await fickle.request('log/unsubscribe', { id });
		expect(heard.join('')).not.toMatch(/^two$/m);
	});

	test('again and again leaves nothing behind', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const [id = ''] = await enqueue(connection, shell('sleep 60'));
		for (let i = 0; i < 50; i++) {
			await connection.request('log/subscribe', { id });
			await connection.request('jobs/subscribe', {});
		}
		await connection.request('job/cancel', { ids: [id] });
		await jobEnd(daemon, id);
		expect(daemon.log()).not.toMatch(/MaxListeners|leak/);
	});
});

test('of 30 MB the first and the last are kept, and everybody is told of the gap', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const line = (n: number) => `${String(n).padStart(10, '0')} ${'x'.repeat(88)}\n`;
	const [id = ''] = await enqueue(
		connection,
		shell(`${process.execPath} -e '
			let n = 0;
			const more = () => {
				let text = "";
				for (let i = 0; i < 1000; i++) text += String(n++).padStart(10, "0") + " " + "x".repeat(88) + "\\n";
				if (n < 300000) process.stdout.write(text, more); else process.stdout.write(text);
			};
			more()'`),
	);
	const follower = await follow(daemon, id);
	const job = await jobEnd(daemon, id);
	expect(job.state).toBe('succeeded');
	expect(job.logBytes).toBeGreaterThan(300_000 * 100);

	const chunks = await readPieces(connection, id, MIB);
	const gaps = chunks.filter((chunk) => chunk.dropped !== undefined);
	expect(gaps).toHaveLength(1);
	const { from, to } = gaps[0]?.dropped ?? { from: 0, to: 0 };
	expect(from).toBe(5 * MIB);
	expect(job.logBytes - to).toBeGreaterThanOrEqual(5 * MIB);
	expect(job.logBytes - to).toBeLessThan(6 * MIB);
	const begin = textOf(chunks.filter((chunk) => chunk.offset < from));
	const end = textOf(chunks.filter((chunk) => chunk.offset >= to));
	const marker = begin.indexOf('\n') + 1;
	expect(begin.slice(marker, marker + 200)).toBe(line(0) + line(1));
	expect(end.endsWith(line(299_998) + line(299_999))).toBe(true);
	// Not a line is missing from what was kept.
	const numbers = [...end.matchAll(/^(\d{10}) x{88}$/gm)].map((match) => Number(match[1]));
	expect(numbers.length).toBeGreaterThan(50_000);
	expect(numbers.every((n, i) => i === 0 || n === (numbers[i - 1] ?? 0) + 1)).toBe(true);

	// A follower gets the end too, and where it could not keep up it is told so.
	const followed = await follower.end;
	expect(textOf(followed).endsWith(line(299_999))).toBe(true);
	let offset = 0;
	for (const chunk of followed) {
		expect(chunk.dropped?.from ?? chunk.offset).toBe(offset);
		offset = chunk.nextOffset;
	}
	expect(offset).toBe(job.logBytes);
});
