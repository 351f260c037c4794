/** Two builds on one data folder: the newer one takes over, and the older one never comes back. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ensureDaemon } from '../../../shared/client/launch.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { buildAs, runningBuild, type TestBuild } from '../../support/builds.ts';
import { copiesIn } from '../../support/copies.ts';
import { gone, isAlive, temporaryFolder } from '../../support/daemon.ts';
import { commandLineOf, livingProcesses, parentOf, until } from '../../support/processes.ts';
import { type Cli, createCli } from '../cli/cli.ts';
import { daemonsOf } from '../daemon/launching.ts';

const older = buildAs('9.9.0');
const newer = buildAs('9.10.0');

/** Both command lines on one data folder. */
function both(): { home: string; old: Cli; young: Cli } {
	const home = join(temporaryFolder(), 'home');
	return {
		home,
		old: createCli({ dist: older.dist, home }),
		young: createCli({ dist: newer.dist, home }),
	};
}

type Shown = Result<'job/get'>;

/** Ends when its gate is open. */
async function gated(cli: Cli, ...flags: string[]) {
	const gate = join(cli.home, `gate-${Math.random()}`);
	const line = `until [ -e '${gate}' ]; do sleep 0.02; done; echo through`;
	const { stdout } = await cli.run(['run', ...flags, '--', '/bin/sh', '-c', line]);
	const id = stdout.trim();
	const state = async () => (await cli.json<Shown>(['show', id])).job.state;
	await settled(async () => (await state()) === 'running');
	return { id, state, open: () => writeFileSync(gate, '') };
}

async function settled(holds: () => Promise<boolean>): Promise<void> {
	const end = Date.now() + 60_000;
	while (!(await holds())) {
		if (Date.now() > end) throw new Error('It did not come to that within a minute.');
	}
}

const pidOf = (home: string): number => runningBuild(home)?.pid ?? 0;
const versionOf = (home: string): string | undefined => runningBuild(home)?.version;

describe('a newer build that meets an older daemon', () => {
	test('in which nothing runs takes over at once, and the old copy goes', async () => {
		const { home, old, young } = both();
		await old.run(['daemon', 'start']);
		const first = pidOf(home);
		expect(versionOf(home)).toBe('9.9.0');
		const { code, stderr } = await young.run(['run', '--wait', '--', 'true']);
		expect({ code, stderr }).toMatchObject({ code: 0 });
		await gone(first);
		expect(versionOf(home)).toBe('9.10.0');
		await until(() => copiesIn(home).length === 1, 'the old copy is removed');
		expect(copiesIn(home)).toEqual([newer.info.buildId]);
	});

	test('lets what runs finish; what is enqueued meanwhile begins in the newer one, with nobody there', async () => {
		const { home, old, young } = both();
		const running = await gated(old);
		const first = pidOf(home);
		const asked = await young.run(['run', '--', 'true']);
		expect(asked.code).toBe(0);
		expect(asked.stderr).toMatch(
			/^Semantica 9\.10\.0 takes over once 1 running job of .*9\.9\.0 has ended/,
		);
		// Who comes later hears of it too, and hastens nothing.
		expect((await young.run(['run', '--', 'true'])).stderr).toContain('takes over');
		const status = await old.run(['status']);
		expect(status.stdout.replaceAll(/\s+/g, ' ')).toContain(
			'Semantica 9.10.0 takes over once what runs',
		);
		const waiting = asked.stdout.trim();
		expect((await old.json<Shown>(['show', waiting])).job.state).toBe('queued');
		expect(pidOf(home)).toBe(first);
		running.open();
		await gone(first);
		await until(
			() => versionOf(home) === '9.10.0',
			'the newer one runs, though nobody asked for it',
		);
		await settled(
			async () => (await young.json<Shown>(['show', waiting])).job.state === 'succeeded',
		);
		expect((await young.json<Shown>(['show', running.id])).job.state).toBe('succeeded');
	});

	test('of which something would not close is followed all the same', async () => {
		const { home, old, young } = both();
		const running = await gated(old);
		const first = pidOf(home);
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'a.txt'), 'quokka');
		expect((await old.run(['index', folder, '--wait'])).code).toBe(0);
		expect((await old.run(['search', 'quokka', folder])).stdout).toContain('a.txt');
		const [searcher = 0] = livingProcesses().filter(
			(pid) => parentOf(pid) === first && commandLineOf(pid).includes('searcher.js'),
		);
		process.kill(searcher, 'SIGSTOP');
		onTestFinished(() => void process.kill(searcher, 'SIGKILL'));
		await young.run(['run', '--', 'true']);
		running.open();
		await gone(first, 60_000);
		await until(
			() => versionOf(home) === '9.10.0',
			'the newer one runs, though nobody asked for it',
		);
		expect(readFileSync(dataPaths(home).daemonLog, 'utf8')).toContain('would not close');
	});

	test('is followed into: who waits for a job that waits goes on in the newer one', async () => {
		const { old, young } = both();
		const running = await gated(old);
		const first = young.start(['run', '--wait', '--', 'echo', 'after the update']);
		const log = old.start(['logs', '-f', running.id]);
		const listed = async () => (await old.run(['list', '--state', 'queued'])).stdout;
		await settled(async () => (await listed()).includes('echo'));
		const [waiting] = (await old.json<Result<'job/list'>>(['list', '--state', 'queued'])).jobs;
		const why = await old.json<Result<'job/explain'>>(['explain', waiting?.id ?? '']);
		expect(why.reasons.map(({ message }) => message)).toContain(
			'an update comes first: Semantica 9.10.0 takes over',
		);
		running.open();
		const { code, stderr } = await first.finished;
		expect({ code, stderr }).toMatchObject({ code: 0 });
		expect((await log.finished).stdout).toContain('through');
	});

	test('waits for a paused job that is resumed meanwhile', async () => {
		const { home, old, young } = both();
		const paused = await gated(old);
		await old.run(['pause', paused.id]);
		await settled(async () => (await paused.state()) === 'paused');
		const first = pidOf(home);
		expect((await young.run(['run', '--', 'true'])).stderr).toContain('once 1 running job');
		await young.run(['resume', paused.id]);
		paused.open();
		await gone(first);
		await until(() => versionOf(home) === '9.10.0', 'the newer one runs');
		expect((await young.json<Shown>(['show', paused.id])).job.state).toBe('succeeded');
	});

	test('takes over at once where a person says so', async () => {
		const { home, old, young } = both();
		const running = await gated(old, '--restartable');
		expect((await young.run(['daemon', 'restart'])).code).toBe(0);
		expect(versionOf(home)).toBe('9.10.0');
		running.open();
		await settled(
			async () => (await young.json<Shown>(['show', running.id])).job.state === 'succeeded',
		);
	});
});

