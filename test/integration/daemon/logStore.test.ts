/** Job logs on a real disk: the first 5 MiB, the last 5 MiB, and byte offsets that never lie. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
	HEAD_BYTES,
	logFolder,
	readSegments,
	segmentFile,
	TAIL_BYTES,
	TAIL_SEGMENT_BYTES,
} from '../../../daemon/processes/log/segments.ts';
import { createLogStore, type LogStore } from '../../../daemon/processes/log/store.ts';
import type { LogWriter } from '../../../daemon/processes/log/writer.ts';
import type { LogRead } from '../../../daemon/queue/ports/logs.ts';
import type { LogSource } from '../../../shared/protocol/logs.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { mountDisk } from '../../support/disks.ts';
import { until } from '../../support/processes.ts';

const ID = '018f0000-0000-7000-8000-0000000000ab';

interface TestLogs {
	readonly root: string;
	readonly store: LogStore;
	readonly warnings: string[];
	/** Its monotonic clock, ms. */
	time: number;
	/** One run that writes these chunks. */
	write(...chunks: (Buffer | string)[]): Promise<void>;
}

function openLogs(): TestLogs {
	const root = join(temporaryFolder(), 'logs');
	const warnings: string[] = [];
	const store = createLogStore(
		root,
		(sentence) => warnings.push(sentence),
		() => logs.time,
	);
	const logs: TestLogs = {
		root,
		store,
		warnings,
		time: 0,
		async write(...chunks) {
			const writer = await store.openWriter(ID);
			for (const chunk of chunks) await writer.append(Buffer.from(chunk));
			await store.closeWriter(ID);
		},
	};
	return logs;
}

/** Everything from `offset` on, read in pieces. */
async function readAll(store: LogStore, maxBytes: number, from = 0): Promise<LogRead[]> {
	const reads: LogRead[] = [];
	let offset = from;
	for (;;) {
		const read = await store.read(ID, offset, maxBytes);
		if (read.nextOffset === offset && read.text === '') return reads;
		reads.push(read);
		offset = read.nextOffset;
	}
}

const textOf = (reads: readonly LogRead[]) => reads.map((read) => read.text).join('');
const diskBytes = (root: string) =>
	readdirSync(logFolder(root, ID))
		.map((file) => statSync(join(logFolder(root, ID), file)).size)
		.reduce((sum, size) => sum + size, 0);

/** `count` bytes of numbered lines, so that any shift or loss shows. */
function lines(count: number, width = 16): Buffer {
	const all = Buffer.alloc(count);
	for (let at = 0; at < count; at += width) {
		all.write(`${String(at).padStart(width - 1, '0')}\n`, at, 'latin1');
	}
	return all;
}

test('a job without output has an empty log that ends where it begins', async () => {
	const { store } = openLogs();
	expect(await store.read(ID, 0, 100)).toEqual({ text: '', offset: 0, nextOffset: 0, atEnd: true });
	expect(await store.read(ID, 7, 100)).toEqual({ text: '', offset: 7, nextOffset: 7, atEnd: true });
});

test('a log that fits is kept whole, whatever the pieces it is written and read in', async () => {
	const { store, write, root } = openLogs();
	const text = 'plain, ü, €, 🙂, and a line\n'.repeat(50);
	const bytes = Buffer.from(text);
	await write(...Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1)));
	for (const size of [4, 5, 7, 64, 1 << 20]) {
		const reads = await readAll(store, size);
		expect(textOf(reads)).toBe(text);
		expect(reads.at(-1)?.atEnd).toBe(true);
		expect(reads.every((read) => read.dropped === undefined)).toBe(true);
		for (const [i, read] of reads.entries()) {
			expect(read.offset).toBe(i === 0 ? 0 : reads[i - 1]?.nextOffset);
			expect(Buffer.byteLength(read.text)).toBe(read.nextOffset - read.offset);
		}
	}
	expect(statSync(segmentFile(root, ID, 0)).mode & 0o777).toBe(0o600);
	expect(statSync(logFolder(root, ID)).mode & 0o777).toBe(0o700);
});

