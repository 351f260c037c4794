/**
 * Payloads seen through system calls: what is on disk before what (docs/design.md section 5), and a SIGKILL
 * at every single call that touches a draft, its folder, the file, or the write-ahead log.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { type DataPaths, dataPaths } from '../../shared/paths.ts';
import { drafts, pathOfContent, payloadFiles, sha256 } from '../integration/payloads/support.ts';
import {
	enqueue,
	gone,
	shell,
	startDaemon,
	type TestDaemon,
	type TestDaemonOptions,
	temporaryFolder,
} from '../support/daemon.ts';
import { type Call, readTrace, straced, whyNoStrace } from '../support/strace.ts';
import { need } from './capabilities.ts';
import { audit } from './payloads/audit.ts';

const long = process.env['CHAOS'] === 'long';
const missing = whyNoStrace();

const LATER = Date.now() + 30 * 24 * 3_600_000;
const later = (payload: string) => shell('cat', { payload, runAt: LATER });

async function remove(client: DaemonConnection, id: string): Promise<void> {
	await client.request('job/cancel', { ids: [id] });
	await client.request('job/remove', { ids: [id] });
}

describe('system calls', () => {
	beforeEach((context) => need(context, missing === undefined, `tracing (${missing})`));

	test('content, name and folder are synced before the row, and the row is gone before the file', async () => {
		const home = temporaryFolder();
		const paths = dataPaths(home);
		const trace = join(temporaryFolder(), 'trace');
		const calls =
			'openat,write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,sendto,sendmsg';
		const daemon = await startDaemon({
			home,
			execPath: straced(['-y', '-s', '200', '-o', trace, '-e', `trace=${calls}`]),
		});
		const client = await daemon.connect();
		const payload = randomBytes(100_000).toString('hex');
		const [id = ''] = await enqueue(client, later(payload));
		await remove(client, id);
		await expect.poll(() => payloadFiles(paths.payloads), { timeout: 20_000 }).toEqual([]);
		await daemon.kill();

		const all = readTrace(trace);
		const file = pathOfContent(paths.payloads, payload);
		const wal = `${paths.database}-wal`;
		const draft = join(paths.payloads, 'drafts', '1');
		const first = (what: string, match: (call: Call) => boolean, after = -1): Call => {
			const found = all.find((call) => call.begin > after && match(call));
			if (found === undefined) throw new Error(`${what} is not in the trace.`);
			return found;
		};
		const on = (path: string) => (call: Call) => call.args.includes(`<${path}>`);
		const sync = (call: Call) => call.name === 'fsync' || call.name === 'fdatasync';
		const written = all.filter((call) => call.name === 'pwrite64' && on(draft)(call)).at(-1);
		const contentSync = first('the sync of the content', (call) => sync(call) && on(draft)(call));
		const rename = first(
			'the rename',
			(call) => /^rename/.test(call.name) && call.args.includes(file),
		);
		const folderSync = first(
			'the sync of the folder',
			(call) => sync(call) && on(dirname(file))(call),
			rename.end,
		);
		const row = first(
			'the row',
			(call) => call.name === 'pwrite64' && on(wal)(call),
			contentSync.begin,
		);
		const rowSync = first('the sync of the row', (call) => sync(call) && on(wal)(call), row.begin);
		const answer = first('the answer', (call) => call.args.includes(id), 0);
		const unlink = first(
			'the removal',
			(call) => /^unlink/.test(call.name) && call.args.includes(file),
		);
		const order = [written, contentSync, rename, folderSync, row, rowSync, answer];
		for (const [index, call] of order.entries()) {
			const next = order[index + 1];
			if (call === undefined || next === undefined) continue;
			expect(call.end, `${call.name}(${call.args} before ${next.name}`).toBeLessThan(next.begin);
		}
		// When the file goes, nothing that forgot it is still on its way to the disk.
		const before = all.filter((call) => on(wal)(call) && call.begin < unlink.begin).at(-1);
		expect(before?.name).toMatch(/sync/);
		expect(before?.begin).toBeGreaterThan(answer.end);
		expect(before?.end).toBeLessThan(unlink.begin);

		const shown = [...order, before, unlink].map((call) =>
			call === undefined
				? ''
				: `${String(call.begin).padStart(6)} ${call.name}(${short(call, paths)}`,
		);
		console.log(['The order of one payload:', ...shown].join('\n'));
	});

	test.each(['draft', 'folder', 'file', 'log'] as const)(
		'a SIGKILL at every call on the %s leaves everything whole',
		async (target) => {
			const home = temporaryFolder();
			const paths = dataPaths(home);
			const kept = new Map<string, string>();
			const old = randomBytes(20_000).toString('hex');
			const plain = await startDaemon({ home });
			const [keeper = '', leaver = ''] = await enqueue(
				await plain.connect(),
				later(old),
				later(randomBytes(20_000).toString('hex')),
			);
			kept.set(keeper, sha256(old));
			await plain.kill();
			let doomed = [leaver];

			/** One life of the daemon under strace; true when it lived to the end. */
			async function live(options: readonly string[]): Promise<boolean> {
				const payload = randomBytes(20_000).toString('hex');
				const file = pathOfContent(paths.payloads, payload);
				const path = {
					draft: join(paths.payloads, 'drafts', '1'),
					folder: dirname(file),
					file,
					log: `${paths.database}-wal`,
				}[target];
				const execPath = straced(['-P', path, ...options]);
				return await untilKilled({ home, execPath }, async (client) => {
					const [added = '', twin = ''] = await enqueue(client, later(payload), later(old));
					kept.set(added, sha256(payload));
					kept.set(twin, sha256(old));
					for (const id of doomed) await remove(client, id);
					// Gone by the collection that its removal causes.
					kept.delete(added);
					await remove(client, added);
					await expect
						.poll(() => payloadFiles(paths.payloads).length, { timeout: 20_000 })
						.toBe(new Set(kept.values()).size);
				});
			}

			const trace = join(temporaryFolder(), 'trace');
			expect(await live(['-o', trace])).toBe(true);
			doomed = [];
			const points = killPoints(readTrace(trace), long ? Number.POSITIVE_INFINITY : 5);
			let kills = 0;
			for (const { name, occurrence } of points) {
				const kill = `inject=${name}:signal=KILL:when=${occurrence}`;
				if (!(await live(['-o', '/dev/null', '-e', kill]))) kills++;
				const found = audit(paths, new Map());
				expect(found.problems, `${target}, ${name} ${occurrence}`).toEqual([]);
				for (const [id, digest] of kept) expect(found.payloads.get(id), id).toBe(digest);
				doomed = [...found.payloads.keys()].filter((id) => !kept.has(id));
			}
			expect(kills).toBeGreaterThan(points.length / 2);
			const daemon = await startDaemon({ home });
			const client = await daemon.connect();
			await client.request('job/cancel', { all: true });
			await client.request('job/remove', { all: true });
			await expect.poll(() => payloadFiles(paths.payloads), { timeout: 20_000 }).toEqual([]);
			expect(drafts(paths.payloads)).toEqual([]);
			console.log(
				`Calls on the ${target}: ${kills} SIGKILLs at ${points.length} points, nothing lost.`,
			);
		},
	);
});

