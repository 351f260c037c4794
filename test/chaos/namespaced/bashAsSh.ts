/** In a mount namespace of its own: /bin/sh is bash. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { answer, openRunner, startShell } from './run.ts';

execFileSync('mount', ['--bind', '/bin/bash', realpathSync('/bin/sh')]);
const { runner } = await openRunner();
const env = {
	TMOUT: '1',
	OPTERR: '7',
	RANDOM: '7',
	SRANDOM: '7',
	EPOCHSECONDS: '7',
	COMP_WORDBREAKS: '7',
};
const seen = join(mkdtempSync('/tmp/semantica-test-'), 'environment');
// Longer than TMOUT.
const line = `tr '\\0' '\\n' <"/proc/$$/environ" >'${seen}'; sleep 3; exit 3`;
const outcome = await (await startShell(runner, 'patient', line, env)).ended;
const lines = readFileSync(seen, 'utf8').split('\n');
answer({
	isBash: execFileSync('/bin/sh', ['-c', 'echo "$BASH_VERSION"'], { encoding: 'utf8' }) !== '\n',
	outcome,
	lost: Object.entries(env).filter(([name, value]) => !lines.includes(`${name}=${value}`)),
});