test('runs follow each other in one log', async () => {
	const { store, write } = openLogs();
	await write('first run\n');
	await write('second run\n');
	expect(textOf(await readAll(store, 1000))).toBe('first run\nsecond run\n');
	expect(textOf(await readAll(store, 1000, 10))).toBe('second run\n');
});

describe('a log beyond its bounds', () => {
	test('keeps its first and its last 5 MiB and says what lies between', async () => {
		const { store, write, root } = openLogs();
		const bytes = lines(14 * 1024 * 1024);
		const pieces: Buffer[] = [];
		for (let at = 0; at < bytes.length; at += 100_000)
			pieces.push(bytes.subarray(at, at + 100_000));
		await write(...pieces);

		expect(diskBytes(root)).toBeGreaterThanOrEqual(HEAD_BYTES + TAIL_BYTES);
		expect(diskBytes(root)).toBeLessThan(HEAD_BYTES + TAIL_BYTES + TAIL_SEGMENT_BYTES);

		const reads = await readAll(store, 1 << 20);
		const gaps = reads.filter((read) => read.dropped !== undefined);
		expect(gaps).toHaveLength(1);
		const gap = gaps[0]?.dropped ?? { from: 0, to: 0 };
		expect(gap.from).toBe(HEAD_BYTES);
		expect(gap.to).toBeGreaterThan(HEAD_BYTES);
		expect(gap.to).toBeLessThanOrEqual(bytes.length - TAIL_BYTES);
		expect(gaps[0]?.offset).toBe(gap.to);
		const kept = Buffer.concat([bytes.subarray(0, gap.from), bytes.subarray(gap.to)]);
		expect(Buffer.from(textOf(reads)).equals(kept)).toBe(true);
		expect(reads.at(-1)).toMatchObject({ nextOffset: bytes.length, atEnd: true });
	});

	test('an offset inside what was dropped continues behind it, and says so', async () => {
		const { store, write } = openLogs();
		await write(lines(13 * 1024 * 1024));
		const read = await store.read(ID, HEAD_BYTES + 123, 64);
		expect(read.dropped).toEqual({ from: HEAD_BYTES + 123, to: read.offset });
		expect(read.text).toBe(
			lines(13 * 1024 * 1024).toString('latin1', read.offset, read.nextOffset),
		);
	});

	test('never grows beyond them while it is written', async () => {
		const { store, root } = openLogs();
		const writer = await store.openWriter(ID);
		const piece = lines(1024 * 1024);
		let most = 0;
		for (let i = 0; i < 40; i++) {
			await writer.append(piece);
			await writer.close();
			most = Math.max(most, diskBytes(root));
		}
		expect(most).toBeLessThan(HEAD_BYTES + TAIL_BYTES + 2 * TAIL_SEGMENT_BYTES);
		expect(store.liveSize(ID)).toBe(40 * 1024 * 1024);
	});

	test('goes on where the run before left off', async () => {
		const { store, write } = openLogs();
		const bytes = lines(12 * 1024 * 1024);
		for (let at = 0; at < bytes.length; at += 700_000)
			await write(bytes.subarray(at, at + 700_000));
		const reads = await readAll(store, 1 << 20);
		const gap = reads.find((read) => read.dropped !== undefined)?.dropped ?? { from: 0, to: 0 };
		const kept = Buffer.concat([bytes.subarray(0, gap.from), bytes.subarray(gap.to)]);
		expect(Buffer.from(textOf(reads)).equals(kept)).toBe(true);
	});
});

