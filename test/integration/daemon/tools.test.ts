/** What an AI tool's connection may do and see: its folders, its own keys, and nothing of others. */
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type DaemonConnection, isResponseError } from '../../../shared/client/connection.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import {
	enqueue,
	jobEnd,
	logSays,
	shell,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

const later = { runAt: Date.now() + 3_600_000 };

function shellIn(cwd: string, line: string, more: Partial<JobSpecInput> = {}): JobSpecInput {
	const job = shell(line, more);
	return { ...job, command: { ...job.command, command: '/bin/sh', cwd } };
}

/** A daemon with one folder that is open to tools, and one that is not. */
async function withFolders() {
	const daemon = await startDaemon();
	const person = await daemon.connect();
	const open = realpathSync(temporaryFolder());
	const closed = realpathSync(temporaryFolder());
	await person.request('ai/folder', { root: open });
	return { daemon, person, open, closed, tool: await daemon.tool({ root: open }) };
}

/** The refusal of a request, as code and what it is about. */
async function refusal(asked: Promise<unknown>) {
	const error = await asked.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	if (!isResponseError(error)) throw error ?? new Error('It was not refused.');
	return { code: error.code, ...(error.data as { rule?: string; path?: string }) };
}

const forbidden = (rule: string) =>
	expect.objectContaining({ code: ERROR_CODES.FORBIDDEN, kind: 'policy', rule });
const unknown = expect.objectContaining({ code: ERROR_CODES.NOT_FOUND });

const add = (connection: DaemonConnection, job: JobSpecInput) =>
	connection.request('job/enqueue', { jobs: [job] });

describe('a tool’s command', () => {
	test('runs in its folder, with links resolved, and says who asked', async () => {
		const { daemon, person, open, tool } = await withFolders();
		mkdirSync(join(open, 'deep'));
		symlinkSync(join(open, 'deep'), join(open, 'link'));
		const [id = ''] = await enqueue(tool, shellIn(join(open, 'link'), 'pwd'));
		const job = await jobEnd(daemon, id);
		expect(job).toMatchObject({ state: 'succeeded', origin: `mcp/test#${open}` });
		expect(job.command?.cwd).toBe(join(open, 'deep'));
		expect(job.workspace).toBe(pathToFileURL(open).href);
		expect(tool.server.origin).toBe(job.origin);
		const mine = { filter: { origin: [job.origin] } };
		expect((await tool.request('job/list', mine)).jobs.map((one) => one.id)).toEqual([id]);
		expect((await person.request('job/list', mine)).total.value).toBe(1);
	});

	test('is refused in every other folder, however its path is written', async () => {
		const { open, closed, tool, person } = await withFolders();
		symlinkSync(closed, join(open, 'out'));
		for (const cwd of [
			closed,
			join(open, 'out'),
			`${open}/../${closed.split('/').at(-1)}`,
			`${open}/..`,
			'/',
			temporaryFolder(),
		]) {
			expect(await refusal(add(tool, shellIn(cwd, 'true'))), cwd).toEqual(forbidden('folder'));
		}
		for (const cwd of ['relative', join(open, 'absent'), '/etc/passwd']) {
			const data = await refusal(add(tool, shellIn(cwd, 'true')));
			expect(data, cwd).toMatchObject({ code: 4000, path: 'jobs[0].command.cwd' });
		}
		expect(await refusal(add(tool, shell('true')))).toMatchObject({ path: 'jobs[0].command.cwd' });
		const elsewhere = shellIn(open, 'true', { workspace: pathToFileURL(closed).href });
		expect(await refusal(add(tool, elsewhere))).toEqual(forbidden('folder'));
		expect((await person.request('job/list', {})).jobs).toEqual([]);
	});

	test('takes no field that is another’s to give', async () => {
		const { open, tool, person } = await withFolders();
		const [parentId = ''] = await enqueue(person, shellIn(open, 'true', later));
		for (const field of [
			{ parentId },
			{ payloadFile: '/etc/passwd' },
			{ payload: 'rm -rf ~' },
			{ priority: 100 },
			{ group: 'everybody', groupLimit: 1 },
			{ leaveBehind: true },
		]) {
			const asked = add(tool, shellIn(open, 'true', field));
			expect(await refusal(asked), JSON.stringify(field)).toEqual(forbidden('field'));
		}
		const files = { type: 'index.files', workspace: pathToFileURL(open).href, payload: {} };
		expect(await refusal(add(tool, files))).toEqual(forbidden('type'));
	});

	test('is refused where no folder is open, is forgotten, or all is switched off', async () => {
		const { open, tool, person } = await withFolders();
		await person.request('ai/update', { run: 'off' });
		expect(await refusal(add(tool, shellIn(open, 'true')))).toEqual(forbidden('run'));
		await person.request('ai/update', { run: 'host' });
		await enqueue(tool, shellIn(open, 'true'));
		await person.request('ai/forget', { root: open });
		expect(await refusal(add(tool, shellIn(open, 'true')))).toEqual(forbidden('folder'));
		expect((await tool.request('job/list', {})).jobs).toEqual([]);
	});
});

