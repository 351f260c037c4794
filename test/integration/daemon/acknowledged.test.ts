/**
 * Acknowledged means fsynced (docs/design.md section 4), seen through system calls: no byte of an answer leaves
 * before what it tells of is synced, and a disk cut back to any sync holds all that was answered by then.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { STATE } from '../../../daemon/queue/store/codes.ts';
import { openDatabase } from '../../../daemon/queue/store/database.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { need } from '../../chaos/capabilities.ts';
import { gone, shell, startDaemon, temporaryFolder } from '../../support/daemon.ts';
import { parentOf } from '../../support/processes.ts';
import { MIGRATIONS } from '../../support/queue.ts';
import { chooseSeed, createRandom, type Random } from '../../support/random.ts';
import { type Call, hexBytes, readTrace, straced, whyNoStrace } from '../../support/strace.ts';
import { type Cut, TracedFile } from '../../support/tracedFile.ts';
import { openSession, type WireClient } from './wire.ts';

const missing = whyNoStrace();
const LATER = Date.now() + 30 * 24 * 3_600_000;
const CALLS = 'pwrite64,ftruncate,fsync,fdatasync,write,writev,sendmsg,sendto';
const ROUNDS = 12;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const CUTS: readonly Cut[] = ['dropped', 'zeroed', 'torn'];

/** What an answer promised. */
interface Promised {
	readonly kept: readonly string[];
	readonly cancelled: readonly string[];
	readonly superseded: readonly string[];
}

interface Traced {
	readonly calls: readonly Call[];
	readonly database: string;
	/** jobs.db as it was before the first traced call. */
	readonly before: Buffer;
	/** By the id of the request. */
	readonly promises: ReadonlyMap<string, Promised>;
}

interface Enqueued {
	readonly jobs: readonly { readonly id: string; readonly superseded: readonly string[] }[];
}

/** Singles that follow each other closely, bulk, supersede, cancel, and jobs that really run, all under strace. */
async function traceMixedLoad(): Promise<Traced> {
	const home = temporaryFolder();
	const { database } = dataPaths(home);
	const plain = await startDaemon({ home });
	const { pid } = plain.state;
	process.kill(pid, 'SIGTERM');
	await gone(pid);
	const before = readFileSync(database);

	const trace = join(temporaryFolder(), 'trace');
	const daemon = await startDaemon({
		home,
		execPath: straced([
			...['--seccomp-bpf', '-xx', '-y', '-s', '131072', '-o', trace, '-e', `trace=${CALLS}`],
		]),
	});
	const tracer = parentOf(daemon.state.pid);
	const clients = await Promise.all([openSession(daemon), openSession(daemon)]);
	const promises = new Map<string, Promised>();
	let asked = 0;

	async function ask<T>(client: WireClient, method: string, params: object): Promise<[string, T]> {
		const id = `request-${++asked}.`;
		client.send({ id, method, params });
		const { result, error } = await client.next((message) => message.id === id);
		if (error !== undefined) throw new Error(`${method}: ${error.message}`);
		return [id, result as T];
	}
	async function enqueue(client: WireClient, ...jobs: JobSpecInput[]): Promise<string[]> {
		const [id, answer] = await ask<Enqueued>(client, 'job/enqueue', { jobs });
		const kept = answer.jobs.map((job) => job.id);
		const superseded = answer.jobs.flatMap((job) => job.superseded);
		promises.set(id, { kept, cancelled: [], superseded });
		return kept;
	}
	async function cancel(client: WireClient, ids: readonly string[]): Promise<void> {
		const [id] = await ask(client, 'job/cancel', { ids });
		promises.set(id, { kept: [], cancelled: ids, superseded: [] });
	}

	const later = (more: Partial<JobSpecInput> = {}) => shell('true', { runAt: LATER, ...more });
	for (let round = 0; round < ROUNDS; round++) {
		const work = clients.flatMap((client, c) => [
			...Array.from({ length: 8 }, (_, i) => enqueue(client, later({ key: `${round} ${c} ${i}` }))),
			enqueue(client, ...Array.from({ length: 60 }, (_, i) => later({ subject: `${i % 40}` }))),
			enqueue(client, later({ payload: 'p'.repeat(9000) }), shell('true')),
		]);
		const mine = await work[0];
		const doomed = await Promise.all(work.slice(0, 4));
		await cancel(clients[round % 2] as WireClient, [...(mine ?? []), ...doomed.flat()]);
		await Promise.all(work);
		for (let lone = 0; lone < 6; lone++) await enqueue(clients[lone % 2] as WireClient, later());
	}
	await daemon.kill();
	await gone(tracer);
	return { calls: readTrace(trace), database, before, promises };
}

/** Which requests a call begins to answer: the calls that give the first byte of an answer to the kernel. */
function answersIn({ calls, promises }: Traced): Map<Call, Promised[]> {
	const answers = new Map<Call, Promised[]>();
	const begun = new Set<string>();
	for (const call of calls) {
		if (!/^(write|writev|sendmsg|sendto)$/.test(call.name)) continue;
		const said = hexBytes(call.args).toString('latin1');
		for (const [, id = ''] of said.matchAll(/"id":"(request-\d+\.)"/g)) {
			const promise = promises.get(id);
			if (promise === undefined || begun.has(id)) continue;
			begun.add(id);
			answers.set(call, [...(answers.get(call) ?? []), promise]);
		}
	}
	expect(begun.size).toBe(promises.size);
	return answers;
}