describe('characters', () => {
	test('across two files are read whole', async () => {
		const { store, write } = openLogs();
		// The head ends inside the euro sign, the first file of the tail inside the smile.
		const filler = (length: number) => '.'.repeat(length);
		const text = `${filler(HEAD_BYTES - 1)}€${filler(TAIL_SEGMENT_BYTES - 4)}🙂!`;
		await write(text);
		expect(textOf(await readAll(store, 1 << 20)).replaceAll('.', '')).toBe('€🙂!');
		expect((await store.read(ID, HEAD_BYTES - 1, 4)).text).toBe('€.');
	});

	test('that a running job has not finished writing are waited for', async () => {
		const { store } = openLogs();
		const euro = Buffer.from('€');
		const writer = await store.openWriter(ID);
		await writer.append(Buffer.concat([Buffer.from('a'), euro.subarray(0, 2)]));
		await writer.close();
		expect(await store.read(ID, 0, 100)).toMatchObject({ text: 'a', nextOffset: 1, atEnd: false });
		expect(await store.read(ID, 1, 100)).toMatchObject({ text: '', nextOffset: 1, atEnd: false });
		await writer.append(euro.subarray(2));
		await writer.close();
		expect(await store.read(ID, 1, 100)).toMatchObject({ text: '€', nextOffset: 4 });
		await store.closeWriter(ID);
	});

	test('that never came are shown as broken once the job is over', async () => {
		const { store, write } = openLogs();
		await write(Buffer.from('a€').subarray(0, 3));
		const reads = await readAll(store, 100);
		expect(textOf(reads)).toBe('a\ufffd');
		expect(reads.at(-1)).toMatchObject({ nextOffset: 3, atEnd: true });
	});

	test('cut by what was dropped are passed over at its end', async () => {
		const { store, write } = openLogs();
		await write('€'.repeat(5 * 1024 * 1024));
		const reads = await readAll(store, 1 << 20);
		const after = reads.find((read) => read.dropped !== undefined);
		expect(after?.text.startsWith('€')).toBe(true);
		expect(after?.dropped?.to).toBe(after?.offset);
		// The head may end inside one; nothing else may be broken.
		expect(textOf(reads).replaceAll('€', '').length).toBeLessThanOrEqual(1);
	});

	test('are no condition: bytes that are no text are read to their end', async () => {
		const { store, write } = openLogs();
		await write(Buffer.alloc(1000, 0xff), Buffer.alloc(1000, 0x80));
		for (const size of [4, 1000]) {
			expect((await readAll(store, size)).at(-1)?.nextOffset).toBe(2000);
		}
	});
});

describe('following', () => {
	test('hears of each append after it can be read, until it stops listening', async () => {
		const { store } = openLogs();
		const sizes: (number | undefined)[] = [];
		const stop = store.follow(ID, () => sizes.push(store.liveSize(ID)));
		const writer = await store.openWriter(ID);
		await writer.append(Buffer.from('one'));
		await writer.close();
		await writer.append(Buffer.from('two'));
		await writer.close();
		expect(sizes).toEqual([3, 6]);
		stop();
		await writer.append(Buffer.from('three'));
		await store.closeWriter(ID);
		expect(sizes).toEqual([3, 6]);
		expect(store.liveSize(ID)).toBeUndefined();
	});
});