describe('jobs of others', () => {
	async function withOthers() {
		const found = await withFolders();
		const { person, open, closed } = found;
		const [inside = ''] = await enqueue(person, shellIn(open, 'true', later));
		const [outside = ''] = await enqueue(person, shellIn(closed, 'true', { ...later, tag: 'x' }));
		return { ...found, inside, outside };
	}

	test('outside of its folders are unknown ids to a tool', async () => {
		const { tool, inside, outside, open } = await withOthers();
		expect((await tool.request('job/get', { id: inside })).job.id).toBe(inside);
		const asked = [
			tool.request('job/get', { id: outside }),
			tool.request('job/explain', { id: outside }),
			tool.request('job/wait', { ids: [inside, outside], timeoutMs: 0 }),
			tool.request('job/list', { filter: { parentId: outside } }),
			tool.request('job/list', { filter: { after: outside } }),
			tool.request('log/read', { id: outside }),
			tool.request('log/search', { id: outside, pattern: 'x' }),
			tool.request('log/subscribe', { id: outside }),
			add(tool, shellIn(open, 'true', { after: [{ id: outside }] })),
		];
		for (const one of asked) expect(await refusal(one)).toEqual(unknown);
		const list = await tool.request('job/list', {});
		expect(list.jobs.map(({ id }) => id)).toEqual([inside]);
		expect(list.total).toEqual({ value: 1, exact: true });
		const { jobs } = await tool.request('jobs/subscribe', {});
		expect(jobs.map(({ id }) => id)).toEqual([inside]);
	});

	test('are not named to it where a job in its folders waits for them', async () => {
		const { person, open, closed, tool } = await withFolders();
		const title = 'the secret merger';
		const [target = ''] = await enqueue(person, shellIn(closed, 'true', { ...later, title }));
		const waiting = shellIn(open, 'true', { after: [{ id: target, on: 'succeeded' }] });
		const [id = ''] = await enqueue(person, waiting);
		const { explanation } = await tool.request('job/get', { id });
		expect(explanation).toEqual(
			expect.objectContaining({ reasons: [expect.objectContaining({ kind: 'dependency' })] }),
		);
		const told = [explanation, await tool.request('job/explain', { id })];
		expect(JSON.stringify(told)).not.toContain(title);
		expect((await person.request('job/explain', { id })).summary).toContain(title);
		expect(await refusal(tool.request('job/list', { filter: { after: target } }))).toEqual(unknown);
		const own = shellIn(open, 'true', { after: [{ id: target, on: 'succeeded' }] });
		expect(await refusal(add(tool, own))).toEqual(unknown);
	});

	test('are not named to it by what ended because of them', async () => {
		const { person, open, closed, tool } = await withFolders();
		const [secret, other] = ['the secret merger', 'the other one'];
		const [target = ''] = await enqueue(
			person,
			shellIn(closed, 'exit 1', { title: secret, ...later }),
		);
		const waitsFor = (id: string) => ({ after: [{ id, on: 'succeeded' as const }] });
		const [first = ''] = await enqueue(person, shellIn(open, 'true', waitsFor(target)));
		const [second = ''] = await enqueue(
			person,
			shellIn(open, 'true', { ...waitsFor(first), title: other }),
		);
		const [third = ''] = await enqueue(tool, shellIn(open, 'true', waitsFor(second)));
		const ids = [first, second, third];
		const told: unknown[] = [(await tool.request('jobs/subscribe', {})).jobs];
		tool.onNotification('jobs/changed', (changed) => told.push(changed));
		await person.request('job/cancel', { ids: [target] });
		const { jobs } = await tool.request('job/wait', { ids });
		expect(jobs.map(({ stopReason }) => stopReason)).toEqual(Array(3).fill('dependency'));
		told.push(jobs, await tool.request('job/list', {}), await tool.request('jobs/subscribe', {}));
		for (const id of ids) told.push(await tool.request('job/get', { id }));
		// Its end is known when it is asked for.
		const { jobs: late } = await add(person, shellIn(open, 'true', waitsFor(target)));
		told.push(await tool.request('job/get', { id: late[0]?.id ?? '' }));
		expect(JSON.stringify(told)).not.toContain(secret);
		const messages = jobs.map(({ error }) => error?.message);
		expect(messages).toEqual([
			`job ${target} was cancelled, and this job was to run only after that.`,
			expect.stringMatching(
				/^«\/bin\/sh -c true» \(.*\) could not run, and this job was to run only/,
			),
			`«${other}» (${second}) could not run, and this job was to run only after that.`,
		]);
		const whole = await person.request('job/get', { id: third });
		expect(whole.job.error?.message).toContain(`«${secret}» (${target}) was cancelled`);
		await person.request('job/remove', { ids: [target] });
		expect((await tool.request('job/get', { id: first })).job.error?.message).toBe(
			`job ${target} did not end as it was to, and this job was to run only after that.`,
		);
	});

	test('are not cancelled by it, by id, tag or all', async () => {
		const { tool, person, inside, outside, open } = await withOthers();
		const byId = await tool.request('job/cancel', { ids: [outside] });
		expect(byId).toMatchObject({ count: 0, skippedCount: 1 });
		expect((await tool.request('job/cancel', { filter: { tag: 'x' } })).count).toBe(0);
		const [own = ''] = await enqueue(tool, shellIn(open, 'true', { ...later, tag: 'x' }));
		expect((await tool.request('job/cancel', { all: true })).count).toBe(1);
		const stateOf = async (id: string) => (await person.request('job/get', { id })).job.state;
		expect(await stateOf(own)).toBe('cancelled');
		expect(await stateOf(outside)).toBe('queued');
		// By a filter only its own, by its id what its folders hold.
		expect(await stateOf(inside)).toBe('queued');
		expect((await tool.request('job/cancel', { ids: [inside, outside] })).count).toBe(1);
		expect(await stateOf(inside)).toBe('cancelled');
	});

	test('are not replaced by its subject', async () => {
		const { tool, person, open, closed } = await withOthers();
		const subject = { ...later, subject: 'build' };
		const [theirs = ''] = await enqueue(person, shellIn(closed, 'true', subject));
		const answer = await add(tool, shellIn(open, 'true', { ...subject, supersede: 'abort' }));
		expect(answer.jobs[0]?.superseded).toEqual([]);
		expect((await person.request('job/get', { id: theirs })).job.state).toBe('queued');
	});

	test('share no key with it', async () => {
		const { daemon, tool, person, open } = await withOthers();
		const keyed = (line: string) => shellIn(open, line, { ...later, key: 'deploy' });
		const [theirs = ''] = await enqueue(person, keyed('true'));
		const [first = ''] = await enqueue(tool, keyed('false'));
		expect(first).not.toBe(theirs);
		expect((await add(tool, keyed('false'))).jobs[0]).toMatchObject({ id: first, existing: true });
		const other = await daemon.tool({ root: open, client: 'mcp/other' });
		expect((await add(other, keyed('echo'))).jobs[0]?.existing).toBe(false);
	});
});

