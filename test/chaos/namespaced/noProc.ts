/** In a mount namespace of its own: /proc is not there. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { answer, openRunner, startShell } from './run.ts';

execFileSync('mount', ['-t', 'tmpfs', 'none', '/proc']);
const { containment, runner } = await openRunner();
const plain = await (await startShell(runner, 'plain', 'sleep 1000 & exit 3')).ended;
const deaf = join(mkdtempSync(join(tmpdir(), 'semantica-deaf-')), 'deaf');
const stubborn = await startShell(
	runner,
	'stubborn',
	`trap '' TERM; : >'${deaf}'; sleep 1000 & sleep 1000`,
);
// A TERM that comes before the trap ends the job as any other.
while (!existsSync(deaf)) await delay(5);
const paused = await stubborn.pause();
stubborn.stop(100);
const stopped = await stubborn.ended;
answer({
	mounted: existsSync('/proc/self'),
	plain,
	stopped,
	paused,
	killed: await runner.cleanUp([stubborn.identity], []),
	checks: containment.checks().map(({ ok }) => ok),
});
