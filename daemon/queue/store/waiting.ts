/**
 * How many jobs wait, and where: per queue, by stage, wait class and whether it is for another attempt. Kept from
 * what each commit did, never counted again: a claim tells of its moves, a trigger of every other, whoever makes it.
 */
import type { WaitReason } from '../../../shared/waiting.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { STAGE, STATE } from './codes.ts';
import type { WaitMove } from './tx.ts';

/** A place is stage + 16 × (it was tried before) + 32 × wait class. */
const AGAIN = 16;
const CLASS = 32;
export const NOT_WAITING = -1;

/** @param again It was tried before. */
export const placeOf = (stage: number, waitClass: number, again = false): number =>
	stage + (again ? AGAIN : 0) + CLASS * waitClass;

const placeIn = (row: string) =>
	`CASE ${row}state WHEN 0 THEN ${row}stage + ${AGAIN} * (${row}attempt > 0) + ${CLASS} * ${row}class ELSE ${NOT_WAITING} END`;

/** For a query over jobs. */
export const PLACE = placeIn('');

/** What a job waits for, as metrics name it. Who adds a stage says here what its jobs wait for. */
export const REASON_OF_STAGE = {
	ready: 'slot',
	delayed: 'delayed',
	subject: 'subject',
	held: 'held',
	event: 'event',
	dependency: 'dependency',
	stopping: 'other',
	active: 'other',
	ended: 'other',
} as const satisfies Record<keyof typeof STAGE, WaitReason>;

const REASONS = new Map<number, WaitReason>(
	(Object.keys(STAGE) as (keyof typeof STAGE)[]).map((name) => [
		STAGE[name],
		REASON_OF_STAGE[name],
	]),
);

export interface WaitCounts {
	/** `group` '' is none. */
	add(queue: string, group: string, place: number, n: number): void;
	apply(moves: readonly WaitMove[]): void;
	/** Wait classes are told of those that are ready; the others have none to speak of. */
	each(
		queue: string,
		tell: (reason: WaitReason, waitClass: number | undefined, count: number) => void,
	): void;
	/** Ready jobs of these groups in the queue. */
	ready(queue: string, groups: readonly string[]): number;
}

export function createWaitCounts(): WaitCounts {
	const byQueue = new Map<string, Map<number, number>>();
	/** Those of groups that are ready, by queue and group. */
	const grouped = new Map<string, Map<string, number>>();

	function add(queue: string, group: string, place: number, n: number): void {
		if (place === NOT_WAITING) return;
		count(byQueue, queue, place, n);
		if (group !== '' && place % AGAIN === STAGE.ready) count(grouped, queue, group, n);
	}

	return {
		add,
		apply(moves) {
			for (let i = 0; i < moves.length; ) {
				const move = moves[i] as WaitMove;
				// Many of one request do the same.
				let n = 1;
				while (isSame(move, moves[i + n])) n++;
				add(move.queue, move.group, move.from, -n);
				add(move.queue, move.group, move.to, n);
				i += n;
			}
		},
		ready(queue, groups) {
			const ofQueue = grouped.get(queue);
			if (ofQueue === undefined) return 0;
			return groups.reduce((sum, group) => sum + (ofQueue.get(group) ?? 0), 0);
		},
		each(queue, tell) {
			const places = byQueue.get(queue);
			if (places === undefined) return;
			for (const [place, n] of places) {
				const stage = place % AGAIN;
				const ready = stage === STAGE.ready;
				const again = stage === STAGE.delayed && Math.floor(place / AGAIN) % 2 === 1;
				const reason = again ? 'backoff' : (REASONS.get(stage) ?? 'other');
				tell(reason, ready ? Math.floor(place / CLASS) : undefined, n);
			}
		},
	};
}

function isSame(a: WaitMove, b: WaitMove | undefined): boolean {
	return (
		b !== undefined &&
		a.from === b.from &&
		a.to === b.to &&
		a.queue === b.queue &&
		a.group === b.group
	);
}

/** What nobody is in is not kept. */
function count<K>(all: Map<string, Map<K, number>>, queue: string, key: K, n: number): void {
	let counts = all.get(queue);
	if (counts === undefined) {
		counts = new Map();
		all.set(queue, counts);
	}
	const left = (counts.get(key) ?? 0) + n;
	if (left !== 0) counts.set(key, left);
	else counts.delete(key);
	if (counts.size === 0) all.delete(queue);
}

/** Only this connection has it: a trigger in the file would ask other programs for a function they lack. */
export function tellWaitMoves(db: Sqlite, told: (move: WaitMove) => void): void {
	db.function(
		'semantica_waits',
		{ deterministic: false },
		(queue: string, group: string, from: number, to: number) => {
			if (from !== to) told({ queue, group, from, to });
			return null;
		},
	);
	// A claim tells of its moves itself: it knows the place, and a call costs it more than all other counting.
	// Where it is also another queue or group it leaves one and comes to the other.
	db.exec(
		`CREATE TEMP TRIGGER jobs_wait AFTER UPDATE OF state, stage, class, attempt ON main.jobs
		 WHEN (NEW.state = 0 OR OLD.state = 0 AND NEW.state <> ${STATE.running}) AND OLD.queue = NEW.queue AND OLD.group_name = NEW.group_name
		 BEGIN
		   SELECT semantica_waits(NEW.queue, NEW.group_name, ${placeIn('OLD.')}, ${placeIn('NEW.')});
		 END;
		 CREATE TEMP TRIGGER jobs_wait_elsewhere AFTER UPDATE OF queue, group_name ON main.jobs
		 WHEN OLD.queue <> NEW.queue OR OLD.group_name <> NEW.group_name
		 BEGIN
		   SELECT semantica_waits(OLD.queue, OLD.group_name, ${placeIn('OLD.')}, ${NOT_WAITING});
		   SELECT semantica_waits(NEW.queue, NEW.group_name, ${NOT_WAITING}, ${placeIn('NEW.')});
		 END`,
	);
}
