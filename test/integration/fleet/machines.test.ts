/** Real daemons that share a queue through a real PgBouncer: work goes to another machine, is seen, and comes back. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FleetMachine, finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { createCli } from '../cli/cli.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('laptop', 'box', 'cubi');
	// Orders and wishes come with a sync.
	await servers.owner.run("UPDATE fleet.config SET lease = '3 seconds'");
});
afterAll(() => servers?.stop());

async function pair(): Promise<[FleetMachine, FleetMachine]> {
	await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
	return Promise.all([joinMachine(servers, 'laptop'), joinMachine(servers, 'box')]);
}

describe.skipIf(why !== undefined)('machines that share a queue', () => {
	test('joining accepts nothing; what is accepted runs there, and its end is believed once it is known', async () => {
		const [laptop, box] = await pair();
		for (const file of ['fleet.json', 'fleet.key']) {
			expect(statSync(join(laptop.home, file)).mode & 0o777).toBe(0o600);
		}
		const id = await laptop.submit(
			'--on',
			'box',
			'--env',
			'WORD=hello',
			'--',
			'sh',
			'-c',
			'echo $WORD from $PWD; pwd; echo ::semantica result \\{\\"a\\":1\\}',
		);
		const waiting = await jobThat(
			laptop,
			id,
			(job) => job.state === 'queued' && job.machine === 'box',
		);
		expect(waiting.command?.args[1]).toContain('echo $WORD');
		await expect.poll(() => laptop.why(id), { timeout: 30_000 }).toMatch(/waits for box/i);
		expect((await box.json<{ jobs: unknown[] }>(['list', '--all'])).jobs).toEqual([]);

		const told = await box.run(['fleet', 'accept', laptop.key, '--commands']);
		expect([told.code, told.stderr]).toEqual([2, expect.stringContaining('Confirm it with --yes')]);
		expect((await box.run(['fleet', 'accept', laptop.key, '--commands', '--yes'])).code).toBe(0);
		const doubted = await jobThat(laptop, id, finished);
		expect([doubted.state, doubted.error?.code]).toEqual(['failed', 'UNVERIFIED']);
		expect((await laptop.run(['fleet', 'accept', box.key])).stdout).toContain('nothing of its own');
		const done = await laptop.job(id);
		expect([done.state, done.machine, done.result]).toEqual(['succeeded', 'box', { a: 1 }]);
		const log = await laptop.run(['logs', id]);
		expect(log.stdout).toMatch(/hello from .*run\/fleet\//);
		const [there] = (await box.json<{ jobs: { origin: string; title: string }[] }>(['list'])).jobs;
		expect(there?.origin).toBe('fleet/laptop');
		// The folder of its own is gone with it.
		expect(readdirSync(join(box.home, 'run', 'fleet'))).toEqual([]);
		const listed = await laptop.run(['list', '--fleet']);
		expect(listed.stdout).toContain(id);
		expect((await laptop.run(['list'])).stdout).not.toContain(id);

		// Fetched to its end, with its exit code, log and input.
		const waited = await laptop.run(
			['run', '--wait', '--payload', '-', '--on', 'box', '--', 'sh', '-c', 'cat; exit 3'],
			{ input: 'x'.repeat(20_000) },
		);
		expect([waited.code, waited.stdout.length]).toEqual([4, 20_000]);
		const good = await laptop.run([
			'run',
			'--wait',
			'--on',
			'box',
			'--title',
			'fine',
			'--',
			'true',
		]);
		expect(good.code).toBe(0);

		// What a window begins with: a person sees jobs wherever they run.
		const { jobs: seen } = await laptop.ask('jobs/subscribe', {});
		expect(seen.find((job) => job.id === id)).toMatchObject({ machine: 'box', state: 'succeeded' });
		expect((await box.ask('jobs/subscribe', {})).jobs.every((job) => !job.machine)).toBe(true);

		// A file of jobs for another machine; said again it is the same.
		const word = (n: number, more = {}) =>
			JSON.stringify({ type: 'command', command: { command: 'echo', args: [`${n}`], ...more } });
		const many = () =>
			laptop.json<{ jobs: { id: string; existing: boolean }[] }>(
				['enqueue', '--on', 'box', '--key', 'batch', '-'],
				{ input: [1, 2].map((n) => word(n)).join('\n') },
			);
		const [sent, again] = [await many(), await many()];
		expect(again.jobs).toEqual(sent.jobs.map((job) => ({ ...job, existing: true })));
		for (const job of sent.jobs) {
			expect((await jobThat(laptop, job.id, finished)).state).toBe('succeeded');
		}
		const astray = { input: `${word(1)}\n${word(2, { cwd: '/tmp' })}` };
		expect((await laptop.run(['enqueue', '--on', 'box', '-'], astray)).stderr).toMatch(
			/In line 2: .*relative to the place.*Nothing was enqueued/s,
		);

		// Refused by its path, with what to do.
		const refused = [
			[['run', '--on', 'nobody', '--', 'true'], 'There is no machine "nobody"'],
			[['run', '--on', 'box', '--group', 'g', '--', 'true'], 'does not travel'],
			[['run', '--on', 'box', '--cwd', '/tmp', '--', 'true'], 'relative to the place'],
			[['run', '--on', 'box', '--pool', 'x', '--', 'true'], 'one of "on", a machine, and "pool"'],
			[['run', '--recipe', 'x', '--', 'true'], 'goes with --on or --pool'],
			[
				['fleet', 'join', servers.address('cubi'), '--name', 'cubi'],
				'has joined a shared queue already',
			],
		] as const;
		await Promise.all(
			refused.map(async ([args, sentence]) => {
				expect((await laptop.run([...args])).stderr, args.join(' ')).toContain(sentence);
			}),
		);
		const status = await laptop.run(['fleet', 'status']);
		expect(status.stdout).toMatch(/MACHINE +HEARD OF/);
		expect((await laptop.run(['doctor'])).stdout).toMatch(/shared queue.*answers in/);
	});

	test('a running job is followed and cancelled from elsewhere; a machine of the same name is refused', async () => {
		const [laptop, box] = await pair();
		await box.accept(laptop.key, { commands: true });
		await laptop.accept(box.key);
		const id = await laptop.submit(
			'--on',
			'box',
			'--grace',
			'1s',
			'--',
			'sh',
			'-c',
			'echo begun; sleep 600',
		);
		const following = laptop.start(['logs', '-f', id]);
		await following.saw('begun');
		expect((await laptop.run(['cancel', id])).stdout).toContain('Cancelled');
		const ended = await jobThat(laptop, id, finished);
		expect([ended.state, ended.stopReason]).toEqual(['cancelled', 'cancel']);
		expect((await following.finished).stdout).toContain('begun');
		const other = createCli();
		const same = await other.run(['fleet', 'join', servers.address('cubi'), '--name', 'box']);
		expect(same.stderr).toContain('Another machine is called "box"');
		expect((await laptop.run(['cancel', id])).stderr).toContain('already cancelled');
	});

	test('a recipe runs with checked values, and nothing else of that machine does', async () => {
		const [laptop, box] = await pair();
		const file = join(box.home, 'fleet.json');
		const recipes = {
			say: {
				command: 'printf',
				args: ['<%s>', '{word}'],
				parameters: { word: { pattern: '[a-z;]+' } },
			},
		};
		const kept = JSON.parse(readFileSync(file, 'utf8')) as object;
		writeFileSync(file, JSON.stringify({ ...kept, recipes, secrets: { TOKEN: 's3cret' } }));
		await box.run(['fleet', 'accept', laptop.key, '--recipe', 'say', '--pool', 'talkers']);
		await laptop.accept(box.key);
		const pools = async () => (await laptop.status()).machines.flatMap((machine) => machine.pools);
		await expect.poll(pools, { timeout: 60_000 }).toEqual(['talkers']);
		const said = await laptop.run([
			'run',
			'--wait',
			'--pool',
			'talkers',
			'--recipe',
			'say',
			'word=a;b',
		]);
		expect([said.code, said.stdout, said.stderr]).toEqual([0, '<a;b>', expect.any(String)]);
		const option = await laptop.run(['run', '--wait', '--on', 'box', '--recipe', 'say', 'word=-v']);
		expect([option.code, option.stdout]).toEqual([4, expect.any(String)]);
		const wrong = [
			['--on', 'box', '--', 'true'],
			['--on', 'box', '--recipe', 'other', 'x=y'],
			['--on', 'box', '--recipe', 'say', '--secret', 'TOKEN', 'word=a'],
			['--pool', 'others', '--recipe', 'say', 'word=a'],
		];
		await Promise.all(
			wrong.map(async (args) => {
				const id = await laptop.submit('--ttl', '1s', ...args);
				expect((await jobThat(laptop, id, finished)).state).toBe('expired');
			}),
		);
	});

	test('a checkout that is offered runs what is committed there, inside it', async () => {
		const [laptop, box] = await pair();
		const repo = join(box.home, 'checkout');
		mkdirSync(join(repo, 'sub'), { recursive: true });
		const { execFileSync } = await import('node:child_process');
		const git = (...args: string[]) =>
			execFileSync('git', ['-C', repo, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
				encoding: 'utf8',
			}).trim();
		git('init', '-q');
		git('remote', 'add', 'origin', 'git@example.com:team/thing.git');
		writeFileSync(join(repo, 'sub', 'file'), 'content');
		git('add', '.');
		git('commit', '-qm', 'one');
		await box.run(['fleet', 'accept', laptop.key, '--commands', '--yes', '--repo', repo]);
		await laptop.accept(box.key);
		const there = await laptop.run([
			'run',
			'--wait',
			'--on',
			'box',
			'--repo',
			repo,
			'--commit',
			'--cwd',
			'sub',
			'--',
			'cat',
			'file',
		]);
		expect([there.code, there.stdout, there.stderr]).toEqual([0, 'content', expect.any(String)]);
		const other = await laptop.submit(
			'--ttl',
			'1s',
			'--on',
			'box',
			'--repo',
			repo,
			'--commit',
			'0'.repeat(40),
			'--',
			'true',
		);
		expect((await jobThat(laptop, other, finished)).state).toBe('expired');
		expect((await laptop.status()).machines.map(({ name }) => name).sort()).toEqual([
			'box',
			'laptop',
		]);
		expect((await laptop.run(['fleet', 'leave'])).stdout).toContain('has left');
		expect((await laptop.run(['run', '--on', 'box', '--', 'true'])).stderr).toContain(
			'has joined no shared queue',
		);
	});
});
