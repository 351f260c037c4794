/** Leaving where this machine cannot write down that it has left. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JoinedMachine } from '../../../daemon/fleet/joined.ts';
import { createLeaving } from '../../../daemon/fleet/leaving.ts';
import { openMembership } from '../../../daemon/fleet/membership.ts';
import { createFleetTable } from '../../../daemon/fleet/table.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { openQueue } from '../../support/queue.ts';

test('a full disk at its end: said again, it goes on', async () => {
	const { db, clock } = openQueue();
	const table = createFleetTable(db);
	let [isFull, stopped, told, closed] = [false, false, 0, 0];
	const machine = {
		running: () => [],
		node: {
			unreachable: () => null,
			replaced: () => false,
			letGo: async () => {},
			wake() {
				if (!stopped) queueMicrotask(leaving.look);
			},
			async stop() {
				stopped = true;
			},
		},
		queue: {
			async leave() {
				told++;
				isFull = told === 1;
			},
		},
		close: async () => {},
	} as unknown as JoinedMachine;
	const leaving = createLeaving({
		membership: openMembership(join(temporaryFolder(), 'fleet.json')),
		table,
		clock,
		async submit(work) {
			if (isFull) throw new SemanticaError('STORE', 'The disk is full.');
			return work();
		},
		warn: () => {},
		joined: () => machine,
		machine: () => machine,
		closed: () => closed++,
		forgetKey: () => {},
		changed: () => {},
	});
	const leave = () => leaving.leave({ now: false, stay: false }, new AbortController().signal);
	await expect(leave()).rejects.toThrow('The disk is full.');
	await expect(leave()).rejects.toThrow('The disk is full.');
	isFull = false;
	expect(await leave()).toMatchObject({ left: true, told: true });
	expect([told, closed]).toEqual([1, 1]);
});
