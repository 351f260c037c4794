/** What is wrong with a server, an address, a clock or a job, and the sentence that says so (the table of docs/fleet.md). */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initSchema } from '../../../daemon/fleet/schema.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { startDaemon, temporaryFolder } from '../../support/daemon.ts';
import { mountDisk } from '../../support/disks.ts';
import { finished, jobThat, joinMachine } from '../../support/fleet/machines.ts';
import {
	FLEET_SQL,
	type FleetServers,
	startFleetServers,
	whyNoServers,
} from '../../support/fleet/servers.ts';
import { createCli } from '../cli/cli.ts';

const why = whyNoServers();
let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('laptop', 'box', 'reader');
	await servers.owner.run("UPDATE fleet.config SET lease = '4 seconds'");
});
afterAll(() => servers?.stop());

const refusedJoin = async (address: string) => {
	const { code, stderr } = await createCli().run(['fleet', 'join', address, '--name', 'x']);
	expect(code).not.toBe(0);
	return stderr;
};

async function pair() {
	await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
	const laptop = await joinMachine(servers, 'laptop');
	const box = await joinMachine(servers, 'box');
	await laptop.accept(box.key);
	return { laptop, box };
}

describe.skipIf(why !== undefined)('a server that cannot be used', () => {
	test('a password that is another one', async () => {
		const { owner } = servers;
		await owner.run("CREATE ROLE locked LOGIN PASSWORD 'right'");
		const [file] = await owner.run("SELECT current_setting('hba_file') AS path");
		await owner.run(
			`COPY (VALUES ('host all locked all scram-sha-256'), ('local all all trust'), ('host all all all trust'))
			 TO '${file?.['path']}'`,
		);
		await owner.run('SELECT pg_reload_conf()');
		const address = servers.address('locked').replace('locked@', 'locked:wrong@');
		await expect
			.poll(() => refusedJoin(address), { timeout: 60_000 })
			.toContain('does not know the login locked, or its password is another one');
	});

	test('a pooler that knows no such login, or takes no more', async () => {
		expect(await refusedJoin(servers.address('stranger', 'bouncer'))).toContain(
			'cannot be reached',
		);
	});

	test('one that may only be read', async () => {
		await servers.owner.run('ALTER ROLE reader SET default_transaction_read_only = on');
		expect(await refusedJoin(servers.address('reader'))).toContain(
			'may only be read at the moment',
		);
	});

	test('one that is too old', async () => {
		const old = {
			run: async () => [{ version: 140_010 }],
			call: async () => undefined,
			cut() {},
			listen: async () => false,
			close: async () => {},
		};
		await expect(initSchema(old, FLEET_SQL)).rejects.toThrow('older than PostgreSQL 15');
	});

	test('a database without a shared queue', async () => {
		await servers.owner.run('CREATE DATABASE nothing');
		const address = servers.address('box').replace(/postgres$/, 'nothing');
		expect(await refusedJoin(address)).toMatch(/no shared queue in .*semantica fleet init/);
	});

	test('a queue of a newer version, and of an older one', async () => {
		const protocols = (most: number, least: number) =>
			servers.owner.run('UPDATE fleet.config SET protocol = $1, min_protocol = $2', [most, least]);
		await protocols(2, 2);
		expect(await refusedJoin(servers.address('box'))).toMatch(/2 is the oldest.*Update Semantica/);
		await protocols(0, 0);
		expect(await refusedJoin(servers.address('box'))).toMatch(
			/older version than this machine.*semantica fleet init/,
		);
		await protocols(1, 1);
	});

	test('one whose disk is full: nothing is lost, and what runs goes on', async () => {
		const { laptop, box } = await pair();
		await box.accept(laptop.key, { commands: true });
		const runs = await laptop.submit('--on', 'box', '--', 'sh', '-c', 'cat; echo over');
		expect((await jobThat(laptop, runs, finished)).state).toBe('succeeded');
		// As PostgreSQL says it.
		await servers.owner.run(`CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`);
		await servers.owner.run(
			'CREATE TRIGGER full_disk BEFORE INSERT ON fleet.job EXECUTE FUNCTION public.full_disk()',
		);
		const id = await laptop.submit('--on', 'box', '--', 'true');
		await expect
			.poll(() => laptop.why(id), { timeout: 60_000 })
			.toContain('The disk of the shared queue is full');
		await servers.owner.run('DROP TRIGGER full_disk ON fleet.job');
		expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
	});
});

