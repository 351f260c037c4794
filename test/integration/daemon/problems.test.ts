/** Errors as data: what jobs report themselves and what is found in their output, under a real daemon. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import {
	enqueue,
	jobEnd,
	readWholeLog,
	runToEnd,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';

const SECRET = 'correct-horse-battery';

test('errors are kept with the job: said by itself, found in what it prints, of its last run, without secrets', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const folder = temporaryFolder();
	mkdirSync(join(folder, 'bin'));
	// A program of that name: nobody says how its output is to be read.
	writeFileSync(join(folder, 'bin/tsc'), '#!/bin/sh\ncat printed >&2; exit 2\n', { mode: 0o755 });
	writeFileSync(join(folder, 'package.json'), '{"scripts":{"check":"tsc -p ."}}');
	writeFileSync(join(folder, 'bin/npm'), '#!/bin/sh\nexec tsc\n', { mode: 0o755 });
	writeFileSync(
		join(folder, 'printed'),
		`src/a.ts(3,5): error TS1: has ${SECRET}\n../b.ts(1,1): warning TS2: w\nnothing\n`,
	);
	const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, MY_TOKEN: SECRET };
	const inFolder = (command: string, args: string[], more: Partial<JobSpecInput> = {}) => ({
		type: 'command',
		command: { command, args, cwd: folder, env },
		...more,
	});

	const found = await runToEnd(daemon, connection, inFolder('npm', ['run', 'check']));
	const first = [
		{
			severity: 'error',
			message: 'has ***',
			file: join(folder, 'src/a.ts'),
			line: 3,
			column: 5,
			code: '1',
			source: 'ts',
		},
		{
			severity: 'warning',
			message: 'w',
			file: join(folder, '../b.ts'),
			line: 1,
			column: 1,
			code: '2',
			source: 'ts',
		},
	];
	const counts = { errors: 1, warnings: 1, infos: 0 };
	expect(found).toMatchObject({ state: 'failed', errors: null, problems: { ...counts, first } });
	expect(await connection.request('job/errors', { id: found.id })).toEqual({
		counts,
		problems: first,
	});
	const without = await runToEnd(
		daemon,
		connection,
		inFolder('npm', ['run', 'check'], { errors: [] }),
	);
	expect(without).toMatchObject({ state: 'failed', errors: [], problems: null });

	// Many, in pieces, from both streams; a line for GitHub stays in the log, one for us does not.
	const many = `
		i=0; while [ $i -lt 700 ]; do echo "$PWD/x.c:$i:1: error: e$i"; i=$((i + 1)); done
		printf '::semantica err'; sleep 0.1; echo 'or {"message":"own ${SECRET}","file":"y.c","line":7}'
		echo '::warning file=z.c,line=8::for ${SECRET}'
		echo '::semantica error {"line":1}'
		echo 'w.c:9:1: note: aside' >&2`;
	const { id } = await runToEnd(
		daemon,
		connection,
		inFolder('sh', ['-c', many], { errors: ['$gcc'] }),
	);
	const all = await connection.request('job/errors', { id });
	expect(all.counts).toEqual({ errors: 701, warnings: 1, infos: 1 });
	expect(all.problems.length).toBeGreaterThan(490);
	expect(all.problems).toContainEqual({
		severity: 'warning',
		message: 'for ***',
		file: join(folder, 'z.c'),
		line: 8,
	});
	expect(JSON.stringify(all)).not.toContain(SECRET);
	const log = await readWholeLog(connection, id);
	expect(log).toMatch(/^::warning file=z\.c,line=8::for \*\*\*$/m);
	expect(log).toMatch(/^::semantica error \{"line":1\}$/m);
	expect(log).not.toMatch(/^::semantica error \{"message/m);

	// The second run reports something else, the third nothing.
	const runs = `echo "a.c:1:1: error: run $SEMANTICA_RUN"; exit $((2 - SEMANTICA_RUN))`;
	const retried = await runToEnd(
		daemon,
		connection,
		inFolder('sh', ['-c', runs], { errors: ['$gcc'], maxAttempts: 2, backoff: { baseMs: 0 } }),
	);
	expect(retried).toMatchObject({ state: 'succeeded', problems: { errors: 1 } });
	expect(retried.problems?.first[0]?.message).toBe('run 2');
	const mended = `[ $SEMANTICA_RUN = 2 ] || { echo "a.c:1:1: error: x"; exit 1; }`;
	const clean = await runToEnd(
		daemon,
		connection,
		inFolder('sh', ['-c', mended], { errors: ['$gcc'], maxAttempts: 2, backoff: { baseMs: 0 } }),
	);
	expect(clean).toMatchObject({ state: 'succeeded', problems: null });
	expect((await connection.request('job/errors', { id: clean.id })).problems).toEqual([]);

	// They outlive the daemon, and go with their job.
	await daemon.kill();
	await daemon.restart();
	const later = await daemon.connect();
	expect(await later.request('job/errors', { id: found.id })).toEqual({ counts, problems: first });
	await later.request('job/remove', { ids: [found.id] });
	await expect(later.request('job/errors', { id: found.id })).rejects.toMatchObject({
		data: { kind: 'NOT_FOUND' },
	});
});

test('a hostile matcher costs itself alone, and one that cannot be used is refused by path', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const refused = (errors: unknown) =>
		connection.request('job/enqueue', {
			jobs: [shell('true'), { ...shell('true'), errors } as JobSpecInput],
		});
	const pattern = (regexp: string) => [{ pattern: [{ regexp: 'ok' }, { regexp }] }];
	await expect(refused(pattern('(a)\\1'))).rejects.toMatchObject({
		message: expect.stringContaining('backreferences are not supported'),
		data: { path: 'jobs[1].errors[0].pattern[1].regexp' },
	});
	await expect(refused(pattern('(x{500}){500}'))).rejects.toMatchObject({
		data: { path: 'jobs[1].errors[0].pattern[1].regexp' },
	});
	await expect(refused(['$nope'])).rejects.toMatchObject({
		data: { path: expect.stringMatching(/^jobs\[1\]\.errors\[0\]/) },
	});
	await expect(refused(Array(11).fill('$gcc'))).rejects.toMatchObject({
		data: { path: 'jobs[1].errors' },
	});
	await expect(
		connection.request('job/enqueue', { jobs: [{ type: 'acme.x', errors: ['$gcc'] }] }),
	).rejects.toMatchObject({ data: { path: 'jobs[0].errors' } });

	const hostile = [{ pattern: { regexp: '^(a+)+(\\d+)$' }, background: {} }];
	const [id = ''] = await enqueue(connection, {
		...shell('head -c 1900 /dev/zero | tr "\\0" a; echo; echo aaa7'),
		errors: hostile as JobSpecInput['errors'],
	});
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', problems: { errors: 1 } });
	expect(await readWholeLog(connection, id)).toContain('"background" of a matcher');
});

test('errors of a run whose daemon dies are kept, and those of the run after it take their place', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const cwd = temporaryFolder();
	const line = `if [ -e again ]; then echo 'b.c:2:2: error: new'; exit 1; fi; touch again
printf 'a.c:1:1: error: says %s\\n' ${SECRET}; echo '::semantica error {"message":"own","file":"x"}'; exec sleep 600`;
	const spec = (more: Partial<JobSpecInput>): JobSpecInput => ({
		...shell(line, { errors: ['$gcc'], ...more }),
		command: { command: '/bin/sh', args: ['-c', line], cwd, env: { MY_TOKEN: SECRET } },
	});
	const [id = ''] = await enqueue(connection, spec({}));
	const kept = join(daemon.paths.statusFolder, `${id}.1.problems`);
	const lines = () => (existsSync(kept) ? readFileSync(kept, 'utf8').split('\n').length - 1 : 0);
	await until(() => lines() === 2, 'both are kept');
	expect(readFileSync(kept, 'utf8')).not.toContain(SECRET);
	await daemon.kill();
	await daemon.restart();
	const next = await daemon.connect();
	expect(await jobEnd(daemon, id)).toMatchObject({
		stopReason: 'interrupted',
		problems: { errors: 2 },
	});
	const { problems } = await next.request('job/errors', { id });
	expect(problems.map(({ message }) => message).sort()).toEqual(['own', 'says ***']);
	expect(existsSync(kept)).toBe(false);

	rmSync(join(cwd, 'again'));
	const [again = ''] = await enqueue(next, spec({ restartable: true }));
	const second = join(daemon.paths.statusFolder, `${again}.1.problems`);
	await until(() => existsSync(second), 'it is under way');
	await daemon.kill();
	await daemon.restart();
	const last = await daemon.connect();
	await jobEnd(daemon, again);
	expect((await last.request('job/errors', { id: again })).problems).toMatchObject([
		{ message: 'new' },
	]);
});