describe('a disk that misbehaves', () => {
	test('costs the log, never the job: one sentence, then silence', async () => {
		const { root, warnings, write } = openLogs();
		// Where the folder should be there is a file: no permission bits can stop root, this does.
		writeFileSync(root, '');
		await write('one\n', 'two\n', 'three\n');
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toMatch(/log of job .* cannot be written .*; the job goes on/);
	});

	test('costs what was printed meanwhile, which shows as a gap, and nothing after it', async () => {
		const logs = openLogs();
		const { root, store, warnings } = logs;
		writeFileSync(root, '');
		const writer = await store.openWriter(ID);
		await writer.append(Buffer.from('lost\n'));
		await until(() => warnings.length > 0, 'the disk has refused');
		rmSync(root);
		// Not tried again at once, so that a full disk is not asked for every line.
		await writer.append(Buffer.from('too early\n'));
		logs.time = 1000;
		await writer.append(Buffer.from('kept\n'));
		await store.closeWriter(ID);
		expect(await store.read(ID, 0, 100)).toEqual({
			text: 'kept\n',
			offset: 15,
			nextOffset: 20,
			atEnd: true,
			dropped: { from: 0, to: 15 },
		});
		expect(warnings).toHaveLength(1);
	});

	test('that is full for a while: what fits is kept, and the gap lies where it was', async (context) => {
		const logs = openLogs();
		const { root, store, warnings } = logs;
		mkdirSync(root);
		mountDisk(context, root, 'size=64k');
		const ballast = join(root, 'ballast');
		writeFileSync(ballast, Buffer.alloc(40 * 1024));
		const writer = await store.openWriter(ID);
		await writer.append(lines(30_000, 10));
		await until(() => warnings.length > 0, 'the disk is full');
		const kept = store.liveSize(ID) ?? 0;
		expect(kept).toBeGreaterThan(0);
		expect(kept).toBeLessThan(30_000);
		rmSync(ballast);
		logs.time = 2000;
		await writer.append(Buffer.from('again\n'));
		await store.closeWriter(ID);
		const reads = await readAll(store, 1 << 20);
		expect(reads[0]?.text).toBe(lines(30_000, 10).toString().slice(0, kept));
		expect(reads[1]).toMatchObject({ text: 'again\n', dropped: { from: kept, to: 30_000 } });
		expect(reads).toHaveLength(2);
	});

	test('again and again leaves no files without content, and an end that was lost is told', async (context) => {
		const logs = openLogs();
		const { root, store } = logs;
		mkdirSync(logFolder(root, ID), { recursive: true });
		mountDisk(context, logFolder(root, ID), 'size=8k');
		const ballast = join(logFolder(root, ID), 'ballast');
		writeFileSync(ballast, Buffer.alloc(8 * 1024));
		const writer = await store.openWriter(ID);
		for (let i = 0; i < 5; i++) {
			logs.time += 1000;
			await writer.append(Buffer.from('lost\n'));
			await writer.close();
		}
		expect(readdirSync(logFolder(root, ID))).toEqual(['ballast']);
		rmSync(ballast);
		await store.closeWriter(ID);
		const [only, ...others] = await readAll(store, 1000);
		expect(others).toEqual([]);
		expect(only?.text).toMatch(/^\[semantica\] \d+ bytes of output before this line could not be/);
		expect(only?.dropped?.from).toBe(0);
	});

	test('a log whose folder cannot be read has no size, rather than none', async () => {
		const { store, write, root } = openLogs();
		expect(await store.sizeOnDisk(ID)).toBe(0);
		await write('text');
		expect(await store.sizeOnDisk(ID)).toBe(4);
		rmSync(logFolder(root, ID), { recursive: true });
		writeFileSync(logFolder(root, ID), 'no folder');
		expect(await store.sizeOnDisk(ID)).toBeUndefined();
	});

	test('a file that somebody deleted is a gap, not an error', async () => {
		const { store, write, root } = openLogs();
		await write(lines(HEAD_BYTES + 3 * TAIL_SEGMENT_BYTES));
		rmSync(segmentFile(root, ID, HEAD_BYTES + TAIL_SEGMENT_BYTES));
		const reads = await readAll(store, 1 << 20);
		const gap = reads.find((read) => read.dropped !== undefined)?.dropped;
		expect(gap).toEqual({
			from: HEAD_BYTES + TAIL_SEGMENT_BYTES,
			to: HEAD_BYTES + 2 * TAIL_SEGMENT_BYTES,
		});
		expect(reads.at(-1)).toMatchObject({
			nextOffset: HEAD_BYTES + 3 * TAIL_SEGMENT_BYTES,
			atEnd: true,
		});
	});

	test('a file that is deleted under a running job is a gap too', async () => {
		const { store, root } = openLogs();
		const writer = await store.openWriter(ID);
		await writer.append(lines(HEAD_BYTES + 10));
		await writer.close();
		rmSync(segmentFile(root, ID, 0));
		const first = await store.read(ID, 0, 100);
		expect(first).toMatchObject({ text: '', dropped: { from: 0, to: HEAD_BYTES } });
		expect((await store.read(ID, first.nextOffset, 100)).nextOffset).toBe(HEAD_BYTES + 10);
		await store.closeWriter(ID);
	});
});

