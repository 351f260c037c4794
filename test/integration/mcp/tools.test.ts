/** Every tool through a real client, in both eras. */
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataPaths } from '../../../shared/paths.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from '../cli/cli.ts';
import { connectHost, connectToHome, type Era, type Host, newHome } from './host.ts';

describe.each<Era>(['legacy', 'modern'])('in the %s era', (era) => {
	test('a command is run, read, waited for, listed and cancelled', async () => {
		const cwd = temporaryFolder();
		const { client, call } = await connectHost(era);
		expect((await client.listTools()).tools).toHaveLength(8);

		const done = await call('run_job', {
			command: ['sh', '-c', 'printf "1%%\\r100%%\\n\\033[31mred\\033[0m\\n"'],
			cwd,
			title: 'colours',
		});
		expect(done.text).toMatch(/^SUCCEEDED after .*: colours\njob_id /);
		expect(done.text).toMatch(/\n100%\nred\n--- end/);

		const failed = await call('run_job', {
			command: 'echo first; echo "boom: it broke" >&2; exit 7',
			shell: true,
			cwd,
		});
		expect(failed.isError).toBe(true);
		expect(failed.text).toMatch(/^FAILED with exit code 7/);
		expect(failed.text).toContain('boom: it broke');

		const found = await call('read_log', { job_id: failed.id.slice(-8), grep: 'BOOM', context: 1 });
		expect(found.text).toMatch(/\n2-first\n3:boom: it broke\n|\n2:boom: it broke\n/);
		expect(found.text).not.toMatch(/\n1:/);
		const log = await call('read_log', { job_id: failed.id, from: 'head' });
		expect(log.text).toMatch(/untrusted.*\n[\s\S]*boom[\s\S]*eof/);
		const shown = await call('get_job', { job_id: failed.id });
		expect(shown.text).toMatch(/asked for by mcp\/test-host/);

		const runaway = await call('run_job', {
			// The log begins with a line that holds the command.
			command: ['sh', '-c', 'sleep 1; echo ready; sleep 600'],
			cwd,
			wait_seconds: 0,
			tag: 'mine',
		});
		expect(runaway.text).toMatch(/^(RUNNING|NOT STARTED)/);
		const ready = await call('wait_job', {
			job_ids: [runaway.id],
			until: { pattern: 'ready' },
			timeout_seconds: 60,
		});
		expect(ready.text).toMatch(/^MATCHED: ready\n/);
		const late = await call('wait_job', { job_ids: [runaway.id], timeout_seconds: 0.1 });
		expect(late).toMatchObject({ isError: false });
		expect(late.text).toMatch(/^TIME OVER: 0 of 1 ended/);
		expect((await call('list_jobs', { mine: true, state: 'open' })).text).toContain(runaway.id);
		expect((await call('cancel_job', { tag: 'mine' })).text).toMatch(/^ASKED TO STOP: 1 job/);
		const ended = await call('wait_job', { job_ids: [runaway.id, done.id], timeout_seconds: 60 });
		expect(ended.text).toMatch(/^DONE: 2 of 2 ended\.[\s\S]*CANCELLED/);
		expect((await call('cancel_job', { job_ids: [runaway.id] })).text).toMatch(/^NOTHING to stop/);
	});

	test('a server is told of once it is ready, begun anew when it fails, and ended by a cancel', async () => {
		const cwd = temporaryFolder();
		const { call } = await connectHost(era);
		const line = '[ -e tried ] || { touch tried; exit 1; }; echo listening; exec sleep 600';
		const server = await call('run_job', {
			command: line,
			shell: true,
			cwd,
			wait_seconds: 45,
			serves: { line: '^listening$', restart: true },
		});
		expect(server).toMatchObject({ isError: false });
		expect(server.text).toMatch(/^RUNNING/);
		expect(server.text).toContain('ready, serves until it is cancelled, run 2');
		const refused = await call('run_job', { command: ['sleep', '1'], cwd, serves: {} });
		expect(refused.text).toContain('give line or port');
		await call('cancel_job', { job_ids: [server.id] });
		const ended = await call('wait_job', { job_ids: [server.id], timeout_seconds: 60 });
		expect(ended.text).toContain('CANCELLED');
	});

	test('a folder is indexed and searched', async () => {
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'a.ts'), 'export function openSocket() {}\n// the end\n');
		const { call } = await connectHost(era);
		const before = await call('search_code', { query: 'open socket', folder });
		expect(before.text).toMatch(/^NOT INDEXED[\s\S]*index_folder/);
		const indexed = await call('index_folder', { folder, wait_seconds: 45 });
		expect(indexed.text).toMatch(/^SUCCEEDED[\s\S]*Next: search_code/);
		const hits = await call('search_code', { query: 'open socket', folder });
		expect(hits.text).toMatch(/^FOUND 1 place[\s\S]*a\.ts:1:\d+ export function openSocket/);
		const around = await call('search_code', {
			query: 'openSocket',
			folder,
			context_lines: 1,
		});
		expect(around.text).toMatch(/after:\n {2}\/\/ the end/);
		const none = await call('search_code', { query: 'nothingOfThisKind', folder });
		expect(none.text).toMatch(/^NOTHING FOUND/);
	});

	test('jobs and logs are resources, and prompts say what failed', async () => {
		const { client, call } = await connectHost(era);
		const failed = await call('run_job', { command: ['false'], cwd: '/', title: 'doomed' });
		const { contents } = await client.readResource({ uri: `semantica://job/${failed.id}` });
		expect(contents[0]).toMatchObject({ text: expect.stringMatching(/^FAILED.*doomed/) });
		await client.readResource({ uri: `semantica://job/${failed.id}/log` });
		await expect(client.readResource({ uri: 'semantica://job/../token' })).rejects.toThrow();
		const { messages } = await client.getPrompt({ name: 'failed_today' });
		expect(messages[0]?.content).toMatchObject({ text: expect.stringContaining('doomed') });
		const { messages: run } = await client.getPrompt({
			name: 'run_in_background',
			arguments: { command: 'npm test' },
		});
		expect(run[0]?.content).toMatchObject({ text: expect.stringContaining('npm test') });
	});

	test('who asks to be told of progress is told while he waits', async () => {
		const { client } = await connectHost(era);
		const told: string[] = [];
		await client.callTool(
			{ name: 'run_job', arguments: { command: ['sleep', '7'], cwd: '/', wait_seconds: 30 } },
			{ onprogress: ({ message = '' }) => told.push(message), timeout: 60_000 },
		);
		expect(told[0]).toMatch(/^RUNNING for \ds: sleep 7$/);
	});
});

