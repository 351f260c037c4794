/** A shared queue that lies: what is forged, replayed, edited or meant for another queue runs nowhere. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openIdentity } from '../../../daemon/fleet/trust.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { type FleetMachine, finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('laptop', 'box');
	await servers.owner.run("UPDATE fleet.config SET lease = '6 seconds'");
});
afterAll(() => servers?.stop());

/** As whoever owns the database can: the row of a job again, with changes. */
async function copyJob(id: string, set: Record<string, unknown>): Promise<string> {
	const columns = Object.keys(set);
	const values = columns.map((column) => set[column]);
	const [row] = await servers.owner.run(
		`INSERT INTO fleet.job (id, need, priority, state, restartable, title, expires, submitter, submitter_key, envelope, signature, changed)
		 SELECT coalesce($1::uuid, gen_random_uuid()), need, priority, 0, restartable, title, expires, submitter, submitter_key, envelope, signature, 1
		 FROM fleet.job WHERE id = $2 RETURNING id`,
		[set['id'] ?? null, id],
	);
	const made = String(row?.['id']);
	const rest = columns.filter((column) => column !== 'id');
	if (rest.length > 0) {
		const text = rest.map((column, n) => `${column} = $${n + 2}`).join(', ');
		await servers.owner.run(`UPDATE fleet.job SET ${text} WHERE id = $1`, [
			made,
			...rest.map((column) => values[columns.indexOf(column)]),
		]);
	}
	return made;
}

/** What box says of it, in the end. */
async function verdict(id: string): Promise<string> {
	let said = '';
	await expect
		.poll(
			async () => {
				const [row] = await servers.owner.run(
					"SELECT state, convert_from(report, 'UTF8') AS report FROM fleet.job WHERE id = $1",
					[id],
				);
				said = String(row?.['report'] ?? '');
				return Number(row?.['state']);
			},
			{ timeout: 40_000, interval: 200 },
		)
		.toBe(11);
	return (JSON.parse(said) as { error: { message: string } }).error.message;
}

describe.skipIf(why !== undefined)('a database that lies', () => {
	let laptop: FleetMachine;
	let box: FleetMachine;

	test('makes nobody run anything that was not signed, or run twice what must not', async () => {
		laptop = await joinMachine(servers, 'laptop');
		box = await joinMachine(servers, 'box');
		await box.accept(laptop.key, { commands: true, atMost: 8 });
		await laptop.accept(box.key);
		const mark = join(temporaryFolder(), 'runs');
		const honest = await laptop.submit('--on', 'box', '--', 'sh', '-c', `echo run >> ${mark}`);
		expect((await jobThat(laptop, honest, finished)).state).toBe('succeeded');
		const lines = async () => (await import('node:fs')).readFileSync(mark, 'utf8');
		expect(await lines()).toBe('run\n');

		const [row] = await servers.owner.run(
			'SELECT envelope, signature, submitter_key FROM fleet.job WHERE id = $1',
			[honest],
		);
		const envelope = row?.['envelope'] as Buffer;
		const said = JSON.parse(envelope.toString()) as Record<string, unknown>;
		const stranger = openIdentity(join(temporaryFolder(), 'key'));
		const sealed = (change: object) => Buffer.from(JSON.stringify({ ...said, ...change }));
		const asStranger = (bytes: Buffer) => ({
			envelope: bytes,
			signature: Buffer.from(stranger.sign('job', bytes), 'base64'),
		});

		// The same envelope under another id; edited; signed by somebody else; by somebody else in another's name.
		const forged: [object, string][] = [
			[{}, 'another id'],
			[{ envelope: Buffer.from(envelope.toString().replace('echo run', 'echo bad')) }, 'signature'],
			[asStranger(envelope), 'signature'],
			[
				{ ...asStranger(envelope), submitter_key: Buffer.from(stranger.key, 'base64') },
				'names another machine',
			],
			[
				{
					...asStranger(
						sealed({
							submitter: stranger.key,
							need: { ...(said['need'] as object), signer: stranger.key },
						}),
					),
					submitter_key: Buffer.from(stranger.key, 'base64'),
				},
				'another id',
			],
			[{ restartable: true }, 'another id'],
		];
		for (const [set, sentence] of forged) {
			expect(await verdict(await copyJob(honest, { ...set })), sentence).toContain(sentence);
		}

		// The very same job again: it has begun here, and must not run twice, whatever fence and lease it comes with.
		await servers.owner.run('DELETE FROM fleet.job WHERE id <> $1', [honest]);
		await servers.owner.run(
			'UPDATE fleet.job SET state = 0, lease = NULL, node = NULL, fence = 40, report = NULL, ended_at = NULL WHERE id = $1',
			[honest],
		);
		expect(await verdict(honest)).toContain('has been begun here before');

		// An order that nobody signed who may.
		const long = await laptop.submit('--on', 'box', '--', 'sh', '-c', 'echo begun; sleep 600');
		await jobThat(laptop, long, (job) => job.state === 'running');
		const order = Buffer.from(
			JSON.stringify({ v: 1, fleet: said['fleet'], id: long, order: 'cancel' }),
		);
		const pause = Buffer.from(
			JSON.stringify({ v: 1, fleet: said['fleet'], id: long, order: 'pause' }),
		);
		await servers.owner.run(
			'UPDATE fleet.job SET pause_order = $2, pause_signature = $3, pause_key = $4, pause_wanted = true WHERE id = $1',
			[
				long,
				pause,
				Buffer.from(stranger.sign('order', pause), 'base64'),
				Buffer.from(stranger.key, 'base64'),
			],
		);
		await servers.owner.run(
			'UPDATE fleet.job SET stop = $2, stop_signature = $3, stop_key = $4 WHERE id = $1',
			[
				long,
				order,
				Buffer.from(stranger.sign('order', order), 'base64'),
				Buffer.from(stranger.key, 'base64'),
			],
		);
		const bert = await box.submit('--on', 'box', '--ttl', '4s', '--', 'true');
		await expect.poll(async () => (await box.job(bert)).state, { timeout: 60_000 }).toBe('expired');
		expect((await laptop.job(long)).state).toBe('running');
		await servers.owner.run('UPDATE fleet.job SET stop = NULL WHERE id = $1', [long]);
		expect((await laptop.run(['cancel', long])).code).toBe(0);
		expect((await jobThat(laptop, long, finished)).state).toBe('cancelled');

		// A success that nobody reported is none.
		const idle = await laptop.submit('--pool', 'nobody', '--', 'true');
		await jobThat(laptop, idle, (job) => job.state === 'queued');
		await expect.poll(() => laptop.why(idle), { timeout: 30_000 }).toMatch(/pool nobody/);
		await servers.owner.run(
			'UPDATE fleet.job SET state = 10, ended_at = now(), changed = pg_current_xact_id()::text::bigint WHERE id = $1',
			[idle],
		);
		const doubted = await jobThat(laptop, idle, finished);
		expect([doubted.state, doubted.error?.code]).toEqual(['failed', 'UNVERIFIED']);
		expect(await lines()).toBe('run\n');
		expect(existsSync(join(box.home, 'run', 'fleet'))).toBe(true);
	});
});
