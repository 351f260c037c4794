/** Inline against file for one size after the other: where the threshold belongs. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { compressInto } from '../../../daemon/payloads/codec.ts';
import { createPayloadRoom, inMemory } from '../../../daemon/payloads/store.ts';
import { commandHandler } from '../../../daemon/processes/commandHandler.ts';
import { createQueueParts } from '../../../daemon/queue/assemble.ts';
import { prepareJobs } from '../../../daemon/queue/intake/prepare.ts';
import { systemClock } from '../../../daemon/queue/ports/clock.ts';
import { UNCONDITIONAL } from '../../../daemon/queue/ports/conditions.ts';
import { NO_WORKERS } from '../../../daemon/queue/ports/workers.ts';
import { createJobRequests } from '../../../daemon/queue/requests.ts';
import { openDatabase } from '../../../daemon/queue/store/database.ts';
import { jobSpecSchema } from '../../../shared/job.ts';
import { createSource, MEGABYTE, vectors } from './contents.ts';
import { mb, percentile, sizeOf, table } from './daemon.ts';

const SIZES = [1000, 4000, 10_000, 32_000, 100_000, 320_000, 1_000_000];
const BYTES_PER_SIZE = 64_000_000;
const MAX_JOBS = 2000;
/** Jobs per request, as bulk work sends them. */
const BATCH = 20;

const makers = { vectors, source: createSource(), random: randomBytes };

/** How well each kind shrinks, and what that costs. */
export async function measureKinds(): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'semantica-bench-'));
	const rows: string[][] = [];
	for (const [kind, make] of Object.entries(makers)) {
		const contents = Array.from({ length: 40 }, () => make(MEGABYTE));
		const begin = process.cpuUsage();
		let stored = 0;
		for (const [index, content] of contents.entries()) {
			const handle = await open(join(folder, `${kind}.${index}`), 'wx');
			const written = await compressInto(handle, inMemory(content), () => {});
			stored += written.stored;
			await handle.close();
		}
		const { user, system } = process.cpuUsage(begin);
		const content = contents.length * MEGABYTE;
		rows.push([
			kind,
			`${(content / stored).toFixed(2)} ×`,
			`${((user + system) / 1000 / contents.length).toFixed(1)} ms`,
		]);
	}
	rmSync(folder, { recursive: true });
	table(
		'Compression of 1 MB (zstd level 1)',
		['kind', 'ratio', 'CPU, hash and write included'],
		rows,
	);
}

export async function measureThresholds(): Promise<void> {
	const rows: string[][] = [];
	for (const size of SIZES) {
		const count = Math.min(MAX_JOBS, Math.ceil(BYTES_PER_SIZE / size));
		const contents = Array.from({ length: count }, (_, index) =>
			(index % 2 === 0 ? vectors : makers.source)(size).toString('latin1'),
		);
		const inline = await measure(contents, size + 1);
		const file = await measure(contents, size);
		const pair = (of: (measured: Measured) => string) => `${of(inline)} / ${of(file)}`;
		rows.push([
			size.toLocaleString('en'),
			String(count),
			pair((m) => m.enqueuePerSecond.toFixed(0)),
			pair((m) => m.readMicros.toFixed(0)),
			pair((m) => mb(m.databaseBytes)),
			pair((m) => mb(m.databaseBytes + m.payloadBytes)),
			pair((m) => m.vacuumMs.toFixed(0)),
		]);
	}
	table(
		'Inline / file by payload size (vectors and source in turns; through the queue, fsynced)',
		['bytes', 'jobs', 'enqueue /s', 'read, µs each', 'jobs.db', 'disk in all', 'VACUUM ms'],
		rows,
	);
}

interface Measured {
	readonly enqueuePerSecond: number;
	readonly readMicros: number;
	readonly databaseBytes: number;
	readonly payloadBytes: number;
	readonly vacuumMs: number;
}

async function measure(contents: readonly string[], thresholdBytes: number): Promise<Measured> {
	const folder = mkdtempSync(join(tmpdir(), 'semantica-bench-'));
	const file = join(folder, 'jobs.db');
	const fail = (sentence: string) => {
		throw new Error(sentence);
	};
	const db = openDatabase({
		file,
		migrations: resolve('migrations'),
		nativeFolder: undefined,
		damagedFolder: join(folder, 'damaged'),
		payloadFolder: join(folder, 'payloads'),
		damageMark: join(folder, 'damage'),
		durability: 'full',
		now: Date.now,
		warn: fail,
	});
	try {
		const payloads = createPayloadRoom({
			db,
			clock: systemClock,
			folder: join(folder, 'payloads'),
			thresholdBytes,
			isLocked: () => false,
			quotaBytes: () => Number.POSITIVE_INFINITY,
			warn: fail,
		}).store;
		const parts = createQueueParts({
			db,
			clock: systemClock,
			random: Math.random,
			newId: uuidv7,
			boot: 'boot',
			aloneAfterDeaths: 2,
			roomMB: () => undefined,
			cores: 2,
			liveLogBytes: () => undefined,
			occupied: () => 0,
			workers: NO_WORKERS,
			hindrance: () => undefined,
			damaged: fail,
			payloads,
			hooks: () => [],
			canPauseRuns: () => true,
			freeReserve: () => false,
			conditions: UNCONDITIONAL,
		});
		const requests = createJobRequests(parts);
		const types = new Map([[commandHandler.type, commandHandler]]);
		const begin = performance.now();
		const pending: Promise<unknown>[] = [];
		for (let at = 0; at < contents.length; at += BATCH) {
			const specs = contents
				.slice(at, at + BATCH)
				.map((payload) =>
					jobSpecSchema.parse({ type: 'command', command: { command: 'cat' }, payload }),
				);
			const prepared = await prepareJobs(specs, types, payloads, () => false);
			pending.push(requests.enqueue(prepared, { origin: 'bench' }));
		}
		await Promise.all(pending);
		const enqueued = performance.now();
		for (let job = 1; job <= contents.length; job++) {
			await (await payloads.source(job).layOut()).remove();
		}
		const read = performance.now();
		await parts.close();
		db.pragma('wal_checkpoint(TRUNCATE)');
		const databaseBytes = sizeOf(file);
		const vacuums = Array.from({ length: 3 }, () => {
			const start = performance.now();
			db.exec('VACUUM');
			db.pragma('wal_checkpoint(TRUNCATE)');
			return performance.now() - start;
		});
		return {
			databaseBytes,
			enqueuePerSecond: (contents.length / (enqueued - begin)) * 1000,
			readMicros: ((read - enqueued) / contents.length) * 1000,
			payloadBytes: sizeOf(join(folder, 'payloads')),
			vacuumMs: percentile(vacuums, 0.5),
		};
	} finally {
		db.close();
		rmSync(folder, { recursive: true, force: true });
	}
}
