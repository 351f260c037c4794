import { expect, it } from 'vitest';
import { createPace } from '../../../daemon/processes/posix/pace.ts';

it('lets one pass in a turn of the event loop, in order', async () => {
	const pace = createPace();
	let turn = 0;
	let done = false;
	const count = () => {
		turn++;
		if (!done) setImmediate(count);
	};
	setImmediate(count);
	const passed: { n: number; turn: number }[] = [];
	const pass = async (n: number) => {
		await pace();
		passed.push({ n, turn });
	};
	await Promise.all([0, 1, 2, 3, 4].map(pass));
	done = true;
	expect(passed.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
	expect(new Set(passed.map((one) => one.turn)).size).toBe(5);
	// Whoever comes alone later need not wait.
	await new Promise((resolve) => setImmediate(resolve));
	await pass(5);
	expect(passed).toHaveLength(6);
});
