/** In a pid namespace of its own: a stranger gets the pid of a recorded process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { killGroup } from '../../../daemon/processes/posix/group.ts';
import { readPidWorld } from '../../../daemon/processes/posix/identity.ts';
import { answer, openRunner } from './run.ts';

const { runner } = await openRunner();
const startTime = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[21] ?? '';
const sleeper = () => spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });

const ours = sleeper();
const pid = ours.pid ?? 0;
const recorded = {
	pid,
	pgid: pid,
	startTime: startTime(pid),
	...readPidWorld(),
	cookie: 'x',
};
ours.kill('SIGKILL');
await once(ours, 'exit');
// Start times are counted in hundredths of a second.
await delay(50);
let stranger: ChildProcess | undefined;
for (let i = 0; i < 20 && stranger?.pid !== pid; i++) {
	stranger?.kill('SIGKILL');
	writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
	stranger = sleeper();
}
const killed = await runner.cleanUp([recorded], []);
const groupGone = await killGroup(recorded, 0);
answer({
	samePid: stranger?.pid === pid,
	killed,
	groupGone,
	alive: stranger?.exitCode === null && stranger.signalCode === null && process.kill(pid, 0),
});
