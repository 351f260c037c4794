import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StatsNow } from '../../../shared/protocol/stats.ts';
import { gone, isAlive, temporaryFolder } from '../../support/daemon.ts';
import { type Cli, createCli } from './cli.ts';
import { runInTerminal } from './terminal.ts';
import { openWindow } from './window.ts';

interface Once {
	readonly now: StatsNow;
	readonly rates: { readonly cpu: number } | null;
	readonly jobs: readonly { readonly title: string; readonly state: string }[];
}

/** The load of other programs keeps no job waiting. */
const UNTHROTTLED = { env: { CI: 'true' } };

/** Two run, two wait for a slot, one in a paused queue. */
async function someWork(cli: Cli): Promise<void> {
	const forever = ['--', 'sh', '-c', 'echo working; sleep 1000'];
	const ok = async (...args: string[]) => {
		const { code, stderr } = await cli.run(args, UNTHROTTLED);
		expect({ code, stderr }).toMatchObject({ code: 0 });
	};
	await ok('daemon', 'start');
	await ok('queue', 'builds', '--concurrency', '2');
	await ok('queue', 'reports', '--pause');
	for (const title of ['first', 'second', 'third', 'fourth']) {
		await ok('run', '--queue', 'builds', '--title', title, ...forever);
	}
	await ok('run', '--queue', 'reports', '--title', 'weekly', ...forever);
}

describe('top --once', () => {
	it('prints what runs, what waits and why', async () => {
		const cli = createCli();
		await someWork(cli);
		const { stdout, stderr, code } = await cli.run(['top', '--once']);
		expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
		expect(stdout).toMatch(/^Semantica \S+ · up \S+ · CPU \S+% · /);
		expect(stdout).toContain('2 running · 3 waiting · 0 failed');
		expect(stdout).toContain('2 for a slot · 1 in a paused queue');
		expect(stdout).toMatch(/builds +2\/2 +2 /);
		expect(stdout).toMatch(/running +\S+ +first /);
		expect(stdout).toMatch(/queued +\S+ +third .*builds/);
		expect(stdout).toMatch(/queued +\S+ +weekly .*reports is paused/);
		const answer = await cli.json<Once>(['top', '--once']);
		expect(answer.now.waiting).toEqual({ slot: 2, paused: 1 });
		expect(answer.rates?.cpu).toBeGreaterThanOrEqual(0);
		expect(answer.jobs.map(({ title }) => title)).toEqual([
			...['first', 'second', 'third', 'fourth', 'weekly'],
		]);
	});

	it('says what is missing: a daemon, a terminal', async (context) => {
		const cli = createCli();
		expect((await cli.run(['top', '--once'])).code).toBe(3);
		expect(await cli.run(['top'])).toMatchObject({
			code: 2,
			stderr: expect.stringContaining('top needs a terminal'),
		});
		expect((await cli.run(['top', '--json'])).code).toBe(2);
		expect(await cli.daemonPid()).toBeUndefined();
		// Nothing of the screen is touched where there is nothing to show.
		const output = await runInTerminal(context, cli, 'top', temporaryFolder());
		expect(output).toContain('No Semantica daemon is running');
		expect(output).not.toContain('\u001b[?1049h');
	});
});

