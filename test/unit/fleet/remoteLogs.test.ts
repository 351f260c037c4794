/** Logs of jobs elsewhere, piece by piece: long ones, cut characters, what is not kept there any more. */
import { expect, test } from 'vitest';
import { packPiece } from '../../../daemon/fleet/pieces.ts';
import type { SharedQueue } from '../../../daemon/fleet/port.ts';
import { createRemoteLogs, type KnownLog } from '../../../daemon/fleet/remoteLogs.ts';
import { createRunnerLogs } from '../../../daemon/fleet/runnerLogs.ts';
import type { HeldRow } from '../../../daemon/fleet/table.ts';
import type { JobLogs } from '../../../daemon/queue/ports/logs.ts';
import { FakeClock } from '../../support/queue.ts';

const RUNS: KnownLog = { total: undefined, tail: null, runs: true, spans: [] };
const MIB = 1024 * 1024;

/** A log that comes in these pieces, by the offsets at which they begin. */
function followed(pieces: Map<number, Buffer>, known: () => KnownLog = () => RUNS) {
	const clock = new FakeClock();
	const readLog: SharedQueue['readLog'] = async (_id, from) => {
		const at = [...pieces.keys()].sort((a, b) => a - b).find((offset) => offset >= from);
		if (at === undefined) return null;
		const text = (pieces.get(at) ?? Buffer.alloc(0)).toString('base64');
		return { lease: 'lease', at, data: packPiece({ text }) };
	};
	const queue = { wish: async () => {}, readLog } as unknown as SharedQueue;
	const { over } = createRemoteLogs({ queue: () => queue, known, clock });
	const logs = over({} as JobLogs);
	logs.follow('a', () => {});
	const settled = () => new Promise((resolve) => setImmediate(resolve));
	return {
		logs,
		/** All that has come is here. */
		async come() {
			clock.advance(1000);
			await settled();
			clock.advance(1000);
			await settled();
		},
	};
}

test('no reader sees half a character', async () => {
	const text = Buffer.from('grün');
	const pieces = new Map([[0, text.subarray(0, 3)]]);
	const { logs, come } = followed(pieces);
	await come();
	expect(await logs.read('a', 0, 100)).toMatchObject({ text: 'gr', nextOffset: 2 });
	pieces.set(3, text.subarray(3));
	await come();
	expect(await logs.read('a', 2, 100)).toMatchObject({ text: 'ün', nextOffset: 5 });
	expect(await logs.read('a', 0, 3)).toMatchObject({ text: 'gr', nextOffset: 2 });
});

test('of a long log the newest is there, and what is not is told', async () => {
	const pieces = new Map(
		Array.from({ length: 12 }, (_, n) => [n * MIB, Buffer.alloc(MIB, `${n % 10}`)] as const),
	);
	const { logs, come } = followed(pieces);
	await come();
	const last = await logs.read('a', 12 * MIB - 4, 100);
	expect(last).toMatchObject({ text: '1111', nextOffset: 12 * MIB });
	const first = await logs.read('a', 0, 4);
	expect(first.dropped).toEqual({ from: 0, to: first.offset });
	expect(first.offset).toBeGreaterThan(7 * MIB);
});

test('what is not kept there any more hides nothing of what follows', async () => {
	const { logs, come } = followed(new Map([[1000, Buffer.from('later')]]));
	await come();
	expect(await logs.read('a', 0, 100)).toMatchObject({
		text: 'later',
		offset: 1000,
		nextOffset: 1005,
		dropped: { from: 0, to: 1000 },
	});
});

test('the end that comes with the report follows what was seen', async () => {
	let known = RUNS;
	const { logs, come } = followed(new Map([[0, Buffer.from('begun\n')]]), () => known);
	await come();
	known = { total: 20, tail: Buffer.from('the end\n'), runs: false, spans: [] };
	expect(await logs.read('a', 0, 100)).toMatchObject({ text: 'begun\n', nextOffset: 6 });
	expect(await logs.read('a', 6, 100)).toMatchObject({
		text: 'the end\n',
		dropped: { from: 6, to: 12 },
		nextOffset: 20,
		atEnd: true,
	});
	expect(await logs.read('a', 20, 100)).toMatchObject({ text: '', nextOffset: 20, atEnd: true });
});

test('whoever looks again goes on where it is kept, and later gets it from its beginning', async () => {
	const put: number[] = [];
	const clock = new FakeClock();
	const text = Buffer.from('all of it').toString('base64');
	const runner = createRunnerLogs({
		queue: {
			async putLog(_row, at) {
				put.push(at);
				return true;
			},
		},
		table: { local: () => ({ id: 'local' }) as never },
		logs: {
			read: async (_id, offset) => ({
				text: offset === 0 ? text : '',
				offset,
				nextOffset: 9,
				atEnd: true,
			}),
		},
		clock,
	});
	const held = [{ id: 'a', lease: 'lease', state: null } as HeldRow];
	await runner.upload(['a'], held);
	for (const minutes of [5, 5, 12]) {
		clock.advance(minutes * 60_000);
		await runner.upload([], []);
		await runner.upload(['a'], held);
	}
	expect(put).toEqual([0, 0]);
});

test('what was seen and the end that touches it are one text, characters and all', async () => {
	let known = RUNS;
	const text = Buffer.from('grün und blau');
	const { logs, come } = followed(new Map([[0, text.subarray(0, 8)]]), () => known);
	await come();
	known = { total: text.length, tail: text.subarray(3), runs: false, spans: [] };
	expect(await logs.read('a', 0, 100)).toMatchObject({ text: 'grün und blau', atEnd: true });
	expect(await logs.read('a', 0, 3)).toMatchObject({ text: 'gr', nextOffset: 2 });
	expect(await logs.read('a', 2, 3)).toMatchObject({ text: 'ün', nextOffset: 5 });
	// Before a gap no more of a character comes.
	known = { total: 100, tail: Buffer.from('blau'), runs: false, spans: [] };
	const cut = followed(new Map([[0, text.subarray(0, 3)]]), () => known);
	known = RUNS;
	await cut.come();
	known = { total: 100, tail: Buffer.from('blau'), runs: false, spans: [] };
	expect((await cut.logs.read('a', 0, 100)).nextOffset).toBe(3);
	expect(await cut.logs.read('a', 3, 100)).toMatchObject({ text: 'blau', atEnd: true });
});
