/** What time, events and processes bring for many at once. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { addMany, counted, enqueueAll, job, type LongStep, letRun } from './step.ts';

const EVENT = 'git.commit';
/** Processes, and schedules, are fewer: each has to be started, or put. */
const FEWER = 200;
/** In which everything is enqueued before it is due. */
const AHEAD_MS = (size: number) => 2000 + size / 2;

export const TIMES: readonly LongStep[] = [
	{
		name: 'let many come due and expire at once',
		async prepare(connection, size) {
			const runAt = Date.now() + AHEAD_MS(size);
			await addMany(connection, size / 2, (n) => ({ ...job(`delayed ${n}`), runAt }));
			await addMany(connection, size / 2, (n) => ({ ...job(`ends ${n}`), deadlineAt: runAt }));
		},
		play: (connection, size) =>
			counted(connection, (counts) => counts['expired'] === Math.ceil(size / 2)),
	},
	{
		name: 'release many by an event',
		async prepare(connection, size) {
			const constraints = { event: EVENT };
			await addMany(connection, size, (n) => ({ ...job(`waits ${n}`), constraints }));
		},
		async play(connection, size) {
			const { released } = await connection.request('event/emit', { name: EVENT });
			assert.equal(released, size);
			const list = { filter: {}, sort: 'createdAt' as const, limit: 1 };
			for (;;) {
				const [last] = (await connection.request('job/list', { ...list, sort: '-createdAt' })).jobs;
				const { reasons } = await connection.request('job/explain', { id: last?.id ?? '' });
				if (reasons.every(({ kind }) => kind !== 'event')) return;
				await delay(20);
			}
		},
	},
	{
		name: 'begin many schedules at once',
		async prepare(connection, size) {
			const at = Date.now() + AHEAD_MS(size);
			for (let n = 0; n < Math.min(size, FEWER); n++) {
				const when = { cron: '* * * * * *' };
				const put = { name: `schedule-${n}`, spec: job(`begun ${n}`), when, startAt: at };
				await connection.request('schedule/put', { ...put, timezone: 'Europe/Berlin' });
			}
		},
		play: (connection, size) =>
			counted(connection, (counts) => counts['queued'] === Math.min(size, FEWER)),
	},
	{
		name: 'start many processes',
		async prepare(connection, size) {
			await addMany(connection, Math.min(size, FEWER), (n) => job(`process ${n}`));
		},
		async play(connection, size) {
			await letRun(connection, 64);
			await counted(connection, (counts) => counts['succeeded'] === Math.min(size, FEWER));
		},
	},
	{
		name: 'a flood of progress',
		async prepare() {},
		async play(connection, size) {
			const line = 'echo "::semantica progress {\\"current\\":$i,\\"total\\":1000000}"';
			const script = `i=0; while [ $i -lt ${size} ]; do i=$((i+1)); ${line}; done`;
			const flood = { command: '/bin/sh', args: ['-c', script], cwd: '/' };
			const [id = ''] = await enqueueAll(connection, [{ type: 'command', command: flood }]);
			await connection.request('queue/update', { name: '*', paused: false });
			await counted(connection, (counts) => counts['succeeded'] === 1);
			const { job: ended } = await connection.request('job/get', { id });
			assert.equal(ended.progress?.current, size);
		},
	},
	{
		name: 'a flood of output, followed',
		async prepare() {},
		async play(connection, size) {
			const lines = size * 50;
			const flood = {
				command: '/bin/sh',
				args: ['-c', `yes "a line of output" | head -n ${lines}`],
				cwd: '/',
			};
			const [id = ''] = await enqueueAll(connection, [{ type: 'command', command: flood }]);
			await connection.request('log/subscribe', { id, offset: 0, encoding: 'utf8' });
			await connection.request('queue/update', { name: '*', paused: false });
			await counted(connection, (counts) => counts['succeeded'] === 1);
			const { nextOffset } = await connection.request('log/read', { id, tailLines: 1 });
			assert.ok(nextOffset > lines);
		},
	},
];
