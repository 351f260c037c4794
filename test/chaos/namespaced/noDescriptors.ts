/** The daemon has no descriptor left for a while. */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { answer, openRunner, startShell } from './run.ts';

const { containment, runner } = await openRunner(undefined, true);
const run = async (id: string, line: string) => (await startShell(runner, id, line)).ended;
await run('before', 'true');
const held: number[] = [];
let refused: unknown;
try {
	for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
	refused = await run('short', 'true').catch((error: unknown) => error);
}
for (const fd of held) closeSync(fd);
const after = [await run('after', 'echo >/dev/stderr'), await run('later', 'echo >/dev/stderr')];
const message = containment.checks().map((check) => check.message);
const [, groups] = /own under (\S+)\.$/m.exec(message.join('\n')) ?? [];
answer({
	refused: refused instanceof Error ? refused.message : refused,
	after,
	left: groups === undefined ? [] : readdirSync(groups).filter((name) => name.startsWith('short')),
});
