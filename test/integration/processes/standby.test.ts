/** The supervisor that is there before its job. */
import { existsSync, readdirSync } from 'node:fs';
import { expect, type TestContext, test } from 'vitest';
import { startDaemon } from '../../support/daemon.ts';
import { commandLineOf, livingProcesses, stateOf, until } from '../../support/processes.ts';
import { type Harness, openHarness, usesControlGroups } from './harness.ts';

const exit = (exitCode: number) => ({ kind: 'exit', exitCode, signal: null });

/** Supervisors and watchers of runs whose status files stand in this folder. */
const supervisors = (folder: string): number[] =>
	livingProcesses().filter((pid) => commandLineOf(pid).includes(` semantica ${folder}/`));

/** The one that leads a session, and its children. */
async function openWithStandby(context: TestContext): Promise<Harness & { waiting: number }> {
	const harness = await openHarness({ means: 'standby' });
	if (!usesControlGroups(harness.containment)) {
		context.skip('not proved here: a cgroup v2 of our own is missing');
	}
	return { ...harness, waiting: Math.min(...supervisors(harness.statusFolder)) };
}

test('it gets the next job, and another one waits for the one after', async (context) => {
	const { run, waiting, statusFolder } = await openWithStandby(context);
	const job = await run('cat /proc/self/cgroup');
	expect(job.identity.pid).toBe(waiting);
	expect(await job.ended).toEqual(exit(0));
	expect(job.output()).toMatch(/^0::.*\.1$/m);
	await until(() => supervisors(statusFolder).length > 0, 'another one waits');
	expect((await run('true')).identity.pid).not.toBe(waiting);
});

test('what it was told of its job does not stay behind', async (context) => {
	const { run, runner, statusFolder } = await openWithStandby(context);
	const before = readdirSync(statusFolder);
	const job = await run('true', { env: { SECRET: 'of the job' } });
	await job.ended;
	expect(readdirSync(statusFolder)).toContain(`${job.id}.1`);
	await runner.forget(job.id, 1);
	expect(readdirSync(statusFolder)).toEqual(before);
});

test('killed while it waits, it is done without', async (context) => {
	const { run, waiting } = await openWithStandby(context);
	process.kill(waiting, 'SIGKILL');
	// Its end has been told once nothing of it is left, not even a zombie.
	await until(() => stateOf(waiting) === undefined, 'its end is known');
	const job = await run('exit 3');
	expect(await job.ended).toEqual(exit(3));
});

test('ends with its containment', async (context) => {
	const { containment, statusFolder } = await openWithStandby(context);
	const group = /under (\S+)\.$/.exec(
		containment.checks().find(({ name }) => name === 'control groups')?.message ?? '',
	)?.[1];
	containment.close();
	await until(() => supervisors(statusFolder).length === 0, 'it is gone');
	await until(() => !existsSync(group ?? ''), 'its control group is gone');
});

test('dies with its daemon', async (context) => {
	const harness = await openWithStandby(context);
	harness.containment.close();
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const command = { command: '/bin/true', args: [], cwd: '/' };
	await connection.request('job/enqueue', { jobs: [{ type: 'command', command }] });
	const ours = () => livingProcesses().filter((pid) => commandLineOf(pid).includes(daemon.home));
	await until(() => supervisors(daemon.paths.statusFolder).length >= 2, 'one waits');
	await daemon.kill();
	await until(() => ours().length === 0, 'nothing is left');
});
