import { describe, expect, it } from 'vitest';
import { createClientEvents } from '../../../daemon/scheduling/clientEvents.ts';
import { FakeClock } from '../../support/queue.ts';

const A = 'file:///a';
const B = 'file:///b';

function door() {
	const clock = new FakeClock();
	const told: string[] = [];
	const failures: unknown[] = [];
	let broken = false;
	const events = createClientEvents({
		emit: async (name, workspace) => {
			if (broken) throw new Error('disk full');
			told.push(`${name} ${workspace}`);
			return 1;
		},
		clock,
		failed: (error) => failures.push(error),
	});
	const breakStore = (on: boolean) => {
		broken = on;
	};
	return { clock, told, failures, events, breakStore };
}

describe('an event that several windows notice', () => {
	it('is told once per folder, and the next one again', async () => {
		const { told, events } = door();
		const commit = (occurrence: string, workspace = A) =>
			events.emit({ name: 'git.commit', workspace, occurrence });
		expect([await commit('1'), await commit('1'), await commit('1', B)]).toEqual([1, 0, 1]);
		expect([await commit('2'), await commit('2'), await commit('1')]).toEqual([1, 0, 1]);
		expect(told).toHaveLength(4);
	});

	it('is told each time where nobody names its occurrence', async () => {
		const { events } = door();
		const event = { name: 'tests.green', workspace: '' };
		expect([await events.emit(event), await events.emit(event)]).toEqual([1, 1]);
	});

	it('is told by the second where it could not be kept for the first', async () => {
		const { events, breakStore } = door();
		const event = { name: 'git.commit', workspace: A, occurrence: '1' };
		breakStore(true);
		await expect(events.emit(event)).rejects.toThrow('disk full');
		breakStore(false);
		expect(await events.emit(event)).toBe(1);
	});
});

describe('an event that may be taken back', () => {
	const closed = (workspace: string) => ({
		name: 'window.closed',
		workspace,
		unless: { event: 'workspace.opened', withinMs: 30_000 },
	});

	it('is told when nothing took it back', async () => {
		const { clock, told, events } = door();
		expect(await events.emit(closed(A))).toBe(0);
		clock.advance(29_999);
		expect(told).toEqual([]);
		clock.advance(1);
		expect(told).toEqual([`window.closed ${A}`]);
	});

	it('is not told when the other event came for its folder meanwhile', async () => {
		const { clock, told, events } = door();
		await events.emit(closed(A));
		await events.emit(closed(B));
		await events.emit({ name: 'workspace.opened', workspace: A });
		clock.advance(60_000);
		expect(told).toEqual([`workspace.opened ${A}`, `window.closed ${B}`]);
	});

	it('is told when the daemon leaves, and only once', async () => {
		const { clock, told, events } = door();
		await events.emit(closed(A));
		await events.settle();
		clock.advance(60_000);
		expect(told).toEqual([`window.closed ${A}`]);
	});

	it('says where it failed when it could not be told', async () => {
		const { clock, failures, events, breakStore } = door();
		await events.emit(closed(A));
		breakStore(true);
		clock.advance(30_000);
		await Promise.resolve();
		expect(failures).toHaveLength(1);
	});
});
