import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Batch, createBatches } from '../../../daemon/cli/watching/batches.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function batchesWith(look: (batch: Batch) => Promise<void> = async () => {}) {
	const seen: Batch[] = [];
	const batches = createBatches({
		look: (batch) => {
			seen.push(batch);
			return look(batch);
		},
		failed: (error) => String(error) !== 'Error: the end',
	});
	return { batches, seen, after: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

test('looks when it has become quiet, or has been loud for long, and not before it may', async () => {
	const { batches, seen, after } = batchesWith();
	batches.changed('a');
	batches.changed('.git/index');
	batches.changed('x/node_modules/y');
	await after(10_000);
	expect(seen).toEqual([]);
	batches.begin();
	await after(500);
	expect(seen).toEqual([{ paths: ['a'], walk: false }]);
	for (let n = 0; n < 40; n++) {
		batches.changed(`f${n % 3}`);
		await after(100);
	}
	await after(3000);
	expect(seen.length).toBe(3);
	expect(seen[1]).toEqual({ paths: ['f0', 'f1', 'f2'], walk: false });
	await after(60_000);
	expect(seen.length).toBe(3);
});

test('too many paths, and so many events that one may be lost, are a look at everything', async () => {
	const { batches, seen, after } = batchesWith();
	batches.begin();
	for (let n = 0; n < 1001; n++) batches.changed(`f${n}`);
	await after(5000);
	batches.limit(10);
	for (let n = 0; n < 10; n++) batches.changed('same');
	await after(5000);
	batches.walk();
	await after(5000);
	expect(seen).toEqual(Array(3).fill({ paths: [], walk: true }));
});

test('what could not be looked at is tried again, later and later; what ends, ends', async () => {
	let failing: string | undefined = 'no daemon';
	const { batches, seen, after } = batchesWith(async () => {
		if (failing !== undefined) throw new Error(failing);
	});
	batches.begin();
	batches.changed('a');
	await after(500 + 1000 + 2000 + 4000);
	expect(seen.length).toBe(4);
	failing = undefined;
	batches.changed('b');
	await after(8000);
	expect(seen.at(-1)).toEqual({ paths: ['a', 'b'], walk: false });
	batches.changed('c');
	await after(500);
	expect(seen.at(-1)).toEqual({ paths: ['c'], walk: false });
	failing = 'the end';
	batches.walk();
	await after(500);
	const { length } = seen;
	batches.changed('d');
	await after(100_000);
	expect(seen.length).toBe(length);
});

test('a folder that is written to all the time is looked at again after a look that failed', async () => {
	let failing = true;
	const { batches, seen, after } = batchesWith(async () => {
		if (failing) throw new Error('no daemon');
	});
	batches.begin();
	batches.changed('a');
	await after(500);
	expect(seen.length).toBe(1);
	failing = false;
	for (let n = 0; n < 10; n++) {
		batches.changed('b');
		await after(100);
	}
	expect(seen.length).toBe(2);
	expect(seen[1]).toEqual({ paths: ['a', 'b'], walk: false });
});
