/** What a job lacks to have a place: a slot, a start by the rate, one in its group, room in memory. */
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { Explanation } from '../../../shared/protocol/jobs.ts';
import { describeRate } from '../../../shared/rate.ts';
import type { Occupied } from '../rules/capacity.ts';
import type { Room } from '../rules/room.ts';
import { STAGE } from '../store/codes.ts';
import type { Groups } from '../store/groups.ts';
import { EVERYTHING, type Limits } from '../store/limits.ts';
import type { Rates } from '../store/rates.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import type { WaitClasses } from '../store/waitClasses.ts';
import { describeDuration } from './explanationText.ts';

/** So many of those that have the places of a group are named. */
const NAMED_HOLDERS = 3;

export interface PlaceDependencies {
	readonly table: JobTable;
	readonly limits: Limits;
	readonly groups: Groups;
	readonly rates: Rates;
	readonly room: Room;
	readonly classes: WaitClasses;
	readonly now: () => number;
	/** Jobs of the queue that hold a slot now; without a name, of all queues. */
	readonly running: Occupied;
}

export function createPlaceReasons(dependencies: PlaceDependencies) {
	const { table, limits, groups, rates, room, classes, now, running } = dependencies;

	function capacity({ queue, type }: JobRow, since: number): Explanation['reasons'] {
		const found: Explanation['reasons'] = [];
		if (limits.of(EVERYTHING).paused) {
			found.push({ kind: 'paused', message: 'everything is paused', since });
		} else if (limits.of(queue).paused) {
			found.push({ kind: 'paused', message: `queue ${queue} is paused`, since });
		}
		const functions = isFunctionType(type);
		// Where nobody set how many, functions are bounded by their workers alone.
		if (functions && !limits.isSet(queue)) return found;
		const used = running(queue) + (limits.isSet(queue) ? running(queue, 'functions') : 0);
		const own = limits.of(queue).concurrency;
		const all = limits.of(EVERYTHING).concurrency;
		if (used >= own) {
			found.push({
				kind: 'limit',
				message: `queue ${queue} runs ${own} at a time and is full`,
				since,
			});
		} else if (!functions && running() >= all) {
			found.push({
				kind: 'limit',
				message: `Semantica runs ${all} jobs at a time and is full`,
				since,
			});
		}
		return found;
	}

	function rateOf(queue: string, since: number): Explanation['reasons'] {
		const until = rates.tokenAt(queue);
		const rate = rates.of(queue);
		if (until === undefined || rate === null) return [];
		const message = `the rate of queue ${queue}, ${describeRate(rate)}, is used up; the next may start in ${describeDuration(until - now())}`;
		return [{ kind: 'rate', message, since, until }];
	}

	function placeInGroup({ group_name: group }: JobRow, since: number): Explanation['reasons'] {
		if (group === '') return [];
		const { limit } = groups.limitOf(group);
		const taken = groups.taken(group);
		if (taken < limit) return [];
		const who = manyNamed(groups.holders(group, NAMED_HOLDERS), taken);
		const message = `waiting for a place in group ${group} (${taken} of ${limit} taken by ${who})`;
		return [{ kind: 'group', message, since }];
	}

	function roomFor(row: JobRow, since: number): Explanation['reasons'] {
		const need = classes.setOf(row.class)?.room;
		const state = need === undefined ? undefined : room.state();
		if (need === undefined || state === undefined || state.takenMB === 0) return [];
		const { takenMB, allowedMB, holders } = state;
		if (takenMB + need > allowedMB) {
			const message = `waits for room: ${gigabytes(takenMB)} of ${gigabytes(allowedMB)} GB taken by ${manyNamed(holders)}`;
			return [{ kind: 'room', message, since }];
		}
		const before = room.overdue().find((generation) => {
			const other = table.byGeneration(generation);
			if (other === undefined || other.stage !== STAGE.ready || generation === row.generation)
				return false;
			return (
				other.priority > row.priority ||
				(other.priority === row.priority && generation < row.generation)
			);
		});
		if (before === undefined) return [];
		const message = `waits for room: job ${table.idOf(before)} has waited for it for more than a minute, and comes first`;
		return [{ kind: 'room', message, since }];
	}

	return { capacity, rate: rateOf, group: placeInGroup, room: roomFor };
}

/** The first of so many. */
function manyNamed(names: readonly string[], all = names.length): string {
	const named = names.slice(0, NAMED_HOLDERS);
	const others = all - named.length;
	return [...named, ...(others > 0 ? [`${others} more`] : [])].join(', ');
}

const gigabytes = (mb: number): string => (mb / 1024).toFixed(1);
