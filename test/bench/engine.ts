/** The queue without socket and processes, as the daemon composes it, on a database of its own. */

import { join } from 'node:path';
import { createPayloadRoom } from '../../daemon/payloads/store.ts';
import { commandHandler } from '../../daemon/processes/commandHandler.ts';
import { createQueueParts } from '../../daemon/queue/assemble.ts';
import { type ClaimedRun, createDispatch, type Dispatch } from '../../daemon/queue/dispatch.ts';
import { prepareJobs } from '../../daemon/queue/intake/prepare.ts';
import type { QueueParts } from '../../daemon/queue/parts.ts';
import { systemClock } from '../../daemon/queue/ports/clock.ts';
import { UNCONDITIONAL } from '../../daemon/queue/ports/conditions.ts';
import { NO_WORKERS } from '../../daemon/queue/ports/workers.ts';
import type { Occupied } from '../../daemon/queue/rules/capacity.ts';
import { openDatabase } from '../../daemon/queue/store/database.ts';
import { createIdSource } from '../../daemon/queue/store/ids.ts';
import type { Sqlite } from '../../daemon/sqlite/open.ts';
import { type JobSpecInput, jobSpecSchema } from '../../shared/job.ts';
import { MIGRATIONS } from './daemon.ts';

export interface Engine {
	readonly db: Sqlite;
	readonly parts: QueueParts;
	readonly dispatch: Dispatch;
	enqueue(jobs: readonly JobSpecInput[]): Promise<string[]>;
	/** Claims what may start beside what is running. */
	claim(): Promise<ClaimedRun[]>;
	/** Ends a claimed run as its process would, well. */
	succeed(run: ClaimedRun): Promise<void>;
	/** How many may run at once from now on. */
	allow(concurrency: number): Promise<void>;
	/** Claims and completes until nothing is left; `began` hears the ids in the order of their claims. */
	drain(began: (id: string) => void): Promise<void>;
	close(): Promise<void>;
}

export function openEngine(
	folder: string,
	durability: 'full' | 'normal',
	concurrency: number,
): Engine {
	const db = openDatabase({
		file: join(folder, 'jobs.db'),
		migrations: MIGRATIONS,
		nativeFolder: undefined,
		damagedFolder: join(folder, 'damaged'),
		payloadFolder: join(folder, 'payloads'),
		damageMark: join(folder, 'damage'),
		durability,
		now: () => Date.now(),
		warn: (sentence) => console.error(sentence),
	});
	let running = 0;
	const occupied: Occupied = (_queue, of) => (of === 'functions' ? 0 : running);
	const payloads = createPayloadRoom({
		db,
		clock: systemClock,
		folder: join(folder, 'payloads'),
		thresholdBytes: 10_000,
		isLocked: () => false,
		quotaBytes: () => 2 ** 40,
		warn: (sentence) => console.error(sentence),
	}).store;
	const parts = createQueueParts({
		db,
		clock: systemClock,
		random: Math.random,
		newId: createIdSource(() => Date.now()),
		boot: 'boot',
		aloneAfterDeaths: 2,
		roomMB: () => undefined,
		cores: 2,
		liveLogBytes: () => undefined,
		occupied,
		workers: NO_WORKERS,
		hindrance: () => undefined,
		conditions: UNCONDITIONAL,
		payloads,
		hooks: () => [],
		canPauseRuns: () => true,
		freeReserve: () => false,
		damaged: (sentence) => {
			throw new Error(sentence);
		},
	});
	const dispatch = createDispatch(parts);
	const types = new Map([[commandHandler.type, commandHandler]]);
	const allow = async (atOnce: number) => {
		await parts.writer.submit((tx) => {
			for (const name of ['*', 'default']) parts.limits.update(tx, name, { concurrency: atOnce });
		});
	};
	void allow(concurrency);
	const engine: Engine = {
		db,
		parts,
		dispatch,
		async enqueue(jobs) {
			const specs = jobs.map((job) => jobSpecSchema.parse(job));
			const prepared = await prepareJobs(specs, types, payloads, () => false);
			const answers = await parts.writer.submit(
				(tx) => parts.enqueue(tx, prepared, { origin: 'bench' }),
				jobs.length,
			);
			return answers.map((answer) => answer.id);
		},
		async claim() {
			const claimed = await dispatch.claim(occupied);
			running += claimed.length;
			return claimed;
		},
		async succeed({ row }) {
			running--;
			const outcome = { kind: 'exit', exitCode: 0, signal: null } as const;
			await dispatch.finish({ id: row.id, run: row.run, outcome });
		},
		allow,
		async drain(began) {
			for (;;) {
				const claimed = await engine.claim();
				if (claimed.length === 0) return;
				for (const { row } of claimed) began(row.id);
				await Promise.all(claimed.map((run) => engine.succeed(run)));
			}
		},
		async close() {
			await parts.close();
			db.close();
		},
	};
	return engine;
}

/** Copies a ready row until `count` are ready, faster than any client could enqueue them. */
export function fillWithCopies(db: Sqlite, count: number): void {
	const columns = db
		.prepare<[], { name: string }>("SELECT name FROM pragma_table_info('jobs')")
		.all()
		.map(({ name }) => name)
		.filter((name) => name !== 'generation' && name !== 'id');
	const have =
		db.prepare<[], { n: number }>('SELECT count(*) AS n FROM jobs WHERE stage = 1').get()?.n ?? 0;
	db.exec(`WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ${count - have})
		INSERT INTO jobs (id, ${columns.join(', ')})
		SELECT lower(hex(randomblob(16))), ${columns.map((name) => `template.${name}`).join(', ')}
		FROM copies, (SELECT * FROM jobs WHERE stage = 1 LIMIT 1) AS template`);
}
