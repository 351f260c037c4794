/**
 * A scripted agent does a piece of work with nothing but its tools: it indexes a public package, runs its tests in the
 * background, is woken, reads the error, mends it, runs them again, and cancels a runaway. Its transcript is printed.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { connectHost, newHome } from './host.ts';

const PACKAGE = dirname(createRequire(import.meta.url).resolve('pend/package.json'));
const RIGHT = 'this.pending < this.max';
const WRONG = 'this.pending <= this.max';

test('an agent runs the tests of a package in the background, mends what fails, and leaves nothing running', async () => {
	const folder = join(temporaryFolder(), 'pend');
	cpSync(PACKAGE, folder, { recursive: true });
	const source = join(folder, 'index.js');
	writeFileSync(source, readFileSync(source, 'utf8').replace(RIGHT, WRONG));

	const host = await connectHost('modern', { home: newHome([folder]), cwd: folder });
	const transcript: string[] = [];
	const call = async (name: string, args: Record<string, unknown>) => {
		const answer = await host.call(name, args);
		transcript.push(`> ${name} ${JSON.stringify(args)}`, answer.text, '');
		return answer;
	};
	const testRun = { command: [process.execPath, 'test.js'], cwd: folder, title: 'tests of pend' };

	const indexed = await call('index_folder', { folder, wait_seconds: 45 });
	expect(indexed.text).toMatch(/^SUCCEEDED/);

	const started = await call('run_job', { ...testRun, wait_seconds: 0, subject: 'tests' });
	expect(started.text).toMatch(/^(NOT STARTED|RUNNING)/);
	const found = await call('search_code', { query: 'pending max', folder, limit: 3 });
	expect(found.text).toMatch(/^FOUND/);

	const woken = await call('wait_job', { job_ids: [started.id], timeout_seconds: 100 });
	expect(woken.text).toMatch(/^DONE: 1 of 1 ended[\s\S]*FAILED with exit code 1/);
	const error = await call('read_log', { job_id: started.id, grep: 'AssertionError', context: 3 });
	expect(error.text).toMatch(/AssertionError/);

	const [, line] = /index\.js:(\d+):\d+ .*pending <= this\.max/.exec(found.text) ?? [];
	const text = readFileSync(source, 'utf8').split('\n');
	expect(text[Number(line) - 1]).toContain(WRONG);
	writeFileSync(source, text.join('\n').replace(WRONG, RIGHT));

	const again = await call('run_job', { ...testRun, wait_seconds: 45, subject: 'tests' });
	expect(again.text).toMatch(/^SUCCEEDED[\s\S]*5 tests passed/);

	const loop = 'let n = 0; setInterval(() => console.log("still here", ++n), 50)';
	const runaway = await call('run_job', {
		command: [process.execPath, '-e', loop],
		cwd: folder,
		wait_seconds: 0,
		timeout_seconds: 600,
	});
	const seen = await call('wait_job', {
		job_ids: [runaway.id],
		until: { pattern: 'still here 5$' },
		timeout_seconds: 100,
	});
	expect(seen.text).toMatch(/^MATCHED: still here 5/);
	expect((await call('cancel_job', { job_ids: [runaway.id] })).text).toMatch(/^ASKED TO STOP/);
	const ended = await call('wait_job', { job_ids: [runaway.id], timeout_seconds: 100 });
	expect(ended.text).toMatch(/CANCELLED/);
	expect((await call('list_jobs', { state: 'open' })).text).toContain('No such jobs');
	console.log(transcript.join('\n'));
});
