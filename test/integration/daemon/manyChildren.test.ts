/** A parent of very many, in the daemon as it is: nobody waits for what is done to them, nothing of it is lost. */
import { expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { enqueue, jobEnd, jobWhen, shell, startDaemon } from '../../support/daemon.ts';

const COUNT = 3000;

/** A running parent, and its children in a queue that is paused. */
async function startFamily(connection: DaemonConnection) {
	await connection.request('queue/update', { name: 'parts', paused: true });
	const [parentId = ''] = await enqueue(connection, shell('sleep 600'));
	for (let n = 0; n < COUNT; n += 1000) {
		const parts = Array.from({ length: 1000 }, () => shell('true', { parentId, queue: 'parts' }));
		await enqueue(connection, ...parts);
	}
	return parentId;
}

test('a cancel outlives the daemon, and none of its children starts', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const parentId = await startFamily(connection);
	await jobWhen(daemon, parentId, (job) => job.startedAt !== null);
	const cancelled = connection.request('job/cancel', { ids: [parentId] });
	// From here on they could start, were it not for the cancel.
	const resumed = connection.request('queue/update', { name: 'parts', paused: false });
	expect(await cancelled).toMatchObject({ count: 1 });
	await resumed;
	await daemon.kill();
	await daemon.restart();
	expect(await jobEnd(daemon, parentId)).toMatchObject({
		state: 'cancelled',
		children: { cancelled: COUNT },
	});
	const after = await daemon.connect();
	const { jobs } = await after.request('job/list', {
		filter: { parentId },
		sort: '-finishedAt',
		limit: 200,
	});
	expect(jobs.filter(({ run }) => run > 0)).toEqual([]);
});

test('others come in between while it is removed', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const other = await daemon.connect();
	const parentId = await startFamily(connection);
	await connection.request('job/cancel', { ids: [parentId] });
	await jobEnd(daemon, parentId);
	const order: string[] = [];
	const removed = connection
		.request('job/remove', { filter: { queue: ['parts'] } })
		.then(({ count }) => order.push(`removed ${count}`));
	await enqueue(other, shell('true')).then(() => order.push('enqueued'));
	await removed;
	expect(order).toEqual(['enqueued', `removed ${COUNT}`]);
});
