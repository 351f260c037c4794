/** When lines were written: beside the log, cheap, and still there when the log has turned over. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { marksFile } from '../../../daemon/processes/log/marks.ts';
import { TAIL_BYTES, TAIL_SEGMENT_BYTES } from '../../../daemon/processes/log/segments.ts';
import { createLogStore } from '../../../daemon/processes/log/store.ts';
import { enqueue, jobEnd, shell, startDaemon, temporaryFolder } from '../../support/daemon.ts';

const ID = '018f0000-0000-7000-8000-0000000000ab';

function openLogs() {
	const root = join(temporaryFolder(), 'logs');
	const clock = { time: 1_000_000 };
	const store = createLogStore(
		root,
		() => {},
		() => 0,
		() => clock.time,
	);
	return { root, store, clock };
}

describe('times of a log', () => {
	test('a run that ends at once needs none: they are that of its beginning', async () => {
		const { root, store, clock } = openLogs();
		const writer = await store.openWriter(ID);
		await writer.append(Buffer.from('at once\n'));
		clock.time += 50;
		await writer.append(Buffer.from('and soon\n'));
		await store.closeWriter(ID);
		expect(await store.times(ID, 0, 100)).toEqual([]);
		expect(existsSync(marksFile(root, ID, 0))).toBe(false);
	});

	test('are told from 100 ms on, of each run, whatever the clock does', async () => {
		const { store, clock } = openLogs();
		const first = await store.openWriter(ID);
		await first.append(Buffer.from('begin\n'));
		clock.time += 500;
		await first.append(Buffer.from('later\n'));
		await store.closeWriter(ID);
		const second = await store.openWriter(ID);
		await second.append(Buffer.from('again\n'));
		clock.time -= 9000;
		await second.append(Buffer.from('earlier\n'));
		await store.closeWriter(ID);
		const all = [
			{ offset: 6, at: 1_000_500 },
			{ offset: 12, at: 1_000_500 },
			{ offset: 18, at: 991_500 },
		];
		expect(await store.times(ID, 0, 100)).toEqual(all);
		// What holds at the beginning of a part comes with it.
		expect(await store.times(ID, 14, 18)).toEqual([all[1]]);
	});

	test('go with the part of the log that leaves; each part knows its own', async () => {
		const { root, store, clock } = openLogs();
		const writer = await store.openWriter(ID);
		const chunk = Buffer.alloc(TAIL_SEGMENT_BYTES / 2, 'x\n');
		for (let n = 0; n < 30; n++) {
			clock.time += 1000;
			await writer.append(chunk);
		}
		await store.closeWriter(ID);
		const size = 30 * chunk.length;
		const dropped = await store.read(ID, 5 * 1024 * 1024, 10);
		expect(dropped.dropped).toBeDefined();
		expect(existsSync(marksFile(root, ID, 5 * 1024 * 1024))).toBe(false);
		const kept = await store.times(ID, size - TAIL_BYTES, size);
		expect(kept[0]?.offset).toBeLessThanOrEqual(size - TAIL_BYTES);
		expect(kept.at(-1)).toEqual({ offset: size - chunk.length, at: 1_030_000 });
	});
});

describe('a log, asked over the wire', () => {
	test('begins with its last lines, has times, and is searched', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const [id = ''] = await enqueue(
			connection,
			shell('echo one; echo two; printf "\\033[31mthree\\033[0m\\n"; sleep 0.3; echo four'),
		);
		const job = await jobEnd(daemon, id);
		const last = await connection.request('log/read', { id, tailLines: 2, timestamps: true });
		expect(last.text).toBe('\u001b[31mthree\u001b[0m\nfour\n');
		const times = last.times ?? [];
		expect(times[0]?.offset).toBeLessThanOrEqual(last.offset);
		expect(times.every(({ at }) => at >= (job.startedAt ?? 0) && at <= Date.now())).toBe(true);
		const four = times.at(-1);
		expect(four).toEqual({ offset: last.nextOffset - 5, at: expect.any(Number) });
		expect(four?.at).toBeGreaterThanOrEqual((job.startedAt ?? 0) + 200);

		const found = await connection.request('log/search', {
			id,
			pattern: '^(two|THREE)$',
			kind: 'regex',
			caseSensitive: false,
			context: 1,
		});
		expect(found).toMatchObject({
			truncated: false,
			matches: [
				{ line: 3, text: 'two', before: ['one'], after: ['three'] },
				{ line: 4, text: 'three', before: ['two'], after: ['four'] },
			],
		});
		await expect(
			connection.request('log/search', { id, pattern: 'a(?=b)', kind: 'regex' }),
		).rejects.toMatchObject({ code: 4000, data: { path: 'pattern' } });
		await expect(
			connection.request('log/search', { id: crypto.randomUUID(), pattern: 'a' }),
		).rejects.toMatchObject({ code: 4001 });
	});
});
