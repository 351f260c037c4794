/** What a job usually takes: how long the same command took before, in the same folder. */
import { createHash } from 'node:crypto';
import type { Sqlite } from '../../sqlite/open.ts';
import type { Clock } from '../ports/clock.ts';
import { STATE } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import { storedSpec } from '../store/storedSpec.ts';

/** So many of the last ends are read at once, at the most. */
const LOOKED_AT = 1000;
/** The median of so many of the same. */
const COMPARED = 9;
/** So many different ones are remembered, those that ended last. */
const REMEMBERED = 1000;
/** New ends are looked for at most this often, however many ask. */
const EVERY_MS = 1000;

interface Ended {
	readonly at: number;
	readonly generation: number;
	readonly type: string;
	readonly title: string;
	readonly workspace: string;
	readonly spec: string;
	readonly ms: number;
	/** 1: how long it took says how long the next will take. */
	readonly counts: number;
}

// Retries and what stood in between are not the time that it takes. Commands of many kilobytes are not compared.
const SINCE = `SELECT finished_at AS at, generation, type, title, workspace,
		finished_at - started_at AS ms, iif(length(spec) < 10000, spec, '{}') AS spec,
		(state = ${STATE.succeeded} AND run = 1 AND unchanged_since IS NULL AND finished_at >= started_at
			AND length(spec) < 10000) AS counts
	FROM jobs INDEXED BY jobs_finished
	WHERE finished_at IS NOT NULL AND (finished_at, generation) > (?, ?)
	ORDER BY finished_at DESC, generation DESC LIMIT ${LOOKED_AT}`;

/** Nothing where it has not succeeded lately. */
export type UsualTime = (row: Pick<JobRow, 'type' | 'title' | 'workspace' | 'spec'>) => {
	readonly usualMs?: number;
};

/** Each end is read once, when somebody asks; who asks for many jobs pays no more than for one. */
export function createUsualTime(db: Sqlite, clock: Pick<Clock, 'monotonic'>): UsualTime {
	const since = db.prepare<[number, number], Ended>(SINCE);
	const times = new Map<string, number[]>();
	let [at, generation] = [0, 0];
	let lookedAt = Number.NEGATIVE_INFINITY;

	function look(): void {
		if (clock.monotonic() - lookedAt < EVERY_MS) return;
		lookedAt = clock.monotonic();
		const ended = since.all(at, generation).reverse();
		for (const one of ended) if (one.counts === 1) remember(workOf(one), one.ms);
		const last = ended.at(-1);
		if (last !== undefined) [at, generation] = [last.at, last.generation];
	}

	function remember(work: string, ms: number): void {
		const before = times.get(work) ?? [];
		// The one that ended last is the last.
		times.delete(work);
		times.set(work, [...before, ms].slice(-COMPARED));
		const [oldest] = times.keys();
		if (times.size > REMEMBERED && oldest !== undefined) times.delete(oldest);
	}

	return (row) => {
		look();
		const usualMs = median(times.get(workOf(row)) ?? []);
		return usualMs === undefined ? {} : { usualMs };
	};
}

/** What it does, by itself and not by its surroundings. */
function workOf(row: Parameters<UsualTime>[0]): string {
	const { command } = storedSpec(row);
	const does = command && [command.command, command.args, command.cwd, command.shell];
	const work = JSON.stringify([row.type, row.title, row.workspace, does]);
	return createHash('sha1').update(work).digest('base64');
}

function median(times: readonly number[]): number | undefined {
	const sorted = [...times].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const upper = sorted[middle];
	if (upper === undefined) return undefined;
	const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
	return Math.round((lower + upper) / 2);
}
