/** Jobs that speak to the daemon: their own token, their children, and what it does not let them do. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket } from '../../../shared/client/endpoint.ts';
import type { Method } from '../../../shared/protocol/requests.ts';
import {
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	shell,
	startDaemon,
	type TestDaemon,
} from '../../support/daemon.ts';

interface Parent {
	readonly id: string;
	readonly token: string;
	/** A session with the token of its run. */
	readonly session: DaemonConnection;
	/** Lets its process end with this exit code. */
	end(exitCode: number): void;
}

/** A job that hands its token out and waits to be told how to end. */
async function startParent(daemon: TestDaemon, connection: DaemonConnection): Promise<Parent> {
	const gate = join(daemon.home, `gate-${crypto.randomUUID()}`);
	const tokenFile = `${gate}.token`;
	const [id = ''] = await enqueue(
		connection,
		shell(
			`umask 077; printf %s "$SEMANTICA_TOKEN" > ${tokenFile}
			 echo '::semantica progress {"current":0,"unit":"steps"}'
			 until [ -e ${gate} ]; do sleep 0.02; done; exit $(cat ${gate})`,
		),
	);
	await jobWhen(daemon, id, (job) => job.progress !== null);
	const token = readFileSync(tokenFile, 'utf8');
	return {
		id,
		token,
		session: await connectAs(daemon, token),
		end: (exitCode) => writeFileSync(gate, String(exitCode)),
	};
}

async function connectAs(daemon: TestDaemon, token: string): Promise<DaemonConnection> {
	const socket = await openSocket(daemon.state.endpoint);
	return connectOver(socket, { token, client: 'job', version: '0' });
}

const UNAUTHORIZED = { code: 4010, data: { kind: 'UNAUTHORIZED' } };

describe('a job with children', () => {
	test('waits for them in their own phase and succeeds when all have', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const parent = await startParent(daemon, connection);
		const gate = join(daemon.home, 'children');
		const ids = await enqueue(
			parent.session,
			shell(
				`until [ -e ${gate} ]; do sleep 0.02; done; echo '::semantica progress {"current":3,"unit":"steps"}'`,
			),
			shell(
				`until [ -e ${gate} ]; do sleep 0.02; done; echo '::semantica progress {"current":4,"unit":"steps"}'`,
			),
		);
		for (const id of ids) {
			const { job } = await connection.request('job/get', { id });
			expect(job).toMatchObject({ parentId: parent.id, origin: `job/${parent.id}` });
		}
		parent.end(0);
		const waiting = await jobWhen(daemon, parent.id, (job) => job.phase === 'children');
		expect(waiting).toMatchObject({ state: 'running', children: { running: 2 } });
		expect((await connection.request('queue/list', {})).global.running).toBe(2);
		writeFileSync(gate, '');
		expect(await jobEnd(daemon, parent.id)).toMatchObject({
			state: 'succeeded',
			exitCode: 0,
			children: { succeeded: 2 },
			progress: { current: 7, unit: 'steps' },
		});
	});

	test('has failed when one of them has, and says how many', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const parent = await startParent(daemon, connection);
		await enqueue(parent.session, shell('exit 1'), shell('true'), shell('exit 2'));
		parent.end(0);
		expect(await jobEnd(daemon, parent.id)).toMatchObject({
			state: 'failed',
			stopReason: 'children',
			exitCode: 0,
			children: { failed: 2, succeeded: 1 },
			error: { code: 'CHILDREN', message: expect.stringMatching(/^Of 3 child jobs, 2 failed\./) },
		});
	});

	test('may still have them while the daemon finishes; they run under the next one', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const parent = await startParent(daemon, connection);
		const { pid } = daemon.state;
		await connection.request('system/drain', { reason: 'an update', mode: 'finish' });
		await expect(enqueue(connection, shell('true'))).rejects.toMatchObject({ code: 5030 });
		const [child = ''] = await enqueue(parent.session, shell('true'));
		parent.end(0);
		await gone(pid);
		await daemon.restart();
		expect(await jobEnd(daemon, child)).toMatchObject({ state: 'succeeded', run: 1 });
		expect(await jobEnd(daemon, parent.id)).toMatchObject({
			state: 'succeeded',
			run: 1,
			children: { succeeded: 1 },
		});
	});

	test('takes them along when it fails or is cancelled', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		for (const how of ['fails', 'cancelled']) {
			const parent = await startParent(daemon, connection);
			const [running = '', queued = ''] = await enqueue(
				parent.session,
				shell('sleep 60'),
				shell('true', { runAt: Date.now() + 3_600_000 }),
			);
			await jobWhen(daemon, running, (job) => job.state === 'running');
			if (how === 'fails') parent.end(1);
			else await connection.request('job/cancel', { ids: [parent.id] });
			const state = how === 'fails' ? 'failed' : 'cancelled';
			expect((await jobEnd(daemon, parent.id)).state).toBe(state);
			expect(await jobEnd(daemon, running)).toMatchObject({
				state: 'cancelled',
				stopReason: 'cancel',
			});
			expect((await jobEnd(daemon, queued)).state).toBe('cancelled');
		}
	});
});

