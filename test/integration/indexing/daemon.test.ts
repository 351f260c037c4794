/** Index jobs in the daemon: what is no use trying again, and what is never indexed. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	readWholeLog,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { commandLineOf, livingProcesses } from '../../support/processes.ts';

const uri = (folder: string): string => pathToFileURL(folder).href;

/** Pids of what this daemon runs of that program of its build. */
function programs({ home }: Pick<TestDaemon, 'home'>, name: string): number[] {
	const program = join(home, 'bin');
	return livingProcesses().filter((pid) => {
		const [node = '', ...args] = commandLineOf(pid).split(' ');
		const own = args.some((word) => word.startsWith(program) && word.endsWith(name));
		return node === process.execPath && own;
	});
}

const indexers = (daemon: TestDaemon): number[] => programs(daemon, 'indexer.js');

describe('indexers', () => {
	it('do one job after the other; a crash takes only the job that was with it, and that is done by another one', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: 'index', concurrency: 2 });
		const folder = temporaryFolder();
		for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), `needle ${name}`);
		const workspace = uri(folder);
		const save = (name: string) => ({
			type: 'index.files',
			workspace,
			payload: { files: [name] },
			backoff: { baseMs: 1 },
		});
		const [walk = ''] = await enqueue(connection, { type: 'index.workspace', workspace });
		const walked = await jobEnd(daemon, walk);
		expect(walked).toMatchObject({ state: 'succeeded', exitCode: 0, result: { files: 3 } });
		expect(walked.cost?.cpuMs).toEqual(expect.any(Number));
		const [warm = 0, ...others] = indexers(daemon);
		expect(others.length).toBeLessThan(2);
		for (const other of others) process.kill(other, 'SIGKILL');
		await Promise.all(others.map((other) => gone(other)));
		// It is handed the next job, and does not get to it.
		process.kill(warm, 'SIGSTOP');
		const ids = await enqueue(connection, save('a'), save('b'));
		const any = await connection.request('job/wait', { ids, mode: 'any' });
		expect(any.jobs.map(({ state }) => state).sort()).toEqual(['running', 'succeeded']);
		process.kill(warm, 'SIGKILL');
		const { jobs } = await connection.request('job/wait', { ids });
		expect(jobs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
		// What it had not begun costs no attempt.
		expect(jobs.map(({ run, attempt }) => [run, attempt]).sort()).toEqual([
			[1, 1],
			[2, 1],
		]);
		// Whoever cancels one ends its process, and nothing else.
		const [next = 0] = indexers(daemon);
		process.kill(next, 'SIGSTOP');
		const [stuck = ''] = await enqueue(connection, save('c'));
		await jobWhen(daemon, stuck, ({ state }) => state === 'running');
		await connection.request('job/cancel', { ids: [stuck] });
		expect(await jobEnd(daemon, stuck)).toMatchObject({ state: 'cancelled' });
		const all = indexers(daemon);
		await daemon.kill();
		await Promise.all(all.map((pid) => gone(pid)));
	});
});

describe('the searcher', () => {
	it('is nobody before a search, costs the daemon nothing, and dies with it', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'a'), 'needle');
		const workspace = uri(folder);
		const [walk = ''] = await enqueue(connection, { type: 'index.workspace', workspace });
		expect(await jobEnd(daemon, walk)).toMatchObject({ state: 'succeeded' });
		expect(programs(daemon, 'searcher.js')).toEqual([]);
		const { hits } = await connection.request('index/search', { query: 'needle', workspace });
		expect(hits).toHaveLength(1);
		const [searcher = 0, ...others] = programs(daemon, 'searcher.js');
		expect(others).toEqual([]);
		await daemon.kill();
		await gone(searcher);
	});
});

describe('index jobs', () => {
	it.each([
		['gone', (folder: string) => rmSync(folder, { recursive: true }), 'does not exist'],
		['empty', (folder: string) => rmSync(join(folder, 'a')), 'semantica index --delete'],
	])('of a folder that is %s fail at once, with a sentence', async (_, change, sentence) => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const folder = join(temporaryFolder(), 'project');
		mkdirSync(folder);
		writeFileSync(join(folder, 'a'), 'needle');
		const workspace = uri(folder);
		const [first = ''] = await enqueue(connection, { type: 'index.workspace', workspace });
		expect(await jobEnd(daemon, first)).toMatchObject({ state: 'succeeded' });
		await connection.request('queue/update', { name: 'index', paused: true });
		const payload = { files: ['a'] };
		const ids = await enqueue(
			connection,
			{ type: 'index.workspace', workspace },
			{ type: 'index.files', workspace, payload },
		);
		change(folder);
		await connection.request('queue/update', { name: 'index', paused: false });
		for (const id of ids) {
			expect(await jobEnd(daemon, id)).toMatchObject({
				state: 'failed',
				attempt: 1,
				exitCode: 3,
				error: { message: expect.stringContaining(sentence) },
			});
			expect(await readWholeLog(connection, id)).toContain(sentence);
		}
		const { indexes } = await connection.request('index/status', { workspace });
		expect(indexes).toMatchObject([{ files: 1 }]);
	});

	it('never find the token, though the data folder lies in the indexed one', async () => {
		const project = temporaryFolder();
		const home = join(project, 'data');
		const daemon = await startDaemon({ home });
		const connection = await daemon.connect();
		writeFileSync(join(project, 'a'), 'needle');
		const spec = { type: 'index.workspace', workspace: uri(project) };
		const [id = ''] = await enqueue(connection, spec);
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', result: { files: 1 } });
		const [again = ''] = await enqueue(connection, spec);
		expect(await jobEnd(daemon, again)).toMatchObject({ result: { files: 1, changed: 0 } });
		await expect(enqueue(connection, { ...spec, workspace: uri(home) })).rejects.toMatchObject({
			message: expect.stringContaining('own data folder'),
		});
	});
});
