/** Looks at much: nothing is changed. */
import assert from 'node:assert/strict';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { ALL, addMany, job, type LongStep } from './step.ts';

const SORTS = ['createdAt', '-createdAt'] as const;

export const LOOKS: readonly LongStep[] = [
	{
		name: 'explain at both ends of a long queue',
		prepare: addWaiting,
		async play(connection) {
			for (const sort of SORTS) {
				const page = await connection.request('job/list', { filter: ALL, sort, limit: 50 });
				for (const { id } of page.jobs) {
					const { reasons } = await connection.request('job/explain', { id });
					assert.notEqual(reasons.length, 0);
				}
			}
		},
	},
	{
		name: 'lists that no index leads to',
		prepare: addWaiting,
		async play(connection, size) {
			const nothing = { text: 'no such' };
			for (const filter of [nothing, { ...ALL, text: 'waiting' }, ALL]) {
				for (const sort of ['-createdAt', '-priority', '-finishedAt'] as const) {
					const { total } = await connection.request('job/list', { filter, sort, limit: 200 });
					const matches = filter !== nothing && sort !== '-finishedAt';
					assert.equal(total.value, matches ? Math.min(size, 10_000) : 0);
				}
			}
		},
	},
	{
		name: 'look at many queues and groups',
		prepare: (connection, size) => inManyQueues(connection, size / 4),
		async play(connection, size) {
			const { queues } = await connection.request('queue/list', {});
			assert.ok(queues.length >= size / 4);
			let after = '';
			for (let more = true; more; ) {
				const page = await connection.request('group/list', { after, limit: 500 });
				after = page.groups.at(-1)?.name ?? '';
				({ more } = page);
			}
			await connection.request('system/metrics', {});
			await connection.request('system/status', {});
		},
	},
];

async function addWaiting(connection: DaemonConnection, size: number): Promise<void> {
	await addMany(connection, size, (n) => ({ ...job(`waiting ${n}`), priority: n % 7 }));
}

async function inManyQueues(connection: DaemonConnection, size: number): Promise<void> {
	await addMany(connection, size, (n) => ({ ...job(`q ${n}`), queue: `q${n}`, group: `g${n}` }));
}