describe('a tool’s connection', () => {
	test('that was started for some folders sees what of them is open', async () => {
		const { daemon, person, open, closed } = await withFolders();
		for (const name of ['a', 'b']) mkdirSync(join(open, name));
		const [a = ''] = await enqueue(person, shellIn(join(open, 'a'), 'true', later));
		await enqueue(person, shellIn(join(open, 'b'), 'true', later));
		const seen = async (...folders: string[]) => {
			const tool = await daemon.tool({ root: open, folders });
			return (await tool.request('job/list', {})).jobs.map(({ id }) => id);
		};
		expect(await seen(join(open, 'a'))).toEqual([a]);
		expect(await seen('/')).toHaveLength(2);
		expect(await seen(closed)).toEqual([]);
		expect(await seen(`${open}/..`)).toHaveLength(2);
	});

	test('has an origin that no other client can say', async () => {
		const { daemon, open } = await withFolders();
		const liar = await daemon.connect(`mcp/test#${open}`);
		expect(liar.server.origin).toMatch(/^mcp\/test-/);
		const nameless = await daemon.tool({ root: '/', client: 'Odd Name' });
		expect(nameless.server.origin).toBe('mcp/Odd-Name#');
	});

	test('with a run’s token is that run, and no more', async () => {
		const { daemon, open, closed, person } = await withFolders();
		const token = await tokenOfRun(daemon, person, closed);
		const run = await daemon.tool({ root: open, token });
		expect(run.server.origin).toMatch(/^job\//);
		expect(await refusal(run.request('job/list', {}))).toMatchObject({ code: 4010 });
		expect(await refusal(run.request('ai/update', { run: 'host' }))).toEqual(forbidden('method'));
	});

	test('searches in its folders only', async () => {
		const { open, closed, tool, person } = await withFolders();
		for (const workspace of [
			undefined,
			pathToFileURL(closed).href,
			pathToFileURL(`${open}/..`).href,
		]) {
			const params = { query: 'x', ...(workspace === undefined ? {} : { workspace }) };
			expect(await refusal(tool.request('index/search', params))).toEqual(unknown);
		}
		// Open, but not indexed.
		const workspace = pathToFileURL(open).href;
		expect(await refusal(tool.request('index/search', { query: 'x', workspace }))).toEqual(unknown);
		expect((await tool.request('index/status', {})).indexes).toEqual([]);
		expect((await person.request('ai/policy', {})).folders).toEqual([open]);
	});
});

async function tokenOfRun(daemon: TestDaemon, person: DaemonConnection, cwd: string) {
	const [id = ''] = await enqueue(
		person,
		shellIn(cwd, 'echo "tok""en $SEMANTICA_TOKEN."; sleep 600'),
	);
	return /token (\w+)\./.exec(await logSays(daemon, id, 'token '))?.[1] ?? '';
}
