/** What a job sees of the world, and why one cannot be started. */
import {
	chmodSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { mountDisk } from '../../support/disks.ts';
import { commandLineOf, environmentOf, marked, newMarker, until } from '../../support/processes.ts';
import { ahead, MEANS, openHarness } from './harness.ts';

const exit = (exitCode: number, signal: string | null = null) => ({
	kind: 'exit',
	exitCode,
	signal,
});

describe.each(MEANS)('what a job sees, by %s:', (means) => {
	const printEnvironment = ['/usr/bin/env', '-0'];

	test('exactly its environment, whatever names a shell would drop, read or change', async () => {
		const { run, home } = await openHarness({ means });
		const env: Record<string, string> = {
			st: '1',
			rc: '2',
			m: '3',
			'a.b': 'dotted',
			'-x': 'dash',
			'1': 'digit',
			é: 'ü\nnew line',
			IFS: ':',
			PWD: '/nowhere',
			OLDPWD: '/nowhere either',
			SHELLOPTS: 'errexit',
			BASH_ENV: '/dev/null',
			ENV: '/dev/null',
			PS4: '$(exit 1)',
			_: 'underscore',
			'BASH_FUNC_kill%%': '() { :; }',
			_semantica_st: 'x',
			EMPTY: '',
			PATH: '/nowhere:/bin:/usr/bin',
		};
		const job = await run(printEnvironment, { env });
		expect(await job.ended).toEqual(exit(0));
		const seen = Object.fromEntries(
			job
				.output()
				.split('\0')
				.filter(Boolean)
				.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
		);
		const { SEMANTICA_JOB: cookie, ...rest } = seen;
		expect(rest).toEqual({ HOME: home, ...env });
		expect(cookie).toBe(job.identity.cookie);
	});

	test('nobody else sees a variable in a command line while the job runs', async () => {
		const { run, statusFolder } = await openHarness({ means });
		const secret = newMarker();
		const env = { 'npm_config_//registry/:_authToken': secret, TOKEN: secret };
		const job = await run('echo up; sleep 1000; :', { env });
		await until(() => job.output().includes('up'), 'the job is under way');
		expect(marked(secret)).toEqual([]);
		const told = readdirSync(statusFolder).filter((name) => name.endsWith('.job'));
		expect(told.map((name) => statSync(join(statusFolder, name)).mode & 0o777)).toEqual([0o600]);
		job.stop(0);
		await job.ended;
		expect(readdirSync(statusFolder).filter((name) => name.endsWith('.job'))).toEqual([]);
	});

	test('a program with = in its path, beside odd variables', async () => {
		const { run } = await openHarness({ means });
		const folder = join(temporaryFolder(), 'a=b');
		mkdirSync(folder);
		const program = join(folder, 'env');
		symlinkSync('/usr/bin/env', program);
		const job = await run([program], { env: { 'a.b': '1' } });
		expect(await job.ended).toEqual(exit(0));
		expect(job.output()).toContain('a.b=1\n');
	});

	test('no input at all where it has no payload', async () => {
		const { run } = await openHarness({ means });
		const job = await run('readlink /proc/self/fd/0; cat');
		expect(await job.ended).toEqual(exit(0));
		expect(job.output()).toBe('/dev/null\n');
	});

	test('output that can be opened again, as scripts do', async () => {
		const { run } = await openHarness({ means });
		const line = 'echo out >/dev/stdout; echo err >/dev/stderr; echo tee | tee /dev/stderr';
		const job = await run(line);
		expect(await job.ended).toEqual(exit(0));
		expect(job.output().split('\n').sort()).toEqual(['', 'err', 'out', 'tee', 'tee']);
	});

	test('output all the same where there are no pipes for a while', async () => {
		const { run, statusFolder } = await openHarness({ means });
		const pipes = `${statusFolder}-pipes`;
		const reopen = 'echo out; echo err >/dev/stderr';
		expect(await (await run(reopen)).ended).toEqual(exit(0));
		rmSync(pipes, { recursive: true });
		writeFileSync(pipes, 'in the way');
		for (let i = 0; i < 5; i++) {
			const job = await run('echo out; echo err >&2');
			expect(await job.ended).toEqual(exit(0));
			expect(job.output().split('\n').sort()).toEqual(['', 'err', 'out']);
		}
		rmSync(pipes);
		for (let i = 0; i < 5; i++) {
			const job = await run(reopen);
			expect(await job.ended).toEqual(exit(0));
			expect(job.output().split('\n').sort()).toEqual(['', 'err', 'out']);
		}
	});

	test('a hundred jobs at once have their output each', async () => {
		const { run } = await openHarness({ means });
		const jobs = await Promise.all(
			Array.from({ length: 100 }, (_, i) => run(`echo ${i}; readlink /proc/self/fd/1 >&2`)),
		);
		for (const [i, job] of jobs.entries()) {
			expect(await job.ended).toEqual(exit(0));
			expect(job.output()).toMatch(new RegExp(`^${i}\\n`, 'm'));
			expect(job.output()).not.toContain('socket:');
		}
	});

	test('its payload, to the last byte, and then the end of it', async () => {
		const { run } = await openHarness({ means });
		const input = join(temporaryFolder(), "it's input");
		writeFileSync(input, Buffer.alloc(3_000_000, 'x'));
		const job = await run(['/usr/bin/wc', '-c'], { input });
		await job.ended;
		expect(job.output().trim()).toBe('3000000');
	});

	test('input that can be opened again, as programs do', async () => {
		const { run } = await openHarness({ means });
		const input = join(temporaryFolder(), 'input');
		writeFileSync(input, 'given\n');
		const node = `'${process.execPath}' -p 'fs.readFileSync("/dev/stdin", "utf8")'`;
		const job = await run(`cat /dev/stdin; cat <&0; ${node}; wc -c </dev/stdin`, { input });
		expect(await job.ended).toEqual(exit(0));
		expect(job.output()).toBe('given\ngiven\ngiven\n\n6\n');
	});

	test('no descriptor more than without input', async () => {
		const { run } = await openHarness({ means });
		const input = join(temporaryFolder(), 'input');
		writeFileSync(input, 'given\n');
		const line = 'for f in /proc/$$/fd/*; do [ -e "$f" ] && basename "$f"; done; exit 0';
		const [without, given] = [await run(line), await run(line, { input })];
		for (const job of [without, given]) expect(await job.ended).toEqual(exit(0));
		expect(given.output()).toBe(without.output());
	});

	test('no input that is not there: it is not started', async () => {
		const { run } = await openHarness({ means: 'process group' });
		await expect(run('true', { input: '/no/such/input' })).rejects.toMatchObject({
			code: 'ENOENT',
			message: expect.stringContaining('could not be handed over'),
		});
	});

	test('the cookie stands in the job only, not in its supervisor or watcher', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(`sleep ${marker}; :`);
		await until(() => marked(marker).length >= 4 - ahead(means), 'the job is under way');
		const carrying = marked(marker).filter((pid) =>
			environmentOf(pid).includes(`SEMANTICA_JOB=${job.identity.cookie}`),
		);
		expect(carrying.map(commandLineOf).every((line) => !line.includes('semantica'))).toBe(true);
		expect(carrying).toHaveLength(2);
	});

	test('its umask and its limit of open files, and not those of the daemon', async () => {
		const { run } = await openHarness({ means });
		const say = 'umask; ulimit -S -n; ulimit -H -n';
		const hard = readFileSync('/proc/self/limits', 'latin1').match(
			/^Max open files +\S+ +(\d+)/m,
		)?.[1];
		for (const [umask, openFiles] of [
			[0o022, 1024],
			[0o077, 200],
		] as const) {
			const job = await run(say, { umask, openFiles });
			expect(await job.ended).toEqual(exit(0));
			expect(job.output()).toBe(`${umask.toString(8).padStart(4, '0')}\n${openFiles}\n${hard}\n`);
		}
		const more = await run('ulimit -S -n', { openFiles: 1_073_741_816 });
		expect(await more.ended).toEqual(exit(0));
	});

	test('a TMPDIR that is there; one that is gone does not break mktemp', async () => {
		const { run } = await openHarness({ means });
		const folder = temporaryFolder();
		const [there, gone] = [folder, join(folder, 'gone')].map((TMPDIR) =>
			run('printenv TMPDIR || echo none; mktemp -u', { env: { TMPDIR } }),
		);
		expect(await (await there)?.ended).toEqual(exit(0));
		expect((await there)?.output()).toMatch(new RegExp(`^${folder}\n${folder}/`));
		expect(await (await gone)?.ended).toEqual(exit(0));
		expect((await gone)?.output()).toMatch(/^none\n\/tmp\//);
	});

	test('lower priority when it is to be nice', async () => {
		const { run } = await openHarness({ means });
		const job = await run(['/usr/bin/nice'], { nice: 7 });
		await job.ended;
		expect(job.output().trim()).toBe('7');
	});
});

/** The beginning of a program in 64 bits, little-endian. */
function elf(machine: number): Buffer {
	const head = Buffer.alloc(64);
	head.write('\x7fELF\x02\x01\x01', 'latin1');
	head.writeUInt16LE(2, 16);
	head.writeUInt16LE(machine, 18);
	return head;
}

describe.each(MEANS)('what cannot be started says why, by %s:', (means) => {
	test.each([
		['a command that is not there', ['/no/such/program'], 'ENOENT', 'There is no program'],
		['a name that is not in PATH', ['no-such-program'], 'ENOENT', 'was not found in the PATH'],
		['a folder', ['/usr'], 'EACCES', 'it is a folder or not executable'],
		['a file that is not executable', ['/etc/passwd'], 'EACCES', 'not executable'],
		['a builtin of the shell', ['trap'], 'ENOENT', 'was not found in the PATH'],
	])('%s', async (_, command, code, message) => {
		const { run } = await openHarness({ means });
		expect(await (await run(command)).ended).toEqual({
			kind: 'spawn',
			code,
			message: expect.stringContaining(message),
		});
	});

	test('an argument that is too large', async () => {
		const { run } = await openHarness({ means });
		await expect(run(['/bin/echo', 'x'.repeat(200_000)])).rejects.toMatchObject({
			code: 'E2BIG',
			message: expect.stringContaining('larger than'),
		});
	});

	test('a working folder that is gone, or is none', async () => {
		const { run } = await openHarness({ means });
		for (const cwd of ['/no/such/folder', '/etc/passwd']) {
			expect(await (await run('true', { cwd })).ended).toEqual({
				kind: 'spawn',
				code: 'ECWD',
				message: expect.stringContaining(`${cwd} does not exist or is not a folder`),
			});
		}
	});

	test.each([
		[
			'a script saved on Windows',
			'#!/bin/sh\r\necho never\r\n',
			'ENOENT',
			/first line ends as on Windows.*"\/bin\/sh\\r".*sed -i/,
		],
		[
			'a script whose interpreter is not there',
			'#!/no/such/interpreter -x\necho never\n',
			'ENOENT',
			/names the interpreter \/no\/such\/interpreter, which is not there/,
		],
		[
			'a program for another machine',
			elf(process.arch === 'arm64' ? 62 : 183),
			'ENOEXEC',
			/was made for (x64|arm64), and this machine is/,
		],
		['half a program', Buffer.from('\x7fELF'), 'ENOEXEC', /damaged or incomplete/],
	])('%s', async (_, content, code, message) => {
		const { run } = await openHarness({ means });
		const file = join(temporaryFolder(), 'program');
		writeFileSync(file, content, { mode: 0o755 });
		for (const [command, env] of [
			[[file], {}],
			[['program'], { PATH: `/nowhere:${dirname(file)}` }],
		] as const) {
			expect(await (await run(command, { env })).ended).toEqual({
				kind: 'spawn',
				code,
				message: expect.stringMatching(message),
			});
		}
	});

	test('a script on a mount from which nothing may be run', async (context) => {
		const { run } = await openHarness({ means });
		const folder = temporaryFolder();
		mountDisk(context, folder, 'size=1m,noexec');
		writeFileSync(join(folder, 'script'), '#!/bin/sh\n', { mode: 0o755 });
		expect(await (await run([join(folder, 'script')])).ended).toEqual({
			kind: 'spawn',
			code: 'EACCES',
			message: expect.stringContaining(
				`nothing may be run from ${folder}, which is mounted noexec`,
			),
		});
	});

	test('a NUL in a variable that sh cannot carry', async () => {
		const { run, statusFolder } = await openHarness({ means });
		const before = readdirSync(statusFolder);
		await expect(run('true', { env: { 'a.b': 'a\0b' } })).rejects.toMatchObject({
			message: expect.stringContaining('could not be handed over: it holds a NUL'),
		});
		expect(readdirSync(statusFolder)).toEqual(before);
	});

	test('a NUL in an argument', async () => {
		const { run } = await openHarness({ means });
		await expect(run(['/bin/echo', 'a\0b'])).rejects.toThrow('could not be started');
	});

	test('a script without #! runs as a shell script, as execvp would have it', async () => {
		const { run } = await openHarness({ means });
		const script = join(temporaryFolder(), 'script');
		writeFileSync(script, 'echo plain; exit 2\n');
		chmodSync(script, 0o755);
		const job = await run([script]);
		expect(await job.ended).toEqual(exit(2));
		expect(job.output()).toBe('plain\n');
	});

	test('100 KB of arguments are no trouble', async () => {
		const { run } = await openHarness({ means });
		const args = Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(100, '.'));
		const job = await run(['/bin/sh', '-c', 'echo $#; echo "$*" | wc -c', 'sh', ...args]);
		await job.ended;
		expect(job.output()).toBe('1000\n101000\n');
	});

	test('a program named like a builtin, found in PATH, is the program', async () => {
		const { run } = await openHarness({ means });
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'exit'), '#!/bin/sh\necho program\n', { mode: 0o755 });
		const job = await run(['exit'], { env: { PATH: `${folder}:/bin` } });
		expect(await job.ended).toEqual(exit(0));
		expect(job.output()).toBe('program\n');
	});
});