describe.skipIf(why !== undefined)('a machine or a job that is wrong', () => {
	async function runsUntilGate(print = '') {
		const { laptop, box } = await pair();
		await box.accept(laptop.key, { commands: true });
		const gate = join(temporaryFolder(), 'gate');
		const line = `${print}\nwhile [ ! -e ${gate} ]; do sleep 0.1; done`;
		const id = await laptop.submit('--on', 'box', '--', 'sh', '-c', line);
		await jobThat(laptop, id, (job) => job.state === 'running');
		return { laptop, box, id, open: () => writeFileSync(gate, '') };
	}

	test('half a character and a NUL in what a job says of its progress: shown as U+FFFD', async () => {
		const said = String.raw`{"current":1,"unit":"\u0000","message":"half \ud83d"}`;
		const { laptop, id, open } = await runsUntilGate(`echo '::semantica progress ${said}'`);
		const progress = async () =>
			(await servers.owner.run("SELECT load->'progress'->$1 AS told FROM fleet.beat", [id]))
				.map(({ told }) => told)
				.find((told) => told !== null);
		await expect
			.poll(progress, { timeout: 60_000 })
			.toEqual({ current: 1, unit: '\ufffd', message: 'half \ufffd' });
		open();
		expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
	});

	test('a heartbeat that the server refuses keeps no report back', async () => {
		const { laptop, box, id, open } = await runsUntilGate();
		await servers.owner.run(`CREATE FUNCTION public.no_beat() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			RAISE EXCEPTION 'no' USING ERRCODE = '22P02'; END $$`);
		const [node] = await servers.owner.run("SELECT id FROM fleet.node WHERE name = 'box'");
		await servers.owner.run(
			`CREATE TRIGGER no_beat BEFORE UPDATE ON fleet.beat FOR EACH ROW
			 WHEN (NEW.node = '${node?.['id']}' AND NEW.epoch > 0) EXECUTE FUNCTION public.no_beat()`,
		);
		await expect
			.poll(async () => (await box.status()).unreachable?.message, { timeout: 60_000 })
			.toContain('does not take it');
		open();
		expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
		await servers.owner.run('DROP TRIGGER no_beat ON fleet.beat');
	});

	test('a clock that is an hour off is said, and nothing is decided by it', async () => {
		await servers.owner.run('TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job CASCADE');
		const node = join(temporaryFolder(), 'node');
		const skewed = new URL('../../support/fleet/skewedClock.mjs', import.meta.url);
		writeFileSync(
			node,
			`#!/bin/sh\nexec '${process.execPath}' --import '${skewed.href}?ms=3600000' "$@"\n`,
			{ mode: 0o755 },
		);
		const box = await startDaemon({ execPath: node });
		const asked = await box.connect();
		const address = servers.address('box', 'bouncer');
		const { key } = await asked.request('fleet/join', { address, name: 'box' });
		const laptop = await joinMachine(servers, 'laptop');
		await asked.request('fleet/accept', { key: laptop.key, commands: true });
		await laptop.accept(key);
		const warned = async () => (await asked.request('fleet/status', {})).warnings.join(' ');
		await expect.poll(warned, { timeout: 60_000 }).toMatch(/clock .* differs .* by 3[56]\d\d s/);
		const id = await laptop.submit('--on', 'box', '--', 'true');
		expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
	});

	test('an input of which a piece is missing or another one is not run', async () => {
		const { laptop, box } = await pair();
		const sent: string[] = [];
		for (const change of [
			'DELETE FROM fleet.chunk WHERE job = $1 AND n = 1',
			"UPDATE fleet.chunk SET data = 'other' WHERE job = $1 AND n = 0",
		]) {
			const { stdout } = await laptop.run(['run', '--payload', '-', '--on', 'box', '--', 'cat'], {
				input: 'x'.repeat(300_000),
			});
			const id = stdout.trim().slice(-36);
			const state = async () =>
				(await servers.owner.run('SELECT state FROM fleet.job WHERE id = $1', [id]))[0]?.['state'];
			await expect.poll(state, { timeout: 60_000 }).toBe(0);
			await servers.owner.run(change, [id]);
			sent.push(id);
		}
		await box.accept(laptop.key, { commands: true, atMost: 2 });
		for (const id of sent) {
			const { state, error } = await jobThat(laptop, id, finished);
			expect([state, error?.code, error?.message]).toEqual([
				'failed',
				'PAYLOAD_LOST',
				expect.stringContaining('is not the one that was signed'),
			]);
		}
	});

	test('what is too large is refused at once, and what the queue will not take holds up nothing', async () => {
		const { laptop, box } = await pair();
		await box.accept(laptop.key, { commands: true });
		const submission = (args: string[], secrets: string[] = []) => ({
			...{ on: 'box', secrets },
			spec: { type: 'command', command: { command: 'true', args } },
		});
		const secrets = Array.from({ length: 20 }, (_, n) => `S${n}${'x'.repeat(120)}`);
		for (const [jobs, sentence] of [
			[[submission(['\u0001'.repeat(80_000)])], 'at most 262144 bytes'],
			[[submission([], secrets)], 'too much for the shared queue'],
		] as const) {
			await expect(laptop.ask('fleet/submit', { jobs: [...jobs] })).rejects.toThrow(sentence);
		}
		await servers.owner.run(
			'ALTER TABLE fleet.job ADD CONSTRAINT small CHECK (length(title) < 20) NOT VALID',
		);
		const title = 'a title that it does not take';
		const refused = await laptop.submit('--title', title, '--on', 'box', '--', 'true');
		const taken = await laptop.submit('--on', 'box', '--', 'true');
		expect((await jobThat(laptop, taken, finished)).state).toBe('succeeded');
		expect((await jobThat(laptop, refused, finished)).error?.message).toContain('does not take it');
		await servers.owner.run('ALTER TABLE fleet.job DROP CONSTRAINT small');
	});

	test('text that PostgreSQL does not store: of a title it is shown as U+FFFD, a key is refused, and nothing else is held up', async () => {
		const { laptop, box } = await pair();
		await box.accept(laptop.key, { commands: true });
		const submit = async (fields: object) => {
			const spec = { type: 'command', command: { command: 'true' }, ...fields };
			return (await laptop.ask('fleet/submit', { jobs: [{ on: 'box', spec }] })).jobs[0]?.id ?? '';
		};
		await expect(submit({ key: 'a\0' })).rejects.toThrow('must not contain a NUL character');
		await servers.owner.run(`CREATE FUNCTION public.no_text() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			RAISE EXCEPTION 'unsupported Unicode escape sequence' USING ERRCODE = '22P05'; END $$`);
		await servers.owner.run(
			"CREATE TRIGGER no_text BEFORE INSERT ON fleet.job FOR EACH ROW WHEN (NEW.title = 'odd') EXECUTE FUNCTION public.no_text()",
		);
		const refused = await submit({ title: 'odd' });
		// The 200th unit is half of a character.
		const [nul, cut] = [
			await submit({ title: 'a\0b' }),
			await submit({ command: { command: `a${'😀'.repeat(179)}` } }),
		];
		expect((await jobThat(laptop, nul, finished)).state).toBe('succeeded');
		expect((await jobThat(laptop, cut, finished)).stopReason).toBe('spawn');
		expect((await laptop.job(nul)).title).toBe('a\ufffdb');
		expect((await jobThat(laptop, refused, finished)).error?.message).toContain('does not take it');
		await servers.owner.run('DROP TRIGGER no_text ON fleet.job');
	});

	test('labels of 10,000 characters: refused here, and cut where another machine says them', async () => {
		const label = 'l'.repeat(10_000);
		const joining = ['fleet', 'join', servers.address('box'), '--name', 'x', '--label', label];
		expect((await createCli().run(joining)).stderr).toContain('must be 1 to 64 characters');
		const { laptop } = await pair();
		await servers.owner.run(
			`INSERT INTO fleet.node (id, name, login, key, protocol) VALUES (gen_random_uuid(), 'evil', 'box', decode(repeat('00', 32), 'hex'), 1)`,
		);
		await servers.owner.run(
			`INSERT INTO fleet.beat (node, epoch, seen, load) SELECT id, 0, now(), jsonb_build_object('labels', jsonb_build_array($1::text)) FROM fleet.node WHERE name = 'evil'`,
			[label],
		);
		const evil = (await laptop.status()).machines.find(({ name }) => name === 'evil');
		expect(evil?.labels).toEqual(['l'.repeat(64)]);
	});

	test('an input for which the disk of a machine has no room: the job goes back, and runs later', async (context) => {
		const { laptop, box } = await pair();
		const scratch = dataPaths(box.home).fleetScratch;
		mkdirSync(scratch, { mode: 0o700 });
		const unmount = mountDisk(context, scratch, 'size=64k');
		await box.accept(laptop.key, { commands: true });
		const { stdout } = await laptop.run(['run', '--payload', '-', '--on', 'box', '--', 'cat'], {
			input: 'x'.repeat(100_000),
		});
		const id = stdout.trim().slice(-36);
		await expect
			.poll(async () => (await box.status()).warnings.join(' '), { timeout: 60_000 })
			.toContain('5 jobs of others in a row could not be started here');
		expect((await laptop.job(id)).state).toBe('queued');
		expect(readdirSync(scratch).filter((name) => name.endsWith('.input'))).toEqual([]);
		unmount();
		await box.ask('fleet/work', {});
		expect((await jobThat(laptop, id, finished)).state).toBe('succeeded');
	});

	test('a machine that can start nothing takes no more until a person has looked', async () => {
		const { laptop, box } = await pair();
		await box.accept(laptop.key, { commands: true });
		const ids: string[] = [];
		for (let n = 0; n < 6; n++)
			ids.push(await laptop.submit('--on', 'box', '--', '/nowhere/program'));
		for (const id of ids.slice(0, 5))
			expect((await jobThat(laptop, id, finished)).stopReason).toBe('spawn');
		await expect
			.poll(async () => (await box.run(['fleet', 'status'])).stderr, { timeout: 60_000 })
			.toContain('5 jobs of others in a row could not be started here');
		expect((await laptop.job(ids[5] ?? '')).state).toBe('queued');
		const takes = async () =>
			(await laptop.status()).machines.find(({ name }) => name === 'box')?.accepts;
		await expect.poll(takes, { timeout: 60_000 }).toBe(false);
		await box.ask('fleet/work', {});
		expect((await jobThat(laptop, ids[5] ?? '', finished)).stopReason).toBe('spawn');
	});
});
