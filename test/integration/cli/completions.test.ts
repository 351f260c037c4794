/** Completions, in the shells that are here. */
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIST, temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';

const isThere = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** A folder with a program named semantica. */
function onPath(): string {
	const folder = temporaryFolder();
	const program = join(folder, 'semantica');
	writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(DIST, 'cli.js')}' "$@"\n`);
	chmodSync(program, 0o755);
	return folder;
}

describe('semantica completions', () => {
	it('knows commands, options, choices, states, and what the daemon has', async () => {
		const cli = createCli();
		const where = ['-q', 'slow', '-g', 'my-tests'];
		const { stdout } = await cli.run(['run', '--delay', '1h', ...where, '--', 'true']);
		await cli.run(['schedule', 'add', 'nightly', '--every', '1h', '--', 'true']);
		const short = stdout.trim().slice(-8);
		const words = async (...typed: string[]) => {
			const answer = await cli.run(['completions', 'bash', '--words', '--', ...typed]);
			expect(answer.code).toBe(0);
			return answer.stdout.split('\n').flatMap((line) => line.split('\t')[0] || []);
		};
		expect(await words('ca')).toEqual(['cancel']);
		expect(await words('daemon', 're')).toEqual(['restart']);
		expect(await words('logs', '--o')).toEqual(['--only']);
		expect(await words('logs', 'x', '--only', '')).toEqual(['stdout', 'stderr']);
		expect(await words('logs', '--only=std')).toEqual(['--only=stdout', '--only=stderr']);
		expect(await words('list', '-s', 'failed,ca')).toEqual(['failed,cancelled']);
		expect(await words('list', '--queue', 'sl')).toEqual(['slow']);
		expect(await words('queue', 'sl')).toEqual(['slow']);
		expect(await words('group', '')).toEqual(['my-tests']);
		expect(await words('run', '--group', 'my')).toEqual(['my-tests']);
		expect(await words('run', '--after', '')).toEqual([short]);
		expect(await words('schedule', 'add', 'x', '--after', 'n')).toEqual(['nightly']);
		expect(await words('schedule', 'pause', '')).toEqual(['nightly']);
		expect(await words('schedule', 'add', '')).toEqual([]);
		expect(await words('update', '')).toEqual([short]);
		// It has not ended, so there is nothing to remove.
		expect(await words('remove', '')).toEqual([]);
		expect(await words('settings', 'minB')).toEqual(['minBattery']);
		// What a job runs is the shell's own business.
		expect(await words('run', '--', '')).toEqual([]);
	});

	it('without a daemon are those of the program alone', async () => {
		const { code, stdout } = await createCli().run([
			...['completions', 'zsh', '--words', '--', 'cancel', ''],
		]);
		expect([code, stdout]).toEqual([0, '']);
	});

	const here = [
		{
			shell: 'bash',
			script:
				'source <(semantica completions bash); COMP_WORDS=(semantica upd); COMP_CWORD=1; _semantica; printf "%s\\n" "$COMPREPLY"',
		},
		{ shell: 'fish', script: 'semantica completions fish | source; complete -C "semantica upd"' },
		{ shell: 'zsh', script: 'zsh -n <(semantica completions zsh) && echo update' },
	].filter(({ shell }) => isThere(shell));
	it.each(here)('work in $shell', async ({ shell, script }) => {
		const { home } = createCli();
		const env = {
			...process.env,
			SEMANTICA_HOME: home,
			PATH: `${onPath()}${delimiter}${process.env['PATH']}`,
		};
		const { stdout, stderr } = spawnSync(shell, ['-c', script], { env, encoding: 'utf8' });
		expect(stderr).toBe('');
		expect(stdout).toMatch(/^update(\t|\n)/);
	});
});
