/** Jobs with children and grandchildren that can be counted from outside. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import { enqueue, logSays, shell, startDaemon } from '../../support/daemon.ts';
import { environmentOf, livingProcesses, until } from '../../support/processes.ts';

/** Everything that a marked job starts inherits the mark in its environment. */
export function marked(line: string, more: Partial<JobSpecInput> = {}) {
	const mark = randomUUID();
	const job = shell(line, more);
	const env = { PATH: process.env['PATH'] ?? '', MARK: mark };
	return {
		job: { ...job, command: { command: '/bin/sh', args: ['-c', line], env } },
		alive: () => livingProcesses().filter((pid) => environmentOf(pid).includes(`MARK=${mark}`)),
	};
}

/** The root's own shell, two children, and their children: deaf ones where asked. */
export const family = (deaf: boolean) => `
	${deaf ? "trap '' TERM INT HUP" : ''}
	sh -c 'sleep 300 & sleep 300 & wait' &
	(sleep 300 & wait) &
	echo ready
	wait; while :; do sleep 1; done`;

/** A daemon with work of every kind in progress. */
export async function atWork() {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const restartable = marked(
		`echo run $SEMANTICA_RUN; [ $SEMANTICA_RUN = 2 ] || { ${family(true)}\n}`,
		{
			restartable: true,
		},
	);
	const once = marked(family(true));
	const quiet = marked('exec >/dev/null 2>&1 <&-; sleep 300');
	const [restartableId = '', onceId = '', quietId = '', later = ''] = await enqueue(
		connection,
		restartable.job,
		once.job,
		quiet.job,
		shell('echo done', { runAt: Date.now() + 3_600_000 }),
	);
	await logSays(daemon, restartableId, '\nready\n');
	await logSays(daemon, onceId, '\nready\n');
	await until(() => quiet.alive().length > 0, 'the quiet job runs');
	const alive = () => [...restartable.alive(), ...once.alive(), ...quiet.alive()];
	expect(alive().length).toBeGreaterThanOrEqual(11);
	return { daemon, restartableId, onceId, quietId, later, alive };
}
