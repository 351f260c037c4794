/** The tasks extension of 2026-07-28: tasks are jobs, so they outlive client, server and daemon. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import {
	createTaskSessionFromClient,
	type RawClientDispatch,
	type TaskEnabledSession,
} from '@modelcontextprotocol/ext-tasks/client';
import { expect, onTestFinished, test } from 'vitest';
import { gone, temporaryFolder } from '../../support/daemon.ts';
import { createCli } from '../cli/cli.ts';
import { connectHost, type Host, MODERN, newHome, startServer } from './host.ts';

const TASKS = 'io.modelcontextprotocol/tasks';
const clientInfo = { name: 'test-host', version: '1' };

const envelope = (declared: boolean) => ({
	'io.modelcontextprotocol/protocolVersion': MODERN,
	'io.modelcontextprotocol/clientInfo': clientInfo,
	'io.modelcontextprotocol/clientCapabilities': declared ? { extensions: { [TASKS]: {} } } : {},
});

/** The library's client refuses answers that it does not know: theirs pass it by. */
function dispatchBeside({ transport }: Host): RawClientDispatch {
	const waiting = new Map<string, (message: JSONRPCMessage) => void>();
	const { onmessage } = transport;
	transport.onmessage = (message, ...more) => {
		const resolve = 'id' in message ? waiting.get(String(message.id)) : undefined;
		if (resolve === undefined) onmessage?.(message, ...more);
		else resolve(message);
	};
	let count = 0;
	return async (request) => {
		const id = `beside-${++count}`;
		const answered = new Promise<JSONRPCMessage>((resolve) => {
			waiting.set(id, resolve);
		});
		await transport.send({ ...(request as object), jsonrpc: '2.0', id } as JSONRPCMessage);
		const answer = (await answered) as { result?: never; error?: never };
		return answer.error === undefined
			? { kind: 'result', result: answer.result as never }
			: { kind: 'error', error: answer.error };
	};
}

type Input = NonNullable<Parameters<typeof createTaskSessionFromClient<void>>[1]['onInputRequest']>;

/** @param onInputRequest How its person answers; without, it cannot ask anybody. */
async function connectTasks(
	home: string,
	onInputRequest?: Input,
): Promise<{ host: Host; session: TaskEnabledSession }> {
	const asks = onInputRequest === undefined ? {} : { elicitation: {} };
	const host = await connectHost('modern', { home });
	const session = createTaskSessionFromClient<void>(host.client, {
		endpointId: 'semantica',
		rawDispatch: dispatchBeside(host),
		v2RequestFraming: { protocolVersion: MODERN, clientInfo, clientCapabilities: asks },
		...(onInputRequest === undefined ? {} : { onInputRequest }),
	});
	onTestFinished(() => session.close());
	return { host, session };
}

/** A job that ends when the file `go` is there, and may be run again. */
const waitsForGo = (cwd: string) => ({
	command: ['sh', '-c', 'while [ ! -e go ]; do sleep 0.1; done; echo went'],
	cwd,
	retries: 1,
	wait_seconds: 45,
});

test('a task is there at once, is followed, and its result is the tool’s answer', async () => {
	const cwd = temporaryFolder();
	const { session } = await connectTasks(newHome());
	const execution = await session.callTool('run_job', waitsForGo(cwd));
	expect(execution.kind).toBe('task');
	writeFileSync(join(cwd, 'go'), '');
	const { outcome } = await execution.settle();
	expect(outcome).toMatchObject({
		status: 'completed',
		result: { content: [{ text: expect.stringMatching(/^SUCCEEDED[\s\S]*\nwent\n/) }] },
	});
});

test('a failure is a result, a cancelled job a cancelled task', async () => {
	const cwd = temporaryFolder();
	const { session } = await connectTasks(newHome());
	const failing = await session.callTool('run_job', { command: ['sh', '-c', 'exit 3'], cwd });
	expect((await failing.settle()).outcome).toMatchObject({
		status: 'completed',
		result: {
			isError: true,
			content: [{ text: expect.stringMatching(/^FAILED with exit code 3/) }],
		},
	});
	const endless = await session.callTool('run_job', { command: ['sleep', '600'], cwd });
	await endless.cancel();
	expect((await endless.settle()).outcome.status).toBe('cancelled');
});

