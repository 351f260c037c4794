/** What else a person may want of a job elsewhere: to pause and hurry it, to see how far it is, to hear of its end. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../../shared/job.ts';
import type { JobsEnded } from '../../../shared/protocol/notify.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { type FleetMachine, finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { connectToHome } from '../mcp/host.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('laptop', 'box');
	await servers.owner.run("UPDATE fleet.config SET lease = '3 seconds'");
});
afterAll(() => servers?.stop());

async function pair(): Promise<[FleetMachine, FleetMachine]> {
	await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
	return Promise.all([joinMachine(servers, 'laptop'), joinMachine(servers, 'box')]);
}

const delivered = (id: string) => async () =>
	(await servers.owner.run('SELECT state FROM fleet.job WHERE id = $1', [id])).length;

describe.skipIf(why !== undefined)('a job elsewhere', () => {
	test('is paused, resumed and hurried while nobody has it', async () => {
		const [laptop, box] = await pair();
		await laptop.accept(box.key);
		const [first, later] = [
			await laptop.submit('--on', 'box', '--', 'echo', 'first'),
			await laptop.submit('--on', 'box', '--delay', '1h', '--', 'echo', 'later'),
		];
		for (const id of [first, later]) {
			await expect.poll(delivered(id), { timeout: 60_000 }).toBe(1);
			expect((await laptop.run(['pause', id])).code).toBe(0);
			await jobThat(laptop, id, (job) => job.held && job.state === 'queued');
			expect(await laptop.why(id)).toContain('paused; start it again with Resume');
		}
		expect((await laptop.run(['resume', later])).code).toBe(0);
		await jobThat(laptop, later, (job) => !job.held);
		const { reasons } = await laptop.ask('job/explain', { id: later });
		const { runAt } = await laptop.job(later);
		expect(reasons).toEqual([expect.objectContaining({ kind: 'time', until: runAt })]);
		expect(await laptop.why(later)).toMatch(/waits for its start time, in 5\d min/);
		expect((await laptop.ask('job/resume', { ids: [later] })).skipped).toEqual([
			{ id: later, reason: 'it is not paused' },
		]);

		// Nothing that is paused is taken.
		await box.accept(laptop.key, { commands: true });
		const after = await laptop.submit('--on', 'box', '--', 'echo', 'after');
		expect((await jobThat(laptop, after, finished)).state).toBe('succeeded');
		expect((await laptop.job(first)).held).toBe(true);
		await laptop.ask('job/resume', { ids: [first] });
		expect((await jobThat(laptop, first, finished)).state).toBe('succeeded');
		await laptop.ask('job/runNow', { ids: [later] });
		expect((await jobThat(laptop, later, finished)).state).toBe('succeeded');

		const runs = await laptop.submit('--on', 'box', '--', 'sleep', '600');
		await jobThat(laptop, runs, (job) => job.state === 'running');
		const { skipped } = await laptop.ask('job/runNow', { ids: [runs] });
		expect(skipped[0]?.reason).toBe('box has it already, and it can be hurried there only');
		await laptop.ask('job/cancel', { ids: [runs] });
		await jobThat(laptop, runs, finished);

		// In pages, each job once, newest first.
		const all: Job[] = [];
		let cursor: string | undefined;
		do {
			const page = await laptop.ask('job/list', {
				filter: { machine: 'box' },
				limit: 2,
				...(cursor === undefined ? {} : { cursor }),
			});
			expect(page.jobs.length).toBeLessThanOrEqual(2);
			all.push(...page.jobs);
			cursor = page.nextCursor ?? undefined;
		} while (cursor !== undefined);
		expect(all.map(({ id }) => id)).toEqual([runs, after, later, first]);
		const found = await laptop.ask('job/list', { filter: { machine: '*', text: 'echo after' } });
		expect(found.jobs.map(({ id }) => id)).toEqual([after]);
		await expect(laptop.ask('job/list', { filter: { machine: '*' }, cursor: 'x' })).rejects.toThrow(
			'not of a list of the shared queue',
		);
	});

	test('that runs stands still at a signed order, is said to, and goes on', async () => {
		const [laptop, box] = await pair();
		await laptop.accept(box.key);
		await box.accept(laptop.key, { commands: true, atMost: 4 });
		const beats = join(temporaryFolder(), 'beats');
		const line = `while [ ! -e ${beats}.end ]; do echo x >> ${beats}; sleep 0.1; done`;
		const id = await laptop.submit('--on', 'box', '--', 'sh', '-c', line);
		await jobThat(laptop, id, (job) => job.state === 'running');

		expect((await laptop.run(['pause', id])).code).toBe(0);
		const paused = await jobThat(laptop, id, (job) => job.state === 'paused');
		expect(paused.held).toBe(true);
		expect(await laptop.why(id)).toBe('paused on box; start it again with Resume');
		expect((await laptop.run(['list', '--on', 'box'])).stdout).toMatch(/paused/);
		const size = statSync(beats).size;
		expect((await laptop.ask('job/pause', { ids: [id] })).skipped[0]?.reason).toBe(
			'it is paused already',
		);
		expect((await laptop.run(['resume', id])).code).toBe(0);
		await jobThat(laptop, id, (job) => job.state === 'running');
		await expect.poll(() => statSync(beats).size, { timeout: 30_000 }).toBeGreaterThan(size);

		// Who sits at that machine may do the same, and it is seen.
		const [local] = (await box.ask('job/list', { filter: {}, limit: 1 })).jobs;
		await box.ask('job/pause', { ids: [local?.id ?? ''] });
		await jobThat(laptop, id, (job) => job.state === 'paused');
		await laptop.ask('job/resume', { ids: [id] });
		await jobThat(laptop, id, (job) => job.state === 'running');
		writeFileSync(`${beats}.end`, '');
		expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
	});

	test('that runs where nothing can stand still, or where nobody knows how, is refused with why', async () => {
		const [laptop, box] = await pair();
		await servers.owner.run("UPDATE fleet.config SET lease = '60 seconds'");
		await laptop.accept(box.key);
		await box.accept(laptop.key, { commands: true, atMost: 4 });
		const submit = (...more: string[]) =>
			laptop.submit('--on', 'box', ...more, '--', 'sleep', '600');
		const [once, again] = [await submit(), await submit('--restartable')];
		for (const id of [once, again]) await jobThat(laptop, id, (job) => job.state === 'running');
		await box.kill();
		const says = (what: string) =>
			servers.owner.run(
				`WITH n AS (UPDATE fleet.node SET info = (info - 'pauses') || '${what}'::jsonb WHERE name = 'box' RETURNING id)
				 UPDATE fleet.beat SET load = (load - 'pauses') || '${what}'::jsonb FROM n WHERE node = n.id`,
			);
		const why = async (id: string) =>
			(await laptop.ask('job/pause', { ids: [id] })).skipped[0]?.reason;
		await says('{}');
		expect(await why(once)).toBe('box runs an older Semantica, which is not paused from elsewhere');
		await says('{"pauses": false}');
		expect(await why(once)).toBe('box has begun it, and what runs cannot be paused there');

		// What may be run again goes back there, and waits.
		expect(await why(again)).toBeUndefined();
		await expect.poll(() => laptop.why(again), { timeout: 30_000 }).toContain('told to pause it');
		// Its machine goes for good: it stays paused, and nobody takes it.
		await servers.owner.run("UPDATE fleet.config SET lease = '3 seconds'");
		await laptop.status();
		await jobThat(laptop, again, (job) => job.state === 'queued' && job.held);
		expect(await laptop.why(again)).toContain('paused; start it again with Resume');
	});

	test('says how far it is while it runs, and its end to the window that asked, once', async () => {
		const [laptop, box] = await pair();
		await box.accept(laptop.key, { commands: true, atMost: 4 });
		await laptop.accept(box.key);
		await laptop.status();
		const window = await connectToHome(laptop.home);
		const told: JobsEnded[] = [];
		window.onNotification('jobs/ended', (ended) => told.push(ended));
		await window.request('window/report', { focused: true });
		await window.request('jobs/subscribe', {});
		const progress = 'echo "::semantica progress {\\"current\\": 3, \\"total\\": 7}"; sleep 600';
		const running = await laptop.submit('--notify', '--on', 'box', '--', 'sh', '-c', progress);
		const job = await jobThat(laptop, running, ({ progress: known }) => known !== null);
		expect(job.progress).toEqual({ current: 3, total: 7 });
		const fails = await laptop.submit('--notify', '--on', 'box', '--', 'sh', '-c', 'exit 3');
		const silent = await laptop.submit('--on', 'box', '--', 'sh', '-c', 'exit 3');
		await jobThat(laptop, silent, finished);
		const heard = () => told.flatMap(({ jobs }) => jobs.map(({ id }) => id));
		await expect.poll(heard, { timeout: 60_000 }).toEqual([fails]);
		expect(told[0]?.jobs[0]).toMatchObject({ state: 'failed', machine: 'box', exitCode: 3 });
		// Whoever cancels it knows.
		await laptop.ask('job/cancel', { ids: [running] });
		await jobThat(laptop, running, finished);
		const last = await laptop.submit('--notify', '--on', 'box', '--', 'true');
		await expect.poll(heard, { timeout: 60_000 }).toEqual([fails, last]);
	});
});
