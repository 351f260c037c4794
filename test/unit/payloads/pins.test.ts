import { describe, expect, test } from 'vitest';
import { Pins } from '../../../daemon/payloads/pins.ts';

const hash = Buffer.alloc(32, 1);
const other = Buffer.alloc(32, 2);

/** A promise that is settled by hand. */
function byHand() {
	let resolve: (value: number) => void = () => {};
	let reject: (error: Error) => void = () => {};
	const promise = new Promise<number>((yes, no) => {
		resolve = yes;
		reject = no;
	});
	return { promise, resolve, reject };
}

describe('Pins', () => {
	test('count: only the last one lets go', () => {
		const pins = new Pins();
		pins.pin(hash);
		pins.pin(hash);
		expect(pins.unpin(hash)).toBe(false);
		expect(pins.isPinned(hash)).toBe(true);
		expect(pins.isPinned(other)).toBe(false);
		expect(pins.unpin(hash)).toBe(true);
		expect(pins.isPinned(hash)).toBe(false);
	});

	test('share one piece of work while pinned, and begin anew afterwards or when it failed', async () => {
		const pins = new Pins();
		let begun = 0;
		const work = (outcome: Promise<number>) => () => {
			begun++;
			return outcome;
		};
		pins.pin(hash);
		const first = byHand();
		const failing = pins.once(hash, work(first.promise));
		const sharing = pins.once(hash, work(first.promise));
		first.reject(new Error('no'));
		await expect(failing).rejects.toThrow('no');
		await expect(sharing).rejects.toThrow('no');
		expect(begun).toBe(1);

		expect(await pins.once(hash, work(Promise.resolve(7)))).toBe(7);
		expect(await pins.once(hash, work(Promise.resolve(8)))).toBe(7);
		expect(begun).toBe(2);
		pins.unpin(hash);
		pins.pin(hash);
		expect(await pins.once(hash, work(Promise.resolve(9)))).toBe(9);
	});

	test('make whoever looks wait for a removal that is on its way, and for no other', async () => {
		const pins = new Pins();
		const removal = byHand();
		const left = pins.leave(hash, () => removal.promise.then(() => {}));
		await pins.gone(other);
		let isGone = false;
		const gone = pins.gone(hash).then(() => {
			isGone = true;
		});
		await Promise.resolve();
		expect(isGone).toBe(false);
		removal.resolve(0);
		await Promise.all([left, gone]);
		expect(isGone).toBe(true);
		await pins.gone(hash);
	});
});