describe('the token of a run', () => {
	test('lets it read itself and its children', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const parent = await startParent(daemon, connection);
		const [child = ''] = await enqueue(parent.session, shell('sleep 60', { parentId: parent.id }));
		const get = (id: string) => parent.session.request('job/get', { id });
		expect((await get(parent.id)).job.children).toMatchObject({});
		expect((await get(child)).job.parentId).toBe(parent.id);
		await expect(parent.session.request('job/explain', { id: child })).resolves.toBeDefined();
		const { jobs } = await parent.session.request('job/list', { filter: { parentId: parent.id } });
		expect(jobs.map((job) => job.id)).toEqual([child]);
	});

	test('lets it do nothing else', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const parent = await startParent(daemon, connection);
		const [stranger = ''] = await enqueue(connection, shell('sleep 60'));
		const ask = (method: Method, params: object) =>
			parent.session.request(method, params as never) as Promise<unknown>;
		const refused: [Method, object][] = [
			['job/get', { id: stranger }],
			['job/explain', { id: stranger }],
			['job/list', {}],
			['job/list', { filter: { parentId: stranger } }],
			['job/list', { filter: { parentId: null } }],
			['job/cancel', { ids: [stranger] }],
			['job/cancel', { ids: [parent.id] }],
			['job/cancel', { all: true }],
			['job/retry', { all: true }],
			['job/enqueue', { jobs: [shell('true', { parentId: stranger })] }],
			['log/read', { id: stranger }],
			['log/subscribe', { id: stranger }],
			['log/unsubscribe', { id: stranger }],
			['jobs/subscribe', {}],
			['queue/list', {}],
			['index/status', {}],
			['index/search', { query: 'x' }],
			['system/status', {}],
		];
		for (const [method, params] of refused) {
			await expect(
				ask(method, params),
				`${method} ${JSON.stringify(params)}`,
			).rejects.toMatchObject(UNAUTHORIZED);
		}
		// What only people decide says so.
		const byRule = { code: 4030, data: { kind: 'policy' } };
		await expect(ask('queue/update', { name: '*', paused: true })).rejects.toMatchObject(byRule);
		await expect(ask('system/drain', { reason: 'x', mode: 'stop' })).rejects.toMatchObject(byRule);
		const { job } = await connection.request('job/get', { id: stranger });
		expect(job.stopping).toBeNull();
	});

	test('lets its children replace, and learn of, nothing but work of their own family', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const parent = await startParent(daemon, connection);
		const [running = '', waiting = '', keyed = ''] = await enqueue(
			connection,
			shell('sleep 60', { subject: 'busy' }),
			shell('true', { subject: 'waiting', runAt: Date.now() + 3_600_000 }),
			shell('true', { key: 'theirs' }),
		);
		await jobWhen(daemon, running, (job) => job.state === 'running');
		const { jobs } = await parent.session.request('job/enqueue', {
			jobs: [
				shell('true', { subject: 'busy', supersede: 'abort' }),
				shell('true', { subject: 'waiting', runAt: Date.now() + 3_600_000 }),
			],
		});
		expect(jobs.map(({ superseded }) => superseded)).toEqual([[], []]);
		const states = await Promise.all(
			[running, waiting].map(async (id) => (await connection.request('job/get', { id })).job),
		);
		expect(states).toMatchObject([{ state: 'running', stopping: null }, { state: 'queued' }]);
		// Its own it replaces as ever.
		const mine = shell('true', { subject: 'mine', runAt: Date.now() + 3_600_000 });
		const [first = ''] = await enqueue(parent.session, mine);
		const second = await parent.session.request('job/enqueue', { jobs: [mine] });
		expect(second.jobs[0]?.superseded).toEqual([first]);
		const [own = ''] = await enqueue(parent.session, shell('true', { key: 'own' }));
		expect(await enqueue(parent.session, shell('true', { key: 'own' }))).toEqual([own]);
		const refused = await enqueue(parent.session, shell('true', { key: 'theirs' })).catch(
			(error: unknown) => error,
		);
		expect(refused).toMatchObject({ code: 4002, data: { path: 'jobs[0].key' } });
		expect(JSON.stringify([(refused as Error).message, refused])).not.toContain(keyed);
	});

	test('dies with its run, and so does what was opened with it', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const parent = await startParent(daemon, connection);
		// An open child keeps the parent open after its own process has ended.
		await enqueue(parent.session, shell('sleep 60'));
		parent.end(0);
		await jobWhen(daemon, parent.id, (job) => job.phase === 'children');
		await expect(connectAs(daemon, parent.token)).rejects.toMatchObject(UNAUTHORIZED);
		await expect(enqueue(parent.session, shell('true'))).rejects.toMatchObject(UNAUTHORIZED);
		await parent.session.closed;
		expect((await connection.request('job/get', { id: parent.id })).job.children).toEqual({
			running: 1,
		});
	});

	test('is not that of another run', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const tokens = join(daemon.home, 'tokens');
		const [id = ''] = await enqueue(
			connection,
			shell(`echo $SEMANTICA_TOKEN >> ${tokens}; [ $SEMANTICA_RUN = 2 ]`, {
				maxAttempts: 2,
				backoff: { baseMs: 0 },
			}),
		);
		await jobEnd(daemon, id);
		const [first, second] = readFileSync(tokens, 'utf8').split('\n');
		expect(first).not.toBe(second);
		for (const token of [first, second]) {
			await expect(connectAs(daemon, token ?? '')).rejects.toMatchObject(UNAUTHORIZED);
		}
	});
});

describe('families', () => {
	test('are four generations deep at most, and only of the living', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		let parentId: string | undefined;
		for (let depth = 0; depth <= 4; depth++) {
			const [id = ''] = await enqueue(
				connection,
				shell('true', parentId === undefined ? {} : { parentId }),
			);
			parentId = id;
		}
		const refused = { code: 4000, data: { kind: 'VALIDATION', path: 'jobs[0].parentId' } };
		await expect(
			enqueue(connection, shell('true', { parentId: parentId ?? '' })),
		).rejects.toMatchObject(refused);
		await connection.request('job/cancel', { all: true });
		await expect(
			enqueue(connection, shell('true', { parentId: parentId ?? '' })),
		).rejects.toMatchObject(refused);
	});
});
