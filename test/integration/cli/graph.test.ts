/** `semantica graph`: jobs that name each other, drawn and followed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Job } from '../../../shared/job.ts';
import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';
import { runInTerminal } from './terminal.ts';

const sh = (name: string, line: string, ...after: unknown[]) => ({
	name,
	type: 'command',
	command: { command: 'sh', args: ['-c', line] },
	...(after.length === 0 ? {} : { after }),
});
const RELEASE = [
	sh('build', 'true'),
	sh('lint', 'exit 3', 'build'),
	sh('test', 'true', 'build'),
	sh('ship', 'true', 'lint', 'test'),
	sh('tell', 'true', { name: 'ship', on: 'ended' }),
];

it('follows what waits for each other, a line for each change, and fails if one did', async () => {
	const cli = createCli();
	const { code, stdout } = await cli.run(['graph', '-'], { input: JSON.stringify(RELEASE) });
	expect(code).toBe(4);
	const said = stdout.split('\n').map((line) => line.replace(/[0-9a-f]{8}-[0-9a-f-]{27} /, ''));
	expect(said).toContain('queued      ship  after lint, test');
	expect(said.filter((line) => / tell/.test(line)).at(-1)).toMatch(/^succeeded {3}tell/);
	expect(said.find((line) => /^failed/.test(line))).toMatch(/^failed {6}lint .*exit code 3$/);
	expect(said.find((line) => /^cancelled/.test(line))).toMatch(
		/^cancelled {3}ship {2}did not run$/,
	);
	expect(said.at(-2)).toMatch(/^5 jobs: 3 succeeded, 1 failed, 1 cancelled/);
	const whole = [sh('a', 'true'), sh('b', 'true', 'a')];
	const { jobs } = await cli.json<{ jobs: Job[] }>(['graph', '-', '--json'], {
		input: JSON.stringify(whole),
	});
	expect(jobs.map(({ title, state }) => [title, state])).toEqual([
		['a', 'succeeded'],
		['b', 'succeeded'],
	]);
});

it('draws which waits for which on a terminal, and the end of it stays there', async (context) => {
	const cli = createCli();
	const folder = temporaryFolder();
	writeFileSync(join(folder, 'release.json'), JSON.stringify(RELEASE));
	const seen = await runInTerminal(context, cli, 'graph release.json', folder);
	const text = withoutTerminalCodes(seen);
	const last = text.slice(text.lastIndexOf('✓ build')).split(/\r?\n/);
	for (const [n, line] of [
		'✓ build ',
		'├─✗ lint ',
		'└─│─✓ test ',
		'  └─┴─⊘ ship ',
		'      └─✓ tell ',
		'5 jobs: 3 succeeded, 1 failed, 1 cancelled',
	].entries()) {
		expect(last[n]?.slice(0, line.length)).toBe(line);
	}
});

it('refuses names that stand later or nowhere, with their line, before anything is enqueued', async () => {
	const cli = createCli();
	const file = (...jobs: object[]) => jobs.map((job) => JSON.stringify(job)).join('\n');
	const later = await cli.run(['graph', '-'], {
		input: file(sh('a', 'true', 'b'), sh('b', 'true')),
	});
	expect(later.code).toBe(2);
	expect(later.stderr).toContain('Line 1: it waits for "b", which stands later, on line 2.');
	const nowhere = await cli.run(['enqueue', '-'], {
		input: file(sh('a', 'true'), sh('b', 'true', 'c')),
	});
	expect(nowhere.stderr).toContain('Line 2: no job of the file is named "c"; before it stand "a"');
	expect(await cli.daemonPid()).toBeUndefined();
});

it('goes on after kill -9 of the daemon, and starts it again', async () => {
	const cli = createCli();
	const gate = join(temporaryFolder(), 'gate');
	const wait = `until [ -e '${gate}' ]; do sleep 0.02; done`;
	const file = [{ ...sh('first', wait), restartable: true }, sh('second', 'true', 'first')];
	const watching = cli.start(['graph', '-'], { input: JSON.stringify(file) });
	await watching.saw('running');
	process.kill((await cli.daemonPid()) ?? 0, 'SIGKILL');
	await watching.saw('runs again');
	writeFileSync(gate, '');
	const { code, stdout } = await watching.finished;
	expect(code).toBe(0);
	expect(stdout).toContain('2 jobs: 2 succeeded');
});