describe('an older build', () => {
	test('works with a newer daemon, and is told that it is older', async () => {
		const { home, old, young } = both();
		await young.run(['daemon', 'start']);
		const { pid } = runningBuild(home) ?? {};
		expect((await old.run(['run', '--wait', '--', 'true'])).code).toBe(0);
		expect(pidOf(home)).toBe(pid);
		const note = 'This command line is 9.9.0, the daemon 9.10.0, which is newer.';
		expect((await old.run(['status'])).stdout).toContain(note);
		expect((await old.run(['doctor'])).stdout.replaceAll(/\s+/g, ' ')).toContain(note);
	});

	test.each(['killed', 'stopped', 'restarted'])(
		'brings the newer one back when that was %s',
		async (how) => {
			const { home, old, young } = both();
			await young.run(['daemon', 'start']);
			const pid = pidOf(home);
			if (how === 'killed') process.kill(pid, 'SIGKILL');
			else await old.run(['daemon', how === 'stopped' ? 'stop' : 'restart']);
			await gone(pid);
			expect((await old.run(['run', '--wait', '--', 'true'])).code).toBe(0);
			expect(versionOf(home)).toBe('9.10.0');
		},
	);

	test('whose daemon is killed while it makes way brings up the newer one', async () => {
		const { home, old, young } = both();
		const lost = await gated(old);
		// One job of a queue starts however busy the machine is.
		const again = await gated(old, '--restartable', '--queue', 'other');
		const waiting = (await young.run(['run', '--', 'true'])).stdout.trim();
		const first = pidOf(home);
		process.kill(first, 'SIGKILL');
		await gone(first);
		again.open();
		expect((await old.run(['run', '--wait', '--', 'true'])).code).toBe(0);
		expect(versionOf(home)).toBe('9.10.0');
		const job = async (id: string) => (await young.json<Shown>(['show', id])).job;
		expect(await job(lost.id)).toMatchObject({ state: 'failed', stopReason: 'interrupted' });
		await settled(async () => (await job(again.id)).state === 'succeeded');
		await settled(async () => (await job(waiting)).state === 'succeeded');
	});
});

describe('starters of two builds at once', () => {
	const start = (home: string, { dist, info }: TestBuild) =>
		ensureDaemon({
			paths: dataPaths(home),
			distFolder: dist,
			build: info,
			execPath: process.execPath,
			env: process.env,
			timeoutMs: 60_000,
		});

	test.each([1, 2, 3])('end with one daemon, of the newer build (round %i)', async () => {
		const home = temporaryFolder();
		onTestFinished(() => {
			for (const pid of daemonsOf(home)) process.kill(pid, 'SIGKILL');
		});
		await Promise.all(
			Array.from({ length: 8 }, (_, index) => start(home, index % 2 === 0 ? older : newer)),
		);
		const cli = createCli({ dist: newer.dist, home });
		expect((await cli.run(['run', '--wait', '--', 'true'])).code).toBe(0);
		await until(() => daemonsOf(home).length === 1, 'one daemon is left');
		expect(versionOf(home)).toBe('9.10.0');
		expect(daemonsOf(home)).toEqual([pidOf(home)]);
	});

	test('from the command line: each of them succeeds', async () => {
		const { home, old, young } = both();
		const outcomes = await Promise.all(
			Array.from({ length: 8 }, (_, index) =>
				(index % 2 === 0 ? old : young).run(['run', '--wait', '--', 'true']),
			),
		);
		expect(outcomes.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(Array(8).fill(0));
		await until(() => versionOf(home) === '9.10.0', 'the newer one runs');
		await until(() => daemonsOf(home).length === 1, 'one daemon is left');
	});
});

describe('copies under bin/', () => {
	test('go when nobody will start them again; drafts of a killed client go after an hour', async () => {
		const { home, young } = both();
		for (const name of ['0.1.0-aaaaaaaaaaaa', '0.1.0-b.tmp']) {
			mkdirSync(join(home, 'bin', name), { recursive: true });
		}
		await young.run(['daemon', 'start']);
		const left = () => copiesIn(home);
		await until(() => left().length === 2, 'the old copy is removed');
		expect(left()).toEqual(['0.1.0-b.tmp', newer.info.buildId]);
	});

	test('of a newer build stay while an older one runs beside it', async () => {
		const { home, old, young } = both();
		const running = await gated(old);
		await young.run(['run', '--', 'true']);
		expect(existsSync(join(home, 'bin', newer.info.buildId, 'build.json'))).toBe(true);
		expect(isAlive(pidOf(home))).toBe(true);
		running.open();
	});
});
