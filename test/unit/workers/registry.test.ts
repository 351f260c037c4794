import { expect, test } from 'vitest';
import { createRegistry } from '../../../daemon/workers/registry.ts';

const nobody = () => ({
	worker: undefined,
	notify() {},
	onClose: () => () => {},
	drop() {},
});
/** That the daemon starts none itself. */
const none = () => ({
	any: () => false,
	serves: () => false,
	wanted() {},
	unmet: () => undefined,
	loadChanged() {},
});
const type = (name: string, concurrency = 1) => ({ type: name, concurrency });

function open(maxFunctions = 100) {
	const time = { now: 0 };
	return {
		time,
		registry: createRegistry(
			() => maxFunctions,
			() => time.now,
			none,
		),
	};
}

test('what one claim takes of a worker it takes of all types that the worker does', () => {
	const { registry } = open();
	registry.add(nobody(), { name: 'w', types: [type('a.x'), type('a.y')], prefetch: 2 }, 0);
	const room = registry.port.room();
	room.take('a.x');
	room.take('a.x');
	expect(room.has('a.y')).toBe(false);
	room.giveBack('a.x');
	expect(room.has('a.y')).toBe(true);
	// Nothing was handed over by that.
	expect(registry.port.room().has('a.x')).toBe(true);
});

test('whoever has most room is handed the next, of a type no more than four times what it does at once', () => {
	const { registry } = open();
	const small = registry.add(nobody(), { name: 's', types: [type('a.x')] }, 0);
	const large = registry.add(nobody(), { name: 'l', types: [type('a.x'), type('a.y', 4)] }, 0);
	const given = Array.from({ length: 6 }, () => registry.assign('a.x', false));
	expect(given.filter((worker) => worker === large)).toHaveLength(4);
	expect(given.filter((worker) => worker === small)).toHaveLength(1);
	expect(given[5]).toBeUndefined();
	expect(registry.port.unmet('a.x')).toBe(
		'waits for a worker that does a.x; all 2 have no room now',
	);
	registry.release(large, 'a.x', false);
	expect(registry.port.unmet('a.x')).toBeUndefined();
});

test('says who is missing, and since when', () => {
	const { registry, time } = open(1);
	const connection = nobody();
	expect(registry.port.unmet('a.x')).toBe('waits for a worker that does a.x; none is connected');
	const worker = registry.add(connection, { name: 'w', types: [type('a.x', 2)] }, 0);
	expect(() => registry.add(connection, { name: 'w', types: [type('a.y')] }, 0)).toThrow(/already/);
	registry.assign('a.x', false);
	expect(registry.port.unmet('a.x')).toMatch(/^Semantica has 1 functions with workers/);
	registry.remove(worker, 1000);
	time.now = 181_000;
	expect(registry.port.present('a.x')).toBe(false);
	expect(registry.port.unmet('a.x')).toMatch(/the last one left 3 minutes ago$/);
});

test('what has to be alone is given nobody beside it, until it is over', () => {
	const { registry } = open();
	const worker = registry.add(nobody(), { name: 'w', types: [type('a.x', 4)] }, 0);
	expect(registry.assign('a.x', true)).toBe(worker);
	expect(registry.port.room().has('a.x')).toBe(false);
	expect(registry.assign('a.x', false)).toBeUndefined();
	registry.release(worker, 'a.x', true);
	expect(registry.assign('a.x', false)).toBe(worker);
});
