/**
 * Rates of queues (docs/design.md section 3): a token bucket each, written with the claim, so that a restart brings no
 * burst. Of a clock that was set back nothing is refilled.
 */
import type { Rate } from '../../../shared/protocol/system.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { Tx } from './tx.ts';

export interface Rates {
	of(queue: string): Rate | null;
	/** Queues that have one. */
	names(): string[];
	/** Runs that may begin now; infinite without a rate. */
	tokens(queue: string): number;
	/** Epoch ms at which a run may begin, where none may now. */
	tokenAt(queue: string): number | undefined;
	/** A run begins: it takes a token where there is one. */
	take(queue: string): void;
	/** A new bucket is full; a changed one has no more tokens than before. `null`: none. */
	update(tx: Tx, queue: string, rate: Rate | null): void;
	/** When a token comes for which a job is ready. */
	nextTime(): number | undefined;
	/** The clock was set back behind some bucket. */
	noticed(): boolean;
	/** Such buckets go on from now. */
	mend(): void;
}

interface Bucket {
	readonly count: number;
	readonly per_ms: number;
	readonly level: number;
	readonly at: number;
}

export function createRates(db: Sqlite, now: () => number): Rates {
	const all = db.prepare<[], { queue: string }>('SELECT queue FROM queue_rates ORDER BY queue');
	const one = db.prepare<[string], Bucket>(
		'SELECT count, per_ms, level, at FROM queue_rates WHERE queue = ?',
	);
	const put = db.prepare(
		`INSERT INTO queue_rates (queue, count, per_ms, level, at, token_at) VALUES (?, ?, ?, ?, ?, ?)
		 ON CONFLICT (queue) DO UPDATE SET count = excluded.count, per_ms = excluded.per_ms,
		 level = excluded.level, at = excluded.at, token_at = excluded.token_at`,
	);
	const forget = db.prepare<[string]>('DELETE FROM queue_rates WHERE queue = ?');
	const coming = db.prepare<[number], { queue: string; token_at: number }>(
		'SELECT queue, token_at FROM queue_rates WHERE token_at > ? ORDER BY token_at',
	);
	const ready = db.prepare<[string], { found: 1 }>(
		'SELECT 1 AS found FROM jobs INDEXED BY jobs_ready WHERE queue = ? AND stage = 1 LIMIT 1',
	);
	const ahead = db.prepare<[number], Bucket & { queue: string }>(
		'SELECT queue, count, per_ms, level, at FROM queue_rates WHERE at > ?',
	);
	/** Others have none, so nothing is read of them; of these some may have been given in a commit that failed. */
	const names = new Set(all.all().map(({ queue }) => queue));

	function bucketOf(queue: string): Bucket | undefined {
		const bucket = names.has(queue) ? one.get(queue) : undefined;
		return bucket && filled(bucket, now());
	}

	function write(queue: string, bucket: Bucket): void {
		const { count, per_ms, level, at } = bucket;
		put.run(queue, count, per_ms, level, at, tokenTime(bucket));
	}

	return {
		of(queue) {
			const bucket = bucketOf(queue);
			return bucket === undefined ? null : { count: bucket.count, perMs: bucket.per_ms };
		},
		names: () => all.all().map(({ queue }) => queue),
		tokens(queue) {
			const bucket = bucketOf(queue);
			if (bucket === undefined) return Number.POSITIVE_INFINITY;
			return Math.floor(bucket.level / bucket.per_ms);
		},
		tokenAt(queue) {
			const bucket = bucketOf(queue);
			if (bucket === undefined || bucket.level >= bucket.per_ms) return undefined;
			return tokenTime(bucket);
		},
		take(queue) {
			const bucket = bucketOf(queue);
			if (bucket === undefined) return;
			write(queue, { ...bucket, level: Math.max(0, bucket.level - bucket.per_ms) });
		},
		update(tx, queue, rate) {
			tx.wake();
			if (rate === null) {
				forget.run(queue);
				return;
			}
			names.add(queue);
			const { count, perMs } = rate;
			const old = bucketOf(queue);
			if (old?.count === count && old.per_ms === perMs) return;
			const tokens = old === undefined ? count : Math.min(count, old.level / old.per_ms);
			write(queue, { count, per_ms: perMs, level: Math.floor(tokens * perMs), at: now() });
		},
		nextTime() {
			if (names.size === 0) return undefined;
			for (const { queue, token_at } of coming.iterate(now())) {
				if (ready.get(queue) !== undefined) return token_at;
			}
			return undefined;
		},
		noticed: () => names.size > 0 && ahead.get(now()) !== undefined,
		mend() {
			for (const { queue, ...bucket } of ahead.all(now())) write(queue, filled(bucket, now()));
		},
	};
}

/** As it is now; where it was written later than now, the clock was set back since. */
function filled(bucket: Bucket, now: number): Bucket {
	const { count, per_ms, level, at } = bucket;
	// No longer than it takes to fill it: whole numbers stay exact.
	const elapsed = Math.min(per_ms, Math.max(0, now - at));
	return { ...bucket, level: Math.min(count * per_ms, level + elapsed * count), at: now };
}

function tokenTime({ count, per_ms, level, at }: Bucket): number {
	return at + Math.max(0, Math.ceil((per_ms - level) / count));
}
