/** An AI tool, over MCP, that sends work to another machine of a shared queue: real servers, daemons and client. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FleetMachine, finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { connectHost, type Host } from '../mcp/host.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('laptop', 'box');
	await servers.owner.run("UPDATE fleet.config SET lease = '3 seconds'");
});
afterAll(() => servers?.stop());

const offered = async (host: Host): Promise<string[]> => {
	const { tools } = await host.client.listTools();
	const runJob = tools.find(({ name }) => name === 'run_job');
	return Object.keys(runJob?.inputSchema.properties ?? {});
};

const toolOf = (machine: FleetMachine, name = 'agent', args: string[] = []) =>
	connectHost('legacy', { home: machine.home, name, args });

describe.skipIf(why !== undefined)('an AI tool and other machines', () => {
	test('sends what a person allows, and waits for, reads, lists and cancels it as any job', async () => {
		const [laptop, box] = await Promise.all([
			joinMachine(servers, 'laptop'),
			joinMachine(servers, 'box'),
		]);
		await box.accept(laptop.key, { commands: true, pools: ['crew'] });
		await laptop.accept(box.key);
		const [project, other] = [join(laptop.home, 'project'), join(laptop.home, 'other')];
		for (const folder of [project, other]) {
			mkdirSync(folder);
			await laptop.ask('ai/folder', { root: folder });
		}
		const before = await toolOf(laptop);
		expect(await offered(before)).not.toContain('on');
		const job = (command: string[], more = {}) => ({ command, cwd: project, on: 'box', ...more });

		// Joined, and nothing allowed.
		const refused = await before.call('run_job', job(['true']));
		expect([refused.isError, refused.text]).toEqual([
			true,
			expect.stringContaining('semantica ai policy --on box --fleet commands'),
		]);
		const wrong = await laptop.run(['ai', 'policy', '--fleet', 'commands']);
		expect(wrong.stderr).toContain('--fleet goes with --on or --pool');
		await laptop.ask('ai/update', { fleet: { on: 'box', may: 'commands' } });
		const told = await laptop.run(['ai', 'policy']);
		expect(told.stdout).toMatch(/box +commands: any command/);
		const tool = await toolOf(laptop, 'agent', ['--folder', project]);
		expect(await offered(tool)).toEqual(expect.arrayContaining(['on', 'pool', 'place', 'recipe']));

		const done = await tool.call(
			'run_job',
			job(['sh', '-c', 'echo from $PWD; echo to find; exit 3'], { wait_seconds: 45 }),
		);
		expect(done.text).toMatch(/^FAILED with exit code 3/);
		expect(done.text).toMatch(/on box/);
		expect(done.text).toMatch(/from .*run\/fleet\//);
		const grepped = await tool.call('read_log', { job_id: done.id, grep: 'to f.nd' });
		expect(grepped.text).toMatch(/3:to find/);
		expect((await tool.call('read_log', { job_id: done.id.slice(0, 9) })).text).toContain(
			'to find',
		);
		expect((await tool.call('get_job', { job_id: done.id })).text).toContain(
			'asked for by mcp/agent',
		);

		const pool = { ...job(['sh', '-c', 'echo begun; sleep 600']), on: undefined, pool: 'crew' };
		const nobody = await tool.call('run_job', { ...pool, on: undefined });
		expect(nobody.text).toContain('semantica ai policy --pool crew --fleet commands');
		await laptop.ask('ai/update', { fleet: { pool: 'crew', may: 'commands' } });
		const running = await tool.call('run_job', { ...pool, key: 'once', wait_seconds: 0 });
		const again = await tool.call('run_job', { ...pool, key: 'once', wait_seconds: 0 });
		expect([again.id, again.text]).toEqual([
			running.id,
			expect.stringContaining('was there already'),
		]);
		const line = { job_ids: [running.id], until: { pattern: 'beg.n' }, timeout_seconds: 60 };
		expect((await tool.call('wait_job', line)).text).toContain('MATCHED: begun');
		const mine = await tool.call('list_jobs', { mine: true });
		expect(mine.text).toContain(running.id);
		expect(mine.text).toContain(done.id);

		// Of a person, of another folder: not there.
		const persons = await laptop.submit('--on', 'box', '--', 'true');
		const elsewhere = await toolOf(laptop, 'other', ['--folder', other]);
		for (const [host, id] of [
			[elsewhere, running.id],
			[tool, persons],
		] as const) {
			for (const name of ['get_job', 'read_log']) {
				expect((await host.call(name, { job_id: id })).text).toContain(`no job ${id}`);
			}
			const waited = await host.call('wait_job', { job_ids: [id] });
			expect(waited.text).toContain(`no job ${id}`);
			expect((await host.call('cancel_job', { job_ids: [id] })).text).toMatch(/^NOTHING to stop/);
			expect((await host.call('list_jobs', {})).text).not.toContain(id);
		}

		expect((await tool.call('cancel_job', { job_ids: [running.id] })).text).toMatch(/^ASKED/);
		expect((await tool.call('wait_job', { job_ids: [running.id] })).text).toMatch(/CANCELLED/);
	});

	test('asks a person under ask, and nothing leaves that they have not seen or have taken back', async () => {
		await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
		const [laptop, box] = await Promise.all([
			joinMachine(servers, 'laptop'),
			joinMachine(servers, 'box'),
		]);
		const recipes = {
			say: {
				command: 'echo',
				args: ['said', '{word}'],
				parameters: { word: { pattern: '[a-z]+' } },
			},
		};
		const file = join(box.home, 'fleet.json');
		const kept = JSON.parse(readFileSync(file, 'utf8')) as object;
		writeFileSync(file, JSON.stringify({ ...kept, recipes }));
		await box.accept(laptop.key, { commands: true, recipes: ['say'] });
		await laptop.accept(box.key);
		const project = join(laptop.home, 'project');
		mkdirSync(project);
		await laptop.ask('ai/folder', { root: project });
		await laptop.ask('ai/update', { run: 'ask', fleet: { on: 'box', may: 'recipes' } });
		const tool = await toolOf(laptop);
		const job = (command: string[], more = {}) => ({ command, cwd: project, on: 'box', ...more });

		const said = { recipe: 'say', wait_seconds: 45 };
		expect((await tool.call('run_job', job(['word=hello'], said))).text).toMatch(
			/^SUCCEEDED.*said hello/s,
		);
		const command = await tool.call('run_job', job(['true']));
		expect(command.text).toContain('may call only recipes on box');

		await laptop.ask('ai/update', { fleet: { on: 'box', may: 'commands' } });
		const waits = await tool.call('run_job', job(['echo', 'approved'], { wait_seconds: 0 }));
		expect(waits.text).toMatch(/waits for a person to approve it/);
		expect(waits.text).toContain(`semantica approve ${waits.id}`);
		const refused = await laptop.ask('job/runNow', { ids: [waits.id] });
		expect(refused.count).toBe(0);
		const back = await laptop.ask('fleet/migrate', { direction: 'back' });
		expect(back.skipped).toContainEqual(
			expect.objectContaining({ id: waits.id, reason: 'it waits for the approval of a person' }),
		);
		const listed = await laptop.run(['approve']);
		expect(listed.stdout).toMatch(/on +box\n.*folder +an empty one of its own/);
		expect(listed.stdout).toContain('echo approved');
		expect(
			await servers.owner.run('SELECT id FROM fleet.job WHERE title = $1', ['echo approved']),
		).toEqual([]);
		await laptop.ask('ai/approve', { id: waits.id });
		const done = await jobThat(laptop, waits.id, finished);
		expect([done.state, done.machine]).toEqual(['succeeded', 'box']);
		await expect(laptop.ask('ai/approve', { id: waits.id })).rejects.toThrow('no approval');

		// Taken back between the wish and the approval.
		const late = await tool.call('run_job', job(['echo', 'late'], { wait_seconds: 0 }));
		await laptop.ask('ai/update', { fleet: { on: 'box', may: 'off' } });
		await laptop.ask('ai/approve', { id: late.id });
		const never = await jobThat(laptop, late.id, finished);
		expect([never.state, never.error?.message]).toEqual([
			'failed',
			expect.stringContaining('may send nothing to box'),
		]);
		const dropped = await tool.call('run_job', job(['echo', 'x'], { wait_seconds: 0 }));
		expect(dropped.text).toContain('may send nothing to box');

		expect((await laptop.run(['fleet', 'leave'])).code).toBe(0);
		expect(await offered(await toolOf(laptop))).not.toContain('on');
		expect((await tool.call('run_job', job(['true']))).text).toContain(
			'has joined no shared queue',
		);
	});
});
