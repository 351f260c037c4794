/**
 * Payloads through SIGKILLs at random moments: no row without its file, no file without a row after the
 * next start, nothing that was acknowledged lost or different. CHAOS=long for hundreds of kills.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ConnectionClosed } from '../../shared/client/connection.ts';
import { drafts, payloadFiles, sha256, THRESHOLD } from '../integration/payloads/support.ts';
import { startDaemon, temporaryFolder } from '../support/daemon.ts';
import { chooseSeed, createRandom } from '../support/random.ts';
import { audit, type Seen } from './payloads/audit.ts';
import { type LoadCounts, load, type Promises } from './payloads/load.ts';

const long = process.env['CHAOS'] === 'long';
const BUDGET_MS = long ? 900_000 : 15_000;
const KILLS = long ? 1000 : 40;

test('no kill loses a payload or leaves one behind', async () => {
	const seed = chooseSeed(process.env);
	const random = createRandom(seed);
	console.log(`payload chaos: seed ${seed}`);
	const folder = temporaryFolder();
	const contents = Array.from({ length: 24 }, (_, index) =>
		randomBytes(index % 6 === 0 ? 2000 : random.int(6000, 150_000)).toString('hex'),
	) as [string, ...string[]];
	const files = contents.map((content, index) => {
		const file = join(folder, String(index));
		writeFileSync(file, content);
		return file;
	});
	const promises: Promises = { kept: new Map(), leaving: new Map() };
	const counts: LoadCounts = { enqueued: 0, removed: 0, read: 0, ran: 0 };
	const seen: Seen = new Map();
	const daemon = await startDaemon();
	const end = Date.now() + BUDGET_MS;
	let kills = 0;
	let strangers = 0;

	function check(): void {
		const found = audit(daemon.paths, seen);
		expect(found.problems, `seed ${seed}, kill ${kills}`).toEqual([]);
		strangers += found.strangers.length;
		for (const [id, digest] of promises.kept) expect(found.payloads.get(id), id).toBe(digest);
		for (const [id, digest] of promises.leaving) {
			expect([digest, undefined], id).toContain(found.payloads.get(id));
		}
	}

	while (kills < KILLS && Date.now() < end) {
		const connection = await daemon.connect();
		// Counted in rounds, so that a slow machine does as much between two kills as a fast one.
		let rounds = random.int(0, 6);
		const moment = byHand();
		const round = () => {
			if (rounds-- === 0) moment.resolve();
		};
		round();
		const work = load({ connection, random, contents, files, promises, counts, round });
		const ended = work.catch((error: unknown) => {
			if (!(error instanceof ConnectionClosed)) throw error;
		});
		await Promise.race([ended, moment.promise]);
		await delay(random.int(0, 40));
		await daemon.kill();
		await ended;
		kills++;
		check();
		// Now and then the threshold moves as well, and the migration is killed too.
		if (random.chance(0.2)) {
			const payloadThresholdBytes = random.pick([1000, THRESHOLD, 100_000]);
			writeFileSync(daemon.paths.config, JSON.stringify({ payloadThresholdBytes }));
		}
		await daemon.restart();
		if (random.chance(0.2)) {
			await daemon.kill();
			kills++;
			check();
			await daemon.restart();
		}
	}

	// What the last kill left behind goes, and all that is kept can be read.
	const connection = await daemon.connect();
	const { checks } = await connection.request('system/diagnose', {});
	expect(checks.find(({ name }) => name === 'payloads')?.ok).toBe(true);
	for (const [id, digest] of promises.kept) {
		const { text } = await connection.request('job/payload', { id, maxBytes: 1024 * 1024 });
		expect(sha256(text), id).toBe(digest);
	}
	await connection.request('job/cancel', { all: true });
	const removeAll = async () => {
		await connection.request('job/remove', { all: true });
		return payloadFiles(daemon.paths.payloads);
	};
	await expect.poll(removeAll, { timeout: 30_000 }).toEqual([]);
	expect(drafts(daemon.paths.payloads)).toEqual([]);
	console.log(
		`payload chaos: ${kills} SIGKILLs; ${counts.enqueued} jobs enqueued, ${counts.removed} removed, ` +
			`${counts.read} read back, ${counts.ran} retried; ` +
			`${strangers} files without a row after a kill, all removed by the next start`,
	);
});

function byHand() {
	let resolve: () => void = () => {};
	const promise = new Promise<void>((done) => {
		resolve = done;
	});
	return { promise, resolve };
}