test('read-only offers nothing that runs, and refuses it to who asks all the same', async () => {
	const { client } = await connectHost('legacy', { args: ['--read-only'] });
	expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain('run_job');
	await expect(
		client.callTool({ name: 'run_job', arguments: { command: ['true'], cwd: '/' } }),
	).rejects.toThrow(/Unknown tool/);
});

test('it works in folders that a person opened to tools, of them only in --folder, links included', async () => {
	const open = realpathSync(temporaryFolder());
	const inner = join(open, 'in');
	mkdirSync(inner);
	symlinkSync('/', join(inner, 'out'));
	const home = newHome([open]);
	const runsIn = async (host: Host, cwd: string) =>
		(await host.call('run_job', { command: ['true'], cwd })).text;
	const wide = await connectHost('legacy', { home });
	expect(await runsIn(wide, open)).toMatch(/^SUCCEEDED/);
	expect(await runsIn(wide, '/')).toMatch(/^NOT DONE: .*semantica ai allow/);
	const narrow = await connectHost('modern', { home, args: ['--folder', inner] });
	expect(await runsIn(narrow, inner)).toMatch(/^SUCCEEDED/);
	for (const cwd of [open, join(inner, '..'), join(inner, 'out')]) {
		expect(await runsIn(narrow, cwd)).toMatch(/^NOT DONE: .*outside/);
		const { text } = await narrow.call('index_folder', { folder: cwd });
		expect(text).toMatch(/^NOT DONE: .*outside/);
	}
	// What happened outside of it is not there.
	expect((await narrow.call('list_jobs')).text).toMatch(/\n1 job of 1/);
});

test('mine means the same program started in the same folder', async () => {
	const [one, two] = [temporaryFolder(), temporaryFolder()];
	const home = newHome();
	const first = await connectHost('legacy', { home, cwd: one });
	await first.call('run_job', { command: ['true'], cwd: one, title: 'of one', tag: 't' });
	const again = await connectHost('modern', { home, cwd: one });
	expect((await again.call('list_jobs', { mine: true })).text).toContain('of one');
	for (const stranger of [
		await connectHost('legacy', { home, cwd: two }),
		await connectHost('legacy', { home, cwd: one, name: 'other' }),
	]) {
		expect((await stranger.call('list_jobs', { mine: true })).text).toContain('No such jobs');
		expect((await stranger.call('list_jobs')).text).toContain('of one');
		expect((await stranger.call('cancel_job', { tag: 't' })).text).toMatch(/^NOTHING/);
	}
});