test('a task outlives its client, its server, and a daemon that is killed', async () => {
	const cwd = temporaryFolder();
	const home = newHome();
	const cli = createCli({ home });
	const first = await connectTasks(home);
	const execution = await first.session.callTool('run_job', waitsForGo(cwd));
	if (execution.kind !== 'task') throw new Error('It is no task.');
	const kept: Parameters<TaskEnabledSession['resumeTask']>[0][] = [];
	await execution.handoff((reference) => {
		kept.push(reference);
	});
	const [reference] = kept;
	if (reference === undefined) throw new Error('It was not handed over.');
	await expect
		.poll(async () => (await cli.run(['list'])).stdout, { timeout: 60_000 })
		.toMatch(/running/);
	await first.host.client.close();
	const pid = await cli.daemonPid();
	if (pid === undefined) throw new Error('No daemon runs.');
	process.kill(pid, 'SIGKILL');
	await gone(pid);

	const second = await connectTasks(home);
	const resumed = await second.session.resumeTask(reference);
	writeFileSync(join(cwd, 'go'), '');
	const { outcome } = await resumed.settle();
	expect(outcome).toMatchObject({
		status: 'completed',
		result: { content: [{ text: expect.stringMatching(/^SUCCEEDED[\s\S]*run 2[\s\S]*\nwent\n/) }] },
	});
});

const asking = (cwd: string, ...ids: string[]) => {
	const schema = {
		type: 'object',
		properties: { version: { type: 'string', minLength: 3 } },
		required: ['version'],
	};
	const line = (id: string) =>
		`echo '::semantica ask ${JSON.stringify({ id, question: `Which version, ${id}?`, schema })}'; until [ -e "$SEMANTICA_ANSWERS_DIR/${id}.json" ]; do sleep 0.1; done; cat "$SEMANTICA_ANSWERS_DIR/${id}.json"`;
	return { command: ['sh', '-c', ids.map(line).join('; ')], cwd, title: 'release' };
};

test('what a job asks, its task requires as input; the answers reach it', async () => {
	const cwd = temporaryFolder();
	const asked: unknown[] = [];
	const { session } = await connectTasks(newHome(), (async (request: { params: object }) => {
		asked.push(request.params);
		return { action: 'accept', content: { version: `2.${asked.length}` } };
	}) as Input);
	const execution = await session.callTool('run_job', asking(cwd, 'first', 'second'));
	const { outcome } = await execution.settle();
	expect(outcome).toMatchObject({
		status: 'completed',
		result: {
			content: [
				{ text: expect.stringMatching(/^SUCCEEDED[\s\S]*"version":"2\.1"[\s\S]*"version":"2\.2"/) },
			],
		},
	});
	expect(asked).toEqual([
		expect.objectContaining({
			message: 'release asks: Which version, first?',
			requestedSchema: expect.objectContaining({ required: ['version'] }),
		}),
		expect.objectContaining({ message: 'release asks: Which version, second?' }),
	]);
});

