/**
 * What a wall clock that is set back does to waits (docs/design.md section 4): a backoff, a debounce, a longest wait
 * or a ttl that began in the future began before that, and begins anew. So none takes more than twice its length.
 */
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import { storedSpec } from '../store/storedSpec.ts';
import type { Tx } from '../store/tx.ts';

export interface SetBack {
	/** Some wait began later than now. */
	noticed(now: number): boolean;
	/** Lets a batch of them begin now; true when there may be more. */
	mend(tx: Tx): boolean;
}

const BATCH = 500;

export function createSetBack(db: Sqlite, table: JobTable): SetBack {
	const update = (assignment: string) =>
		db.prepare<[number, number]>(`UPDATE jobs SET ${assignment} WHERE generation = ?`);
	const setRunAt = update('run_at = ? + wait');
	const setWaiveAt = update('waive_at = ? + max_wait');
	const setExpiresAt = update('expires_at = ?');

	const waits = [
		{
			begun: `INDEXED BY jobs_wait_begun WHERE stage = 2 AND wait IS NOT NULL AND run_at - wait > ?`,
			beginAt: (now: number, { generation }: JobRow) => setRunAt.run(now, generation),
		},
		{
			begun: `INDEXED BY jobs_waive_begun WHERE waive_at IS NOT NULL AND stage = 1
				AND waive_at - max_wait > ?`,
			beginAt: (now: number, { generation }: JobRow) => setWaiveAt.run(now, generation),
		},
		{
			begun: `INDEXED BY jobs_ttl_begun WHERE expires_at IS NOT NULL AND run = 0 AND state = 0
				AND expires_at - json_extract(spec, '$.ttlMs') > ?`,
			beginAt(now: number, row: JobRow) {
				const { ttlMs, deadlineAt } = storedSpec(row);
				const end = Math.min(now + (ttlMs ?? 0), deadlineAt ?? Number.POSITIVE_INFINITY);
				setExpiresAt.run(end, row.generation);
			},
		},
	].map(({ begun, beginAt }) => ({
		begun,
		beginAt,
		some: db.prepare<[number], { generation: number }>(
			`SELECT generation FROM jobs ${begun} LIMIT ${BATCH}`,
		),
	}));

	const any = db
		.prepare<number[], number>(
			`SELECT ${waits.map(({ begun }) => `EXISTS (SELECT 1 FROM jobs ${begun})`).join(' OR ')}`,
		)
		.pluck();

	return {
		noticed: (now) => any.get(...waits.map(() => now)) === 1,
		mend(tx) {
			let more = false;
			for (const { some, beginAt } of waits) {
				const found = some.all(tx.now);
				more ||= found.length === BATCH;
				for (const { generation } of found) {
					const row = table.byGeneration(generation);
					if (row === undefined) continue;
					beginAt(tx.now, row);
					tx.changed(row.id);
				}
			}
			return more;
		},
	};
}
