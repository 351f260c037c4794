import { expect, it } from 'vitest';
import { whenQuiet } from '../../../daemon/native/collect.ts';

it('waits until the event loop has next to nothing to do', async () => {
	let busy = true;
	const work = () => {
		if (busy) setImmediate(work);
	};
	work();
	let called = 0;
	let tellQuiet = () => {};
	const quiet = new Promise<void>((resolve) => {
		tellQuiet = resolve;
	});
	whenQuiet(20, () => {
		called++;
		tellQuiet();
	});
	await new Promise((resolve) => setTimeout(resolve, 100));
	expect(called).toBe(0);
	busy = false;
	await quiet;
	expect(called).toBe(1);
});