describe('bytes', () => {
	const MARK = Buffer.from('[semantica] run 1, attempt 1\n');

	/** What each source wrote, from reads of this size. */
	async function bySource(store: LogStore, maxBytes: number) {
		const all = { stdout: '', stderr: '', semantica: '' };
		for (let offset = 0; ; ) {
			const read = await store.read(ID, offset, maxBytes, { encoding: 'base64' });
			if (read.nextOffset === offset) return all;
			const bytes = Buffer.from(read.text, 'base64');
			expect(bytes).toHaveLength(read.nextOffset - read.offset);
			const spans = read.spans ?? [];
			expect(spans[0]?.offset).toBe(read.offset);
			for (const [i, { offset: from, source }] of spans.entries()) {
				const to = spans[i + 1]?.offset ?? read.nextOffset;
				all[source] += bytes.toString('latin1', from - read.offset, to - read.offset);
			}
			offset = read.nextOffset;
		}
	}

	test('are read as they are, each with who wrote it, while a job runs and afterwards', async () => {
		const { store, root } = openLogs();
		const written = { stdout: '', stderr: '', semantica: '' };
		const write = async (writer: LogWriter, source: LogSource, bytes: Buffer) => {
			written[source] += bytes.toString('latin1');
			await writer.append(bytes, source);
		};
		for (let run = 1; run <= 3; run++) {
			const writer = await store.openWriter(ID);
			await write(writer, 'semantica', run === 1 ? MARK : Buffer.from('[semantica] run 2\n'));
			for (let i = 0; i < 100; i++) {
				await write(writer, i % 3 === run ? 'stderr' : 'stdout', Buffer.from([0xff - i, 0x0a, i]));
				if (i % 10 === 0) await writer.close();
			}
			await writer.close();
			for (const size of [4, 7, 1 << 20]) expect(await bySource(store, size)).toEqual(written);
			await store.closeWriter(ID);
			for (const size of [4, 7, 1 << 20]) expect(await bySource(store, size)).toEqual(written);
		}
		await store.remove(ID);
		expect(readdirSync(logFolder(root, ID))).toEqual([]);
	});

	test('of a job that only prints need no second file', async () => {
		const { store, root } = openLogs();
		const writer = await store.openWriter(ID);
		await writer.append(MARK, 'semantica');
		await writer.append(Buffer.from('[semantica] run 9\n'));
		await store.closeWriter(ID);
		expect(await bySource(store, 100)).toEqual({
			stdout: '[semantica] run 9\n',
			stderr: '',
			semantica: MARK.toString(),
		});
		expect(readdirSync(logFolder(root, ID))).toHaveLength(1);
	});

	test('keep their source beyond the bounds of a log, and marks go with what is dropped', async () => {
		const { store, root } = openLogs();
		const writer = await store.openWriter(ID);
		await writer.append(MARK, 'semantica');
		for (let i = 0; i < 280; i++) {
			const source = i % 2 === 0 ? 'stdout' : 'stderr';
			await writer.append(Buffer.alloc(65_536, source === 'stdout' ? 'o' : 'e'), source);
		}
		await store.closeWriter(ID);
		const { stdout, stderr } = await bySource(store, 1 << 20);
		expect([stdout.replaceAll('o', ''), stderr.replaceAll('e', '')]).toEqual(['', '']);
		const segments = await readSegments(root, ID);
		expect(readdirSync(logFolder(root, ID))).toHaveLength(2 * segments.length);
	});
});

test('removing a log leaves the others', async () => {
	const { store, write, root } = openLogs();
	await write(lines(HEAD_BYTES + 100));
	// The same folder: it is named by the last two characters.
	const other = ID.replace(/^018f/, '018e');
	const writer = await store.openWriter(other);
	await writer.append(Buffer.from('mine'));
	await store.closeWriter(other);
	await store.remove(ID);
	expect(await readSegments(root, ID)).toEqual([]);
	expect((await store.read(other, 0, 100)).text).toBe('mine');
});
