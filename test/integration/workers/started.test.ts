/** Workers that the daemon starts itself: when there is work, contained, and again where they die. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import type { ShownWorker } from '../../../shared/protocol/startedWorkers.ts';
import {
	DIST,
	enqueue,
	gone,
	isAlive,
	jobEnd,
	logSays,
	startDaemon,
	type TestDaemon,
} from '../../support/daemon.ts';

const PROGRAM = resolve(import.meta.dirname, 'program.mjs');
const CLIENT = pathToFileURL(join(DIST, 'client.mjs')).href;

const program = (home: string, more: object = {}) => ({
	name: 'embed',
	types: ['acme.pid'],
	command: { command: process.execPath, args: [PROGRAM, CLIENT], cwd: home },
	...more,
});
/** Before it has registered, nobody knows that its jobs may be run again. */
const job = (payload: object = {}) => ({ type: 'acme.pid', payload, restartable: true });

async function only(client: DaemonConnection): Promise<ShownWorker> {
	const { workers } = await client.request('worker/list', {});
	const [worker] = workers;
	if (worker === undefined || workers.length > 1) throw new Error('There is not one worker.');
	return worker;
}

/** Nobody tells of workers. */
async function workerWhen(
	client: DaemonConnection,
	fits: (worker: ShownWorker) => boolean,
): Promise<ShownWorker> {
	for (;;) {
		const worker = await only(client);
		if (fits(worker)) return worker;
		await delay(20);
	}
}

async function resultOf(daemon: TestDaemon, id: string): Promise<Record<string, unknown>> {
	const { state, result, error } = await jobEnd(daemon, id);
	expect(state, error?.message).toBe('succeeded');
	return result as Record<string, unknown>;
}

test('one is started when there is work, leaves when there was none for a while, and comes back, also with the next daemon', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	const added = await client.request('worker/add', program(daemon.home, { idleMs: 200 }));
	expect(added).toMatchObject({ replaced: false, worker: { state: 'idle', pid: null } });
	const [first = '', second = ''] = await enqueue(client, job(), job({ speak: true }));
	const { pid } = await resultOf(daemon, first);
	// It speaks as the worker, which enqueues nothing; its runs speak as their jobs.
	expect(await resultOf(daemon, second)).toEqual({
		own: expect.stringContaining('may not ask for job/enqueue'),
		child: 'succeeded',
	});
	await gone(pid as number);
	await workerWhen(client, ({ state }) => state === 'idle');
	const left = await only(client);
	expect(left).toMatchObject({ pid: null, holds: 0 });
	expect(readFileSync(left.log, 'utf8')).toBe('here I am\n');
	const [third = '', waiting = ''] = await enqueue(client, job(), job({ wait: 600_000 }));
	const again = await resultOf(daemon, third);
	expect(again['pid']).not.toBe(pid);
	// While a run is with it, it stays; with its daemon it goes.
	await workerWhen(client, ({ holds }) => holds === 1);
	expect(isAlive(again['pid'] as number)).toBe(true);
	await daemon.kill();
	await gone(again['pid'] as number);
	await daemon.restart();
	const later = await daemon.connect();
	await workerWhen(later, ({ holds }) => holds === 1);
	await later.request('job/cancel', { ids: [waiting] });
	const [fourth = ''] = await enqueue(later, job());
	expect((await resultOf(daemon, fourth))['run']).toBe(1);
	const { pid: last } = await only(later);
	await later.request('worker/remove', { name: 'embed' });
	await gone(last ?? 0);
	expect(await later.request('worker/list', {})).toEqual({ workers: [] });
	const [stays = ''] = await enqueue(later, job());
	const { summary } = await later.request('job/explain', { id: stays });
	expect(summary).toMatch(/^waits for a worker that does acme.pid; the last one left/);
});

test('what kills its process runs alone from the second time on and then no more; what was beside it is done', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	await client.request('worker/add', program(daemon.home));
	const [deadly = '', ...others] = await enqueue(
		client,
		job({ die: true }),
		...Array.from({ length: 4 }, () => job({ wait: 50 })),
	);
	const end = await jobEnd(daemon, deadly);
	expect(end).toMatchObject({ state: 'failed', stopReason: 'poison', run: 3, attempt: 1 });
	expect(end.error?.message).toMatch(/died 3 times while this job ran, the last time with nothing/);
	for (const id of others) await resultOf(daemon, id);
	const { lastEnd } = await only(client);
	expect(lastEnd).toBe('ended with exit code 9');
});

test('one that is started anew ends its work within its grace, and that counts', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	await client.request('worker/add', program(daemon.home));
	const [id = ''] = await enqueue(client, job({ untilTold: true }));
	await logSays(daemon, id, 'waits until it is told');
	await client.request('worker/restart', { name: 'embed' });
	expect(await resultOf(daemon, id)).toMatchObject({ run: 1 });
});

test('what cannot be one is refused, and what is there is changed whole', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	const { home } = daemon;
	await client.request('worker/add', program(home));
	const refused = async (entry: object, path: string) =>
		expect(
			client.request('worker/add', { ...program(home), name: 'other', types: ['a.b'], ...entry }),
			path,
		).rejects.toMatchObject({ data: { path } });
	await refused({ name: '../x' }, 'name');
	await refused({ types: ['command'] }, 'types[0]');
	await refused({ types: ['index.files'] }, 'types[0]');
	await refused({ types: ['a.b', 'a.b'] }, 'types');
	await refused({ types: ['a.b', 'acme.pid'] }, 'types[1]');
	await refused({ command: { command: 'node', cwd: 'here' } }, 'command');
	for (const method of ['worker/remove', 'worker/restart'] as const) {
		await expect(client.request(method, { name: 'other' })).rejects.toMatchObject({
			code: ERROR_CODES.NOT_FOUND,
			data: { path: 'name' },
		});
	}
	// A program that registers otherwise than it is there for.
	const wrong = { ...program(home), types: ['acme.other'] };
	expect(await client.request('worker/add', wrong)).toMatchObject({ replaced: true });
	const [id = ''] = await enqueue(client, { type: 'acme.other' });
	await workerWhen(client, ({ lastEnd }) => lastEnd !== null);
	const { summary } = await client.request('job/explain', { id });
	expect(summary).toMatch(
		/^waits for its worker embed, which (ended with exit code 1 and is started again soon|is being started)$/,
	);
	expect(readFileSync((await only(client)).log, 'utf8')).toContain(
		'is there for acme.other, and registers exactly that',
	);
});
