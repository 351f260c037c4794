/** In a mount namespace of its own: the status folder is on a file system that is full. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { answer, openRunner, startShell } from './run.ts';

const folder = mkdtempSync('/tmp/semantica-test-');
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', folder]);
const { runner } = await openRunner(folder);
writeFileSync(`${folder}/ballast`, Buffer.alloc(4096));
const job = await startShell(runner, 'full', 'exit 9');
const outcome = await job.ended;
answer({
	outcome,
	status: readFileSync(`${folder}/full.1`, 'latin1'),
	settled: (await runner.settle({ id: 'full', run: 1, boot: null, restartable: false })).outcome,
});
