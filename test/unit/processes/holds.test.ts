import { describe, expect, test } from 'vitest';
import { createHolds } from '../../../daemon/processes/log/holds.ts';

const MIB = 1024 * 1024;

/** Whether it has resolved after all that was to happen has. */
async function settled(room: Promise<void> | undefined): Promise<boolean> {
	if (room === undefined) return true;
	return Promise.race([
		room.then(() => true),
		new Promise<false>((resolve) => setImmediate(() => resolve(false))),
	]);
}

describe('a reader that holds a log', () => {
	test('is waited for while what it has not read would be dropped', async () => {
		const holds = createHolds();
		const slow = holds.hold('a', 0);
		const quick = holds.hold('a', 100 * MIB);
		expect(await settled(holds.room('a', 4 * MIB))).toBe(true);
		const room = holds.room('a', 20 * MIB);
		expect(await settled(room)).toBe(false);
		slow.moved(10 * MIB);
		expect(await settled(room)).toBe(false);
		slow.moved(16 * MIB);
		expect(await settled(room)).toBe(true);
		expect(await settled(holds.room('b', 20 * MIB))).toBe(true);
		const last = holds.room('a', 200 * MIB);
		slow.release();
		quick.release();
		expect(await settled(last)).toBe(true);
		expect(holds.room('a', 200 * MIB)).toBeUndefined();
	});

	test('that takes nothing is not waited for any more', async () => {
		const holds = createHolds(1);
		holds.hold('a', 0);
		await holds.room('a', 20 * MIB);
		expect(holds.room('a', 200 * MIB)).toBeUndefined();
	});
});