function countJobs(promises: Traced['promises']): number {
	return [...promises.values()].reduce((sum, { kept }) => sum + kept.length, 0);
}

/** Opens what is left of the files with the real store, and finds every promise kept. */
function expectWhole(
	cut: Cut,
	files: readonly TracedFile[],
	promised: readonly Promised[],
	random: Random,
): void {
	const folder = temporaryFolder();
	for (const file of files)
		writeFileSync(join(folder, basename(file.path)), file.image(cut, random));
	const db = openDatabase({
		file: join(folder, 'jobs.db'),
		migrations: MIGRATIONS,
		nativeFolder: undefined,
		damageMark: join(folder, 'database-damaged'),
		damagedFolder: join(folder, 'damaged'),
		payloadFolder: join(folder, 'payloads'),
		durability: 'normal',
		now: () => 0,
		warn: (sentence) => {
			throw new Error(sentence);
		},
	});
	try {
		expect(db.pragma('quick_check', { simple: true })).toBe('ok');
		const rows = db
			.prepare<[], { id: string; state: number; generation: number }>(
				'SELECT id, state, generation FROM jobs ORDER BY generation',
			)
			.all();
		const states = new Map(rows.map(({ id, state }) => [id, state]));
		for (const { kept, cancelled, superseded } of promised) {
			expect(kept.filter((id) => !states.has(id))).toEqual([]);
			expect(cancelled.filter((id) => states.get(id) !== STATE.cancelled)).toEqual([]);
			expect(superseded.filter((id) => states.get(id) !== STATE.superseded)).toEqual([]);
		}
		expect(rows.map(({ generation }) => generation)).toEqual(rows.map((_, index) => index + 1));
	} finally {
		db.close();
		rmSync(folder, { recursive: true });
	}
}

/** The same trace serves both tests, whichever runs first. */
let traced: Promise<Traced> | undefined;

describe('what was answered', () => {
	beforeEach((context) => need(context, missing === undefined, `tracing (${missing})`));

	test('was on disk before the first byte of the answer left', async () => {
		traced ??= traceMixedLoad();
		const { calls, database, before, promises } = await traced;
		const answers = answersIn(await traced);
		const log = new TracedFile(`${database}-wal`, Buffer.alloc(0));
		const main = new TracedFile(database, before);
		/** Ids of jobs that the log has held, synced or not. */
		const logged = new Set<string>();
		let last: Call | undefined;
		for (const call of calls) {
			const begun = answers.get(call) ?? [];
			if (begun.length > 0) {
				expect(
					log.isSynced,
					`an answer that left before its sync: ${call.args.slice(0, 500)}`,
				).toBe(true);
				expect(last?.name).toMatch(/^f(data)?sync$/);
				expect(last?.end).toBeLessThan(call.begin);
				for (const id of begun.flatMap(({ kept }) => kept)) expect(logged.has(id), id).toBe(true);
			}
			if (!log.apply(call)) {
				main.apply(call);
				continue;
			}
			last = call;
			if (call.name !== 'pwrite64') continue;
			const page = hexBytes(call.args).toString('latin1');
			for (const [id] of page.matchAll(UUID)) logged.add(id);
		}
		console.log(
			`${promises.size} answers about ${countJobs(promises)} jobs: each after its sync; ` +
				`${log.syncs} syncs of the log, ${log.writes} writes to it, ${main.syncs} of the database`,
		);
		// Also where the log was brought into the database meanwhile.
		expect(main.writes).toBeGreaterThan(0);
	});

	test('is there when all that was not synced is lost', async () => {
		traced ??= traceMixedLoad();
		const { calls, database, before, promises } = await traced;
		const seed = chooseSeed(process.env);
		const random = createRandom(seed);
		const answers = answersIn(await traced);
		const log = new TracedFile(`${database}-wal`, Buffer.alloc(0));
		const main = new TracedFile(database, before);
		const answered: Promised[] = [];
		const reopened: Record<Cut, number> = { dropped: 0, zeroed: 0, torn: 0 };
		for (const call of calls) {
			answered.push(...(answers.get(call) ?? []));
			const isSync = call.name === 'fsync' || call.name === 'fdatasync';
			const files = [log, main].filter((file) => !file.isSynced);
			// Just before a sync: everything since the one before it is lost, or half there.
			if (isSync && files.length > 0) {
				for (const cut of CUTS) {
					expectWhole(cut, [main, log], answered, random);
					reopened[cut]++;
				}
			}
			if (!log.apply(call)) main.apply(call);
		}
		expect(answered).toHaveLength(promises.size);
		console.log(`SEMANTICA_SEED=${seed}; copies reopened: ${JSON.stringify(reopened)}`);
		expect(reopened.dropped).toBeGreaterThan(100);
	});
});