test('a cancelled call ends no job', async () => {
	const home = newHome();
	const { client, call } = await connectHost('legacy', { home });
	const calling = new AbortController();
	const asked = client.callTool(
		{ name: 'run_job', arguments: { command: ['sleep', '600'], cwd: '/', wait_seconds: 45 } },
		{ signal: calling.signal },
	);
	const caught = asked.catch((error: unknown) => error);
	await expect
		.poll(async () => (await call('list_jobs')).text, { timeout: 60_000 })
		.toContain('RUNNING');
	calling.abort();
	await caught;
	const { text, id } = await call('list_jobs', { mine: true });
	expect(text).toContain('RUNNING');
	await call('cancel_job', { job_ids: [id] });
});

test('a job that serves is waited for until it is ready', async () => {
	const home = newHome();
	const cli = createCli({ home });
	const { call } = await connectHost('legacy', { home });
	const script = 'while [ ! -e go ]; do sleep 0.1; done; echo up; sleep 600';
	const cwd = temporaryFolder();
	const started = await cli.run(['run', '-C', cwd, '--ready', '^up$', '--', 'sh', '-c', script]);
	const id = started.stdout.trim();
	const until = { ready: true };
	expect((await call('wait_job', { job_ids: [id], until, timeout_seconds: 0.2 })).text).toMatch(
		/^TIME OVER/,
	);
	writeFileSync(join(cwd, 'go'), '');
	const ready = await call('wait_job', { job_ids: [id], until, timeout_seconds: 60 });
	expect(ready.text).toMatch(
		/^READY; 0 of 1 ended\.[\s\S]*, ready, serves until it is cancelled\n/,
	);
	await call('cancel_job', { job_ids: [id] });
	const { id: plain } = await call('run_job', { command: ['true'], cwd });
	expect((await call('wait_job', { job_ids: [plain], until })).text).toMatch(/^NOT DONE: .*ready/);
});

test('what waits for a person says so, and goes on when they have approved', async () => {
	const home = newHome();
	const config = dataPaths(home).config;
	writeFileSync(config, JSON.stringify({ ai: { folders: ['/'], run: 'ask' } }), { mode: 0o600 });
	const { call } = await connectHost('modern', { home });
	const asked = await call('run_job', { command: ['true'], cwd: '/', wait_seconds: 0 });
	expect(asked.text).toMatch(/^NOT STARTED, [\s\S]*semantica approve/);
	const person = await connectToHome(home);
	await person.request('ai/approve', { id: asked.id });
	const done = await call('wait_job', { job_ids: [asked.id], timeout_seconds: 60 });
	expect(done.text).toMatch(/SUCCEEDED/);
});

test('a job that asks its person ends the wait for it, once for each question', async () => {
	const home = newHome();
	const { call } = await connectHost('legacy', { home });
	const schema = { type: 'object', properties: { version: { type: 'string' } } };
	const says = (id: string) => {
		const question = JSON.stringify({ id, question: `Which version, ${id}?`, schema });
		return `echo '::semantica ask ${question}'; until [ -e "$SEMANTICA_ANSWERS_DIR/${id}.json" ]; do sleep 0.1; done`;
	};
	const command = ['sh', '-c', `${says('first')}; ${says('second')}; echo released`];
	const started = await call('run_job', { command, cwd: '/', title: 'release', wait_seconds: 45 });
	expect(started.text).toMatch(/^RUNNING for .*WAITS FOR AN ANSWER to "Which version, first\?"/);
	expect(started.text).toContain('version (text, may be left out)');
	const { id } = started;
	// It is known by now.
	const time = await call('wait_job', { job_ids: [id], timeout_seconds: 0.2 });
	expect(time.text).toMatch(/^TIME OVER: 0 of 1 ended/);
	const until = { pattern: 'released' };
	const next = call('wait_job', { job_ids: [id], until, timeout_seconds: 600 });
	const person = await connectToHome(home);
	const answer = (question: string) =>
		person.request('job/answer', { id, question, value: { version: '2' } });
	await answer('first');
	expect((await next).text).toMatch(
		/^INPUT REQUIRED: \S+ asks its person something; 0 of 1 ended\.[\s\S]*"Which version, second\?"[\s\S]*semantica answer/,
	);
	const last = call('wait_job', { job_ids: [id], timeout_seconds: 600 });
	await answer('second');
	expect((await last).text).toMatch(/^DONE: 1 of 1 ended/);
});
