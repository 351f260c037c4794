/** Parents with many children, and jobs that many others wait for. */
import assert from 'node:assert/strict';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { ALL, addMany, counted, enqueueAll, job, type LongStep, letRun } from './step.ts';

const SUBJECT = { subject: 'long-steps' };
const PARENT = { tag: 'parent' };
/** Each of them is a process that has to run before. */
const MOST_PARENTS = 250;
const CHILDREN = { queue: 'children' };

export const PARENTS: readonly LongStep[] = [
	{
		name: 'cancel a parent',
		prepare: addFamily,
		async play(connection, size) {
			await connection.request('job/cancel', { filter: PARENT });
			await counted(connection, (counts) => counts['cancelled'] === size + 1);
		},
	},
	{
		name: 'supersede a parent',
		prepare: addFamily,
		async play(connection, size) {
			await enqueueAll(connection, [{ ...job('a newer parent'), ...SUBJECT }]);
			await counted(connection, (counts) => counts['superseded'] === size + 1);
		},
	},
	{
		name: 'pause and resume a parent',
		prepare: addFamily,
		async play(connection) {
			assert.equal((await connection.request('job/pause', { filter: PARENT })).count, 1);
			assert.equal((await connection.request('job/resume', { filter: PARENT })).count, 1);
		},
	},
	{
		name: 'end and retry what many wait for',
		async prepare(connection, size) {
			const [id = ''] = await enqueueAll(connection, [{ ...job('the first'), ...PARENT }]);
			await addMany(connection, size, (n) => ({ ...job(`waiter ${n}`), after: [{ id }] }));
		},
		async play(connection, size) {
			await connection.request('job/cancel', { filter: PARENT });
			await counted(connection, (counts) => counts['cancelled'] === size + 1);
			const { jobs } = await connection.request('job/retry', { filter: PARENT });
			assert.equal(jobs.length, size + 1);
		},
	},
	{
		name: 'subscribe beside many open parents',
		async prepare(connection, size) {
			const parents = Math.min(size, MOST_PARENTS);
			await connection.request('queue/update', { name: CHILDREN.queue, paused: true });
			const ids = await addMany(connection, parents, (n) => job(`parent ${n}`));
			await addMany(connection, parents, (n) => ({
				...job(`child ${n}`),
				...CHILDREN,
				parentId: ids[n] ?? '',
			}));
			await letRun(connection, 16);
			await counted(connection, (counts) => counts['running'] === parents);
		},
		async play(connection, size) {
			for (let n = 0; n < 5; n++) {
				const { jobs } = await connection.request('jobs/subscribe', {});
				assert.ok(jobs.length > Math.min(size, MOST_PARENTS));
			}
			await connection.request('job/cancel', { filter: ALL });
		},
	},
];

async function addFamily(connection: DaemonConnection, size: number): Promise<void> {
	const [parentId = ''] = await enqueueAll(connection, [
		{ ...job('a parent'), ...SUBJECT, ...PARENT },
	]);
	await addMany(connection, size, (n) => ({ ...job(`child ${n}`), parentId }));
}
