/** A day that a data folder has behind it, for pictures: who takes them has no day to wait. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { RingRow } from '../../shared/protocol/stats.ts';

const STEP_MS = 300_000;

/** Spreads the jobs that have ended over the last hour, and tells of the day before it. */
export function giveAPast(home: string): void {
	const db = new Database(join(home, 'jobs.db'), { timeout: 10_000 });
	try {
		db.transaction(() => {
			spread(db);
			rememberDay(db);
		}).immediate();
	} finally {
		db.close();
	}
}

function spread(db: Database.Database): void {
	const ended = db
		.prepare<[], { generation: number }>(
			'SELECT generation FROM jobs WHERE finished_at IS NOT NULL ORDER BY generation',
		)
		.all();
	const job = db.prepare(
		'UPDATE jobs SET created_at = ?, run_at = ?, started_at = ?, finished_at = ? WHERE generation = ?',
	);
	const run = db.prepare('UPDATE runs SET started_at = ?, ended_at = ? WHERE job = ?');
	for (const [index, { generation }] of ended.entries()) {
		// More in the middle of the hour than at its ends.
		const part = index / ended.length;
		const at = Math.round(Date.now() - 3_500_000 * (1 - part - Math.sin(part * 2 * Math.PI) / 8));
		const ran = Math.round(900 * (1 + (generation % 7)) * (1 + wave(part * 4)));
		const waited = Math.round(150 + 2500 * wave(part * 3));
		job.run(at - ran - waited, at - ran - waited, at - ran, at, generation);
		run.run(at - ran, at, generation);
	}
}

function rememberDay(db: Database.Database): void {
	const put = db.prepare('INSERT OR REPLACE INTO ring (slot, at, told) VALUES (?, ?, ?)');
	const now = Date.now();
	for (let step = 280; step >= 1; step--) {
		const at = Math.floor(now / STEP_MS) * STEP_MS - step * STEP_MS + 60_000;
		const busy = wave(step / 9) * wave(step / 40 + 0.4);
		const row: RingRow = {
			...{ from: at - STEP_MS, at, ended: {}, waitMs: null, runMs: null, queues: {} },
			running: Math.round(2 + 6 * busy),
			waiting: {
				slot: Math.round(14 * busy),
				dependency: Math.round(4 * wave(step / 7)),
				delayed: 2,
				idle: step < 60 ? 1 : 0,
				paused: step < 8 ? 1 : 0,
				backoff: Math.round(2.4 * wave(step / 3) * busy),
			},
			cpuMs: Math.round(STEP_MS * (0.002 + 0.03 * busy)),
			rssBytes: Math.round(7.8e7 + 2.4e7 * busy + 1e7 * wave(step / 60)),
			...machineAt(step),
			databaseBytes: Math.round(2.6e6 - 3000 * step),
			walBytes: Math.round(4e5 * busy),
			payloadBytes: Math.round(1.9e6 - 5000 * step),
			logBytes: Math.round(1.1e6 - 2500 * step),
			indexBytes: 900_000,
		};
		put.run(Math.floor(at / STEP_MS) % 288, at, JSON.stringify(row));
	}
}

/** Each while a laptop is carried away from its desk, and for a time left alone. */
function machineAt(step: number): Pick<RingRow, 'onMains' | 'battery' | 'idle'> {
	const away = step % 40 > 6 && step % 40 <= 10;
	const battery = away
		? 0.6 + 0.09 * ((step % 40) - 6)
		: step % 40 <= 6
			? 0.96 - 0.06 * (step % 40)
			: 1;
	return { onMains: !away, battery, idle: step % 18 > 3 && step % 18 <= 6 };
}

/** 0 to 1. */
const wave = (turns: number): number => (1 + Math.sin(turns * 2 * Math.PI)) / 2;