describe('top in a terminal', () => {
	it('is live: filters, shows a log, cancels after a yes, follows the size, and leaves all as it was', async (context) => {
		const cli = createCli();
		await someWork(cli);
		const window = await openWindow(context, cli);
		await window.semantica('top');
		await window.shows(/> ● running .*first/);
		await window.shows(/○ queued .*third .*builds/);
		expect(await window.state()).toEqual({ alternate: true, cursor: false });
		await cli.run(['run', '--queue', 'other', '--title', 'newcomer', '--', 'sleep', '1000']);
		await window.shows(/● running .*newcomer/);

		await window.resize(140, 40);
		await window.shows(/queue builds runs 2 at a time and is full/);
		await window.resize(80, 12);
		await window.shows(/QUEUE[\s\S]*q {2}quit/);

		await window.press('/', 'weekly');
		await window.shows(/Filter: weekly/);
		await window.press('Enter');
		await window.shows(/> ○ queued .*weekly/);
		await window.press('Escape');
		await window.shows(/> ● running .*first/);

		await window.press('l');
		await window.shows(/Log of \S+ +running +first[\s\S]*\nworking/);
		await window.press('q', 'c');
		await window.shows(/Cancel first\? y: yes/);
		await window.press('n', 'c', 'y');
		await window.shows(/● running .*third/);
		expect(await window.text()).not.toContain('first');
		await window.press('a');
		await window.shows(/⊘ cancelled .*first/);

		await window.press('q');
		await window.shows(/ready>\s*$/);
		expect(await window.state()).toEqual({ alternate: false, cursor: true });
		await window.press('-l', 'echo typed again');
		await window.shows(/ready>echo typed again/);
	});

	it('says when the daemon is gone, and goes on with the next one', async (context) => {
		const cli = createCli();
		await someWork(cli);
		const window = await openWindow(context, cli);
		await window.semantica('top');
		await window.shows(/> ● running .*first/);
		const pid = Number(await cli.daemonPid());
		process.kill(pid, 'SIGKILL');
		await gone(pid);
		await window.shows('The daemon has ended. Looking for the next one');
		await cli.run(['daemon', 'start'], UNTHROTTLED);
		// What ran was no restartable work.
		await window.shows(/2 running[\s\S]*● running .*third/);
		expect(await window.text()).not.toContain('has ended');
	});

	it.for(['SIGTERM', 'SIGHUP', 'SIGUSR2'] as const)(
		'gives the terminal back when %s ends it',
		async (signal, context) => {
			const cli = createCli();
			await someWork(cli);
			// A mistake of ours, at a moment of our choice.
			const thrower = join(temporaryFolder(), 'throw.cjs');
			writeFileSync(thrower, "process.on('SIGUSR2', () => { throw new Error('a mistake'); });");
			const window = await openWindow(context, cli);
			const pid = await window.semantica('top', `NODE_OPTIONS='--require ${thrower}'`);
			await window.shows(/> ● running .*first/);
			process.kill(pid, signal);
			await window.shows(/ready>$/m);
			if (signal === 'SIGUSR2') await window.shows('a mistake');
			expect(isAlive(pid)).toBe(false);
			expect(await window.state()).toEqual({ alternate: false, cursor: true });
			await window.press('-l', 'echo typed again');
			await window.shows(/ready>echo typed again/);
		},
	);

	it.for(['C-z', 'SIGTSTP'])('stands still by %s and goes on', async (how, context) => {
		const cli = createCli();
		await someWork(cli);
		const window = await openWindow(context, cli);
		const pid = await window.semantica('top');
		await window.shows(/> ● running .*first/);
		if (how === 'SIGTSTP') process.kill(pid, 'SIGTSTP');
		else await window.press(how);
		await window.shows(/Stopped/);
		expect(await window.state()).toEqual({ alternate: false, cursor: true });
		await window.press('fg', 'Enter');
		await window.shows(/> ● running .*first/);
		expect(await window.state()).toEqual({ alternate: true, cursor: false });
		await window.press('q');
		await window.shows(/ready>\s*$/);
		expect(isAlive(pid)).toBe(false);
	});

	it('is not moved by what stands in titles', async (context) => {
		const cli = createCli();
		await cli.run(['daemon', 'start'], UNTHROTTLED);
		const title = 'evil \u001b[2J\u001b[1;1H\u001b]0;name\u0007 title';
		await cli.run(['run', '--title', title, '--', 'sleep', '1000']);
		const window = await openWindow(context, cli);
		await window.semantica('top');
		await window.shows(/^Semantica .*\n.*1 running[\s\S]*● running .*evil +title/);
	});
});
