import { expect, test } from 'vitest';
import { createCommandHistory } from '../../../extension/commands/commandHistory.ts';

function memory(start: unknown = []) {
	let kept = start;
	return {
		get: <T>(_key: string, fallback: T) => (kept ?? fallback) as T,
		update: async (_key: string, value: unknown) => {
			kept = value;
		},
	};
}
const lines = (history: ReturnType<typeof createCommandHistory>) =>
	history.all().map(({ line, kept }) => (kept ? `* ${line}` : line));

test('the newest stands first, once, and kept ones above', async () => {
	const history = createCommandHistory(memory());
	for (const line of ['a', 'b', 'a', 'c']) await history.used(line);
	expect(lines(history)).toEqual(['c', 'a', 'b']);
	await history.keep('b', true);
	await history.used('d');
	expect(lines(history)).toEqual(['* b', 'd', 'c', 'a']);
	await history.used('b');
	expect(lines(history)).toEqual(['* b', 'd', 'c', 'a']);
	await history.keep('b', false);
	await history.forget('c');
	expect(lines(history)).toEqual(['b', 'd', 'a']);
});

test('fifty are remembered, and what is kept is not among those that go', async () => {
	const history = createCommandHistory(memory());
	await history.used('kept');
	await history.keep('kept', true);
	for (let at = 0; at < 100; at++) await history.used(`line ${at}`);
	expect(lines(history)).toHaveLength(50);
	expect(lines(history).slice(0, 2)).toEqual(['* kept', 'line 99']);
});

test('what another version wrote is passed over', () => {
	expect(
		lines(createCommandHistory(memory([1, null, { line: 2 }, { line: 'x', kept: 'y' }]))),
	).toEqual(['x']);
});