test('an answer that does not fit is refused, a late one means nothing, a client that cannot ask is told', async () => {
	const cwd = temporaryFolder();
	const server = startServer();
	let count = 0;
	const ask = async (method: string, params: object, elicits = true) => {
		const id = ++count;
		const meta = envelope(true);
		const capabilities = { extensions: { [TASKS]: {} }, ...(elicits ? { elicitation: {} } : {}) };
		const _meta = { ...meta, 'io.modelcontextprotocol/clientCapabilities': capabilities };
		server.write({ jsonrpc: '2.0', id, method, params: { ...params, _meta } });
		return server.answer(id) as Promise<{ result?: Record<string, unknown>; error?: object }>;
	};
	const started = await ask('tools/call', { name: 'run_job', arguments: asking(cwd, 'v') });
	const taskId = String(started.result?.['taskId']);
	const get = async (elicits = true) => (await ask('tasks/get', { taskId }, elicits)).result;
	await expect
		.poll(async () => (await get())?.['status'], { timeout: 60_000 })
		.toBe('input_required');
	const [key = ''] = Object.keys((await get())?.['inputRequests'] as object);
	expect(await get(false)).toMatchObject({
		status: 'working',
		statusMessage: expect.stringContaining('WAITS FOR AN ANSWER to "Which version, v?"'),
	});
	const told = await ask('tools/call', { name: 'get_job', arguments: { job_id: taskId } });
	expect(JSON.stringify(told.result)).toContain(`semantica answer ${taskId}`);
	expect(JSON.stringify(told.result)).toContain('version (text)');

	const update = (inputResponses: object) => ask('tasks/update', { taskId, inputResponses });
	const accept = (version: unknown) => ({ action: 'accept', content: { version } });
	expect(await update({ [key]: accept('2') })).toMatchObject({
		error: { code: -32602, message: expect.stringContaining('at least 3 characters') },
	});
	expect((await update({ [key]: { action: 'maybe' } })).error).toMatchObject({ code: -32602 });
	expect((await update({ [key]: { action: 'decline' } })).error).toBeUndefined();
	expect((await update({ other: accept('2.0') })).error).toBeUndefined();
	expect((await get())?.['status']).toBe('input_required');
	expect((await update({ [key]: accept('2.1') })).error).toBeUndefined();
	expect((await update({ [key]: accept('2.2') })).error).toBeUndefined();
	await expect.poll(async () => (await get())?.['status'], { timeout: 60_000 }).toBe('completed');
	expect(JSON.stringify((await get())?.['result'])).toContain('2.1');
});

test('who listens is told, until all has ended', async () => {
	const cwd = temporaryFolder();
	const server = startServer();
	const request = (id: number, method: string, params: object, declared = true) =>
		server.write({ jsonrpc: '2.0', id, method, params: { ...params, _meta: envelope(declared) } });
	request(1, 'tools/call', { name: 'run_job', arguments: waitsForGo(cwd) });
	const { result } = (await server.answer(1)) as { result: { taskId: string; resultType: string } };
	expect(result.resultType).toBe('task');
	const { taskId } = result;
	request(2, 'subscriptions/listen', { notifications: { taskIds: [taskId] } });
	const told = () => server.messages.filter(({ method }) => method === 'notifications/tasks');
	await expect.poll(() => told().length, { timeout: 60_000 }).toBeGreaterThan(0);
	writeFileSync(join(cwd, 'go'), '');
	expect(await server.answer(2)).toMatchObject({ result: { resultType: 'complete' } });
	expect(server.messages).toContainEqual(
		expect.objectContaining({
			method: 'notifications/subscriptions/acknowledged',
			params: {
				notifications: { taskIds: [taskId] },
				_meta: { 'io.modelcontextprotocol/subscriptionId': 2 },
			},
		}),
	);
	expect(told().at(0)).toMatchObject({ params: { taskId, status: 'working' } });
	expect(told().at(-1)).toMatchObject({
		params: { taskId, status: 'completed', result: { resultType: 'complete' } },
	});
});

test('tasks are for who declares them; an id that no job has is no task', async () => {
	const server = startServer();
	const nobody = '0195a1b2-0000-7000-8000-00001a2b3c4d';
	const ask = async (id: number, method: string, params: object, declared: boolean) => {
		server.write({ jsonrpc: '2.0', id, method, params: { ...params, _meta: envelope(declared) } });
		return (await server.answer(id))['error'];
	};
	const required = {
		code: -32021,
		data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
	};
	expect(await ask(1, 'tasks/get', { taskId: nobody }, false)).toMatchObject(required);
	expect(await ask(2, 'tasks/cancel', { taskId: nobody }, false)).toMatchObject(required);
	const listen = { notifications: { taskIds: [nobody] } };
	expect(await ask(3, 'subscriptions/listen', listen, false)).toMatchObject(required);
	expect(await ask(4, 'tasks/get', { taskId: nobody }, true)).toMatchObject({ code: -32602 });
	expect(await ask(5, 'tasks/cancel', { taskId: '../x' }, true)).toMatchObject({ code: -32602 });
	expect(await ask(6, 'tasks/get', {}, true)).toMatchObject({ code: -32602 });
});
