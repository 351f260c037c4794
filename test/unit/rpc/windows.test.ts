import { expect, test } from 'vitest';
import type { Session } from '../../../daemon/rpc/asking.ts';
import { createWindows } from '../../../daemon/rpc/windows.ts';

function createWindow(told: string[], name: string) {
	let close = () => {};
	const session = {
		notify: () => void told.push(name),
		onClose(callback: () => void) {
			close = callback;
			return () => {};
		},
	} as unknown as Session;
	return { session, close: () => close() };
}

test('the window that has or had focus last is told, as long as it is there', () => {
	const told: string[] = [];
	let reports = 0;
	const windows = createWindows(() => reports++);
	const [a, b, c] = ['a', 'b', 'c'].map((name) => createWindow(told, name));
	if (a === undefined || b === undefined || c === undefined) throw new Error('no windows');
	const next = () => {
		const isTold = windows.tell({ jobs: [], count: 0, failed: 0 });
		return isTold ? told.at(-1) : undefined;
	};
	expect(next()).toBeUndefined();
	windows.report(a.session, false);
	expect(next()).toBe('a');
	windows.report(b.session, true);
	expect(next()).toBe('b');
	// It never had it.
	windows.report(c.session, false);
	expect(next()).toBe('b');
	windows.report(b.session, false);
	expect(next()).toBe('b');
	windows.report(a.session, true);
	windows.report(a.session, false);
	expect(next()).toBe('a');
	a.close();
	expect(next()).toBe('b');
	b.close();
	expect(next()).toBe('c');
	c.close();
	expect(next()).toBeUndefined();
	expect(reports).toBe(6);
});