/** Every call of a trace as "the nth of this name in its thread", `limit` of them at the most, spread evenly. */
function killPoints(calls: readonly Call[], limit: number) {
	const counts = new Map<string, number>();
	const points = new Map<string, { name: string; occurrence: number }>();
	for (const { name, thread } of calls) {
		const occurrence = (counts.get(`${thread} ${name}`) ?? 0) + 1;
		counts.set(`${thread} ${name}`, occurrence);
		points.set(`${name} ${occurrence}`, { name, occurrence });
	}
	const all = [...points.values()];
	const step = Math.max(1, all.length / limit);
	return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

/** False when the daemon was killed on the way, be it at its start. */
async function untilKilled(
	options: TestDaemonOptions,
	work: (client: DaemonConnection) => Promise<void>,
): Promise<boolean> {
	let daemon: TestDaemon | undefined;
	let killed = false;
	try {
		daemon = await startDaemon(options);
		const client = await daemon.connect();
		const closed = client.closed.then(() => {
			killed = true;
		});
		await Promise.race([work(client), closed]);
	} catch (error) {
		// What is asked of a dying daemon fails in ways of its own, and its sockets close before it is gone.
		if (daemon !== undefined) {
			await gone(daemon.state.pid).catch(() => {
				throw error;
			});
		}
		killed = true;
	}
	const survived = !killed;
	await daemon?.kill();
	return survived;
}

function short(call: Call, paths: DataPaths): string {
	return call.args.replaceAll(paths.home, '…').slice(0, 150);
}
