/** Requests with much in them, and what is done to many jobs. */
import assert from 'node:assert/strict';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { ALL, addMany, BULK, counted, enqueueAll, job, type LongStep } from './step.ts';

const LARGE_PAYLOAD_BYTES = 15 * 1024 * 1024;
const CONDITIONS = 10;

export const BULKS: readonly LongStep[] = [
	{
		name: 'large messages',
		async prepare() {},
		async play(connection) {
			const items = Array.from({ length: 150_000 }, (_, n) => ({ n, text: `a small object ${n}` }));
			const rest = 'x'.repeat(LARGE_PAYLOAD_BYTES - JSON.stringify(items).length);
			await enqueueAll(connection, [{ ...job('one large payload'), payload: { items, rest } }]);
			const payload = 'y'.repeat(9000);
			const many = Array.from({ length: BULK }, (_, n) => ({ ...job(`middling ${n}`), payload }));
			await enqueueAll(connection, many);
			await counted(connection, (counts) => counts['queued'] === BULK + 1);
		},
	},
	{
		name: 'requests of 1,000 jobs',
		async prepare() {},
		async play(connection, size) {
			await addMany(connection, size, (n) => job(`plain ${n}`));
			await counted(connection, (counts) => counts['queued'] === size);
		},
	},
	{
		name: 'requests of 1,000 jobs that replace others',
		async prepare(connection) {
			await addMany(connection, BULK, (n) => ({ ...job(`old ${n}`), subject: `subject ${n}` }));
		},
		async play(connection) {
			const newer = (n: number) => ({ ...job(`new ${n}`), subject: `subject ${n % BULK}` });
			await addMany(connection, 3 * BULK, newer);
			await counted(connection, (counts) => counts['superseded'] === 3 * BULK);
		},
	},
	{
		name: `a request of 1,000 jobs with ${CONDITIONS} conditions each`,
		async prepare() {},
		async play(connection) {
			const after = (n: number) =>
				Array.from({ length: Math.min(n, CONDITIONS) }, (_, back) => ({ index: n - 1 - back }));
			await addMany(connection, BULK, (n) => ({ ...job(`node ${n}`), after: after(n) }));
			await counted(connection, (counts) => counts['queued'] === BULK);
		},
	},
	{
		name: 'change and cancel many jobs',
		prepare: addWaiting,
		async play(connection, size) {
			const { count } = await connection.request('job/update', { filter: ALL, priority: 3 });
			assert.equal(count, size);
			assert.equal((await connection.request('job/cancel', { filter: ALL })).count, size);
		},
	},
	{
		name: 'remove many finished jobs',
		async prepare(connection, size) {
			await addWaiting(connection, size);
			await connection.request('job/cancel', { filter: ALL });
		},
		async play(connection, size) {
			const filter = { ...ALL, state: ['cancelled' as const] };
			assert.equal((await connection.request('job/remove', { filter })).count, size);
		},
	},
];

async function addWaiting(connection: DaemonConnection, size: number): Promise<void> {
	await addMany(connection, size, (n) => job(`waiting ${n}`));
}
