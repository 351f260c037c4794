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
	history
		.all()
		.map(({ line, kept, name }) => `${kept ? '* ' : ''}${name ? `${name}: ` : ''}${line}`);

test('the newest stands first, once, and kept ones above', async () => {
	const history = createCommandHistory(memory());
	for (const line of ['a', 'b', 'a', 'c']) await history.used(line);
	expect(lines(history)).toEqual(['c', 'a', 'b']);
	await history.keep('b', '');
	await history.used('d');
	expect(lines(history)).toEqual(['* b', 'd', 'c', 'a']);
	await history.used('b');
	expect(lines(history)).toEqual(['* b', 'd', 'c', 'a']);
	await history.keep('b', undefined);
	await history.forget('c');
	expect(lines(history)).toEqual(['b', 'd', 'a']);
});

test('fifty are remembered, and what is kept is not among those that go', async () => {
	const history = createCommandHistory(memory());
	await history.used('kept');
	await history.keep('kept', '');
	for (let at = 0; at < 100; at++) await history.used(`line ${at}`);
	expect(lines(history)).toHaveLength(50);
	expect(lines(history).slice(0, 2)).toEqual(['* kept', 'line 99']);
});

test('what another version wrote is passed over', () => {
	expect(
		lines(createCommandHistory(memory([1, null, { line: 2 }, { line: 'x', kept: 'y' }]))),
	).toEqual(['x']);
});

test('a preset has a name of its own, which its jobs have too, until it is none any more', async () => {
	const history = createCommandHistory(memory());
	for (const line of ['make', 'make all']) await history.used(line);
	await history.keep('make', 'Build');
	await history.used('make');
	await history.used('ls');
	expect(lines(history)).toEqual(['* Build: make', 'ls', 'make all']);
	expect([history.titleOf('make'), history.titleOf('ls'), history.titleOf('other')]).toEqual([
		...['Build', 'ls', 'other'],
	]);
	expect(history.named('Build')?.line).toBe('make');
	await history.keep('make', 'Build it');
	await history.keep('make all', 'Build it');
	expect(lines(history)).toEqual(['* Build it: make all', '* make', 'ls']);
	await history.keep('make all', undefined);
	await history.forget('make');
	expect(lines(history)).toEqual(['make all', 'ls']);
	expect(history.titleOf('make all')).toBe('make all');
});

test('a name that is none, or stands at an ordinary command, is passed over', () => {
	const stored = [
		{ line: 'a', kept: true, name: 7 },
		{ line: 'b', kept: false, name: 'B' },
	];
	expect(lines(createCommandHistory(memory(stored)))).toEqual(['* a', 'b']);
});

test('a preset keeps whether a shell runs it, until one wants to be asked again', async () => {
	const history = createCommandHistory(memory());
	for (const line of ['a | b', 'c | d']) await history.used(line);
	await history.answer('a | b', true);
	expect(history.shellOf('a | b')).toBeUndefined();
	await history.keep('a | b', 'Both');
	await history.answer('a | b', false);
	await history.keep('a | b', 'Both of them');
	await history.used('a | b');
	expect([history.shellOf('a | b'), history.shellOf('c | d'), history.shellOf('e')]).toEqual([
		...[false, undefined, undefined],
	]);
	await history.answer('a | b', undefined);
	expect(history.all()[0]).toEqual({ line: 'a | b', kept: true, name: 'Both of them' });
	await history.answer('a | b', true);
	await history.keep('a | b', undefined);
	expect(history.all()[0]).toEqual({ line: 'a | b', kept: false });
});
