/** `job/wait` over the wire: who may, for what, until when. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectOver } from '../../../shared/client/connection.ts';
import { openSocket } from '../../../shared/client/endpoint.ts';
import { enqueue, jobEnd, shell, startDaemon } from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { openSession } from './wire.ts';

const NOBODY = '018f4d2e-7c3a-7b1e-9f00-0123456789ab';

test('answers when the jobs have ended, with what became of them, in the order asked for', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const gate = join(daemon.home, 'gate');
	const held = `until [ -e ${gate} ]; do sleep 0.02; done`;
	const [slow = '', quick = ''] = await enqueue(connection, shell(held), shell('exit 3'));
	const any = await connection.request('job/wait', { ids: [slow, quick], mode: 'any' });
	expect(any).toMatchObject({
		satisfied: true,
		jobs: [{ id: slow }, { id: quick, state: 'failed', exitCode: 3 }],
	});
	const none = await connection.request('job/wait', { ids: [slow], timeoutMs: 1 });
	expect(none).toMatchObject({ satisfied: false, jobs: [{ id: slow }] });

	const all = Array.from({ length: 1000 }, () =>
		connection.request('job/wait', { ids: [slow, quick] }),
	);
	writeFileSync(gate, '');
	for (const answer of await Promise.all(all)) {
		expect(answer).toMatchObject({
			satisfied: true,
			jobs: [{ id: slow, state: 'succeeded' }, { id: quick }],
		});
	}
});

test('an unknown job is named, by path too; a hundred are the most', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const [id = ''] = await enqueue(connection, shell('true', { runAt: Date.now() + 3_600_000 }));
	await expect(connection.request('job/wait', { ids: [id, NOBODY] })).rejects.toMatchObject({
		code: 4001,
		message: expect.stringContaining(NOBODY),
		data: { path: 'ids[1]' },
	});
	await expect(
		connection.request('job/wait', { ids: Array<string>(101).fill(id) }),
	).rejects.toMatchObject({ code: -32602, data: { path: 'ids' } });
	await expect(
		connection.request('job/wait', { ids: [id], timeoutMs: 3_600_001 }),
	).rejects.toMatchObject({ code: -32602, data: { path: 'timeoutMs' } });
});

test('is cancelled like any request, and ends with its connection', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const [id = ''] = await enqueue(connection, shell('true', { runAt: Date.now() + 3_600_000 }));
	const client = await openSession(daemon);
	client.send({ id: 'w', method: 'job/wait', params: { ids: [id] } });
	client.send({ method: '$/cancelRequest', params: { id: 'w' } });
	const { error } = await client.next((message) => message.id === 'w');
	expect(error?.code).toBe(-32800);
	client.send({ id: 'x', method: 'job/wait', params: { ids: [id] } });
	await client.ask('system/status');
	client.socket.destroy();
	await client.closed;
	await connection.request('job/cancel', { ids: [id] });
	expect((await connection.request('job/wait', { ids: [id] })).jobs[0]?.state).toBe('cancelled');
});

test('a retry by hand is followed where that is asked for', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const mark = join(daemon.home, 'mark');
	const [id = ''] = await enqueue(connection, shell(`[ -e ${mark} ]`));
	await jobEnd(daemon, id);
	const [other = ''] = await enqueue(connection, shell('true', { runAt: Date.now() + 3_600_000 }));
	const waiting = connection.request('job/wait', { ids: [id, other], followRetries: true });
	writeFileSync(mark, '');
	const { jobs } = await connection.request('job/retry', { ids: [id] });
	await jobEnd(daemon, jobs[0]?.id ?? '');
	await connection.request('job/runNow', { ids: [other] });
	expect(await waiting).toMatchObject({
		satisfied: true,
		jobs: [{ id: jobs[0]?.id, retryOf: id, state: 'succeeded' }, { id: other }],
	});
});

test('a run waits for its own children, and for nobody else, itself least of all', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const file = join(daemon.home, 'token-of-run');
	const line = `printf %s "$SEMANTICA_TOKEN" >'${file}.part' && mv '${file}.part' '${file}'; sleep 60`;
	const [parent = '', stranger = ''] = await enqueue(connection, shell(line), shell('true'));
	await until(() => existsSync(file), 'it runs');
	const token = readFileSync(file, 'utf8');
	const socket = await openSocket(daemon.state.endpoint);
	const run = await connectOver(socket, { token, client: 'test', version: '0' });
	const [child = ''] = await enqueue(run, shell('true'));
	expect((await run.request('job/wait', { ids: [child] })).jobs[0]?.state).toBe('succeeded');
	for (const ids of [[parent], [stranger], [child, stranger]]) {
		await expect(run.request('job/wait', { ids })).rejects.toMatchObject({ code: 4010 });
	}
	run.dispose();
	await connection.request('job/cancel', { ids: [parent] });
});
