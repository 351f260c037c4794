/** What a machine sent, as it remembers it, when answers of the queue are lost. */
import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createJobsElsewhere } from '../../../daemon/fleet/elsewhere.ts';
import { openMembership } from '../../../daemon/fleet/membership.ts';
import { createOutbox } from '../../../daemon/fleet/outbox.ts';
import { SHARED, type SharedQueue } from '../../../daemon/fleet/port.ts';
import { createFleetTable } from '../../../daemon/fleet/table.ts';
import { openIdentity } from '../../../daemon/fleet/trust.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import { submitSchema } from '../../../shared/protocol/fleet.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createMemoryFleet } from '../../support/fleet/memory.ts';
import { openQueue } from '../../support/queue.ts';

test.each(['comes', 'is lost'])(
	'cancelled while its delivery is on its way, whose answer %s: it is cancelled there, too',
	async (answer) => {
		const { db, clock, room } = openQueue();
		const folder = temporaryFolder();
		const me = openIdentity(join(folder, 'key'));
		const table = createFleetTable(db);
		const submit = async <T>(work: () => T) => work();
		const outbox = createOutbox({
			table,
			me,
			now: () => clock.now(),
			submit,
			findFile: room.store.findFile,
			assertMaySend: () => {},
			ended: () => {},
			changed: () => {},
		});
		const { directory } = createJobsElsewhere({
			membership: openMembership(join(folder, 'fleet.json')),
			table,
			me: () => me,
			machine: () => undefined,
			joined: () => {
				throw new Error('Nothing is joined.');
			},
			clock,
			submit,
			changed: () => {},
		});
		const queue = createMemoryFleet().open(me.key);
		const { fleet } = await queue.hello({ key: me.key, name: 'me', info: {}, holds: [] });
		const submission = submitSchema.parse({
			pool: 'any',
			spec: { type: 'command', command: { command: 'true' } },
		});
		const accepting = { fleet, from: 'me', machineId: async () => '' };
		const [{ id } = { id: '' }] = await outbox.accept([submission], accepting);
		const cancelledOnTheWay: SharedQueue = {
			...queue,
			async enqueue(jobs) {
				const answers = await queue.enqueue(jobs);
				expect(await directory.cancel(id)).toBeUndefined();
				if (answer === 'comes') return answers;
				throw new SemanticaError('SYSTEM', 'It cannot be reached.', { unreachable: true });
			},
		};
		await outbox.deliver(cancelledOnTheWay).catch(() => {});
		await outbox.deliver(queue);
		expect((await queue.get(id))?.state).toBe(SHARED.cancelled);
		expect(directory.job(id)?.state).toBe('cancelled');
		expect(table.sent.cancelling()).toEqual([]);
	},
);

test('an input that is no file, or more than a shared queue takes, is refused before it is read', async () => {
	const { db, clock, room } = openQueue();
	const folder = temporaryFolder();
	const outbox = createOutbox({
		table: createFleetTable(db),
		me: openIdentity(join(folder, 'key')),
		now: () => clock.now(),
		submit: async (work) => work(),
		findFile: room.store.findFile,
		assertMaySend: () => {},
		ended: () => {},
		changed: () => {},
	});
	const fifo = join(folder, 'fifo');
	execFileSync('mkfifo', [fifo]);
	const large = join(folder, 'large');
	writeFileSync(large, '');
	truncateSync(large, 16 * 1024 * 1024 + 1);
	for (const [payloadFile, kind] of [
		[fifo, 'VALIDATION'],
		['/dev/zero', 'VALIDATION'],
		[large, 'TOO_LARGE'],
	] as const) {
		const submission = submitSchema.parse({
			pool: 'any',
			spec: { type: 'command', command: { command: 'true' }, payloadFile },
		});
		const accepting = { fleet: 'f', from: 'me', machineId: async () => '' };
		await expect(outbox.accept([submission], accepting), payloadFile).rejects.toMatchObject({
			kind,
			data: { path: 'jobs[0].spec.payloadFile' },
		});
	}
});
