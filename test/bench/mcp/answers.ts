/** What typical answers cost a conversation, and how long they take with a daemon that runs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStateFile } from '../../../shared/client/endpoint.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { Program } from './programs.ts';
import { HELLO, rssOf, startServer } from './server.ts';

export async function measureAnswers(program: Program, home: string): Promise<void> {
	const folder = join(home, '..', 'project');
	mkdirSync(folder);
	for (let i = 0; i < 50; i++)
		writeFileSync(join(folder, `${i}.ts`), `export const open${i} = 1;\n`);
	const server = startServer(program);
	await server.ask('initialize', HELLO);
	console.log('| call | tokens of the answer | ms |');
	console.log('|---|---|---|');
	const call = async (label: string, name: string, args: object): Promise<string> => {
		const begun = performance.now();
		const answer = await server.ask('tools/call', { name, arguments: args });
		const ms = performance.now() - begun;
		const { result } = JSON.parse(answer) as { result: { content: { text: string }[] } };
		const text = result.content[0]?.text ?? '';
		console.log(`| ${label} | ${Math.round(text.length / 4)} | ${ms.toFixed(0)} |`);
		return /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';
	};
	const failing =
		'for i in $(seq 400); do echo "test $i passed: some words of a runner"; done; exit 1';
	await call('the first one, which starts a daemon', 'list_jobs', {});
	await call('run_job, `true`', 'run_job', { command: ['true'], cwd: folder });
	const id = await call('run_job, 400 lines, fails', 'run_job', {
		command: failing,
		shell: true,
		cwd: folder,
	});
	for (let i = 0; i < 20; i++) {
		await server.ask('tools/call', {
			name: 'run_job',
			arguments: { command: ['sh', '-c', `exit ${i % 3}`], cwd: folder, wait_seconds: 0 },
		});
	}
	await call('wait_job, ended', 'wait_job', { job_ids: [id] });
	await call('get_job', 'get_job', { job_id: id });
	await call('list_jobs, 20', 'list_jobs', {});
	await call('read_log, tail', 'read_log', { job_id: id });
	await call('read_log, grep', 'read_log', { job_id: id, grep: 'test 39\\d' });
	await call('index_folder, 50 files', 'index_folder', { folder });
	await call('search_code, 10 hits', 'search_code', { query: 'open', folder });
	await call('cancel_job, over already', 'cancel_job', { job_ids: [id] });
	console.log(`\nRSS after the calls: ${(rssOf(server.child) / 1e6).toFixed(0)} MB.`);
	await server.end();
	const state = await readStateFile(dataPaths(home));
	if (state !== undefined) process.kill(state.pid, 'SIGKILL');
}
