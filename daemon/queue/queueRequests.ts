/** What clients ask of queues and groups: the answers to `queue/*` and `group/*`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GroupInfo } from '../../shared/protocol/groups.ts';
import type { Counts } from '../../shared/protocol/jobs.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { QueueInfo } from '../../shared/protocol/system.ts';
import type { QueueParts } from './parts.ts';
import { EVERYTHING } from './store/limits.ts';

/** After so many a look at many lets others have a turn. */
const LOOKED_AT_ONCE = 100;

/** Waiting jobs of a group are counted no further. */
const MOST_COUNTED = 10_000;

export interface QueueRequests {
	counts(): Counts;
	/** Whether everything is paused. */
	paused(): boolean;
	queues(): Result<'queue/list'>;
	groups(params: Params<'group/list'>): Promise<Result<'group/list'>>;
	updateGroup(params: Params<'group/update'>): Promise<Result<'group/update'>>;
	updateQueue(params: Params<'queue/update'>): Promise<Result<'queue/update'>>;
}

export function createQueueRequests(parts: QueueParts): QueueRequests {
	const { writer, limits, rates, queueLimits, counters, occupied } = parts;

	function queueInfo(name: string): QueueInfo {
		const { concurrency, paused } = limits.of(name);
		const rate = rates.of(name);
		const counts = counters.queue(name);
		const running = occupied(name) + occupied(name, 'functions');
		const own = { concurrency, paused, rate, limits: queueLimits.of(name) };
		return { name, ...own, queued: counts.queued, running };
	}

	function groupInfo(name: string): GroupInfo {
		const running = parts.groups.taken(name);
		const queued = parts.groups.queued(name, MOST_COUNTED);
		return { name, ...parts.groups.limitOf(name), running, queued };
	}

	return {
		counts: () => counters.all(),
		paused: () => limits.of(EVERYTHING).paused,
		queues() {
			const names = new Set([
				'default',
				'index',
				...counters.queues(),
				...limits.names(),
				...rates.names(),
				...queueLimits.names(),
			]);
			return {
				global: {
					...limits.of(EVERYTHING),
					running: occupied() + occupied(undefined, 'functions'),
				},
				queues: [...names].sort().map(queueInfo),
			};
		},
		async groups({ after, limit }) {
			const names = parts.groups.names(after, limit + 1);
			const groups: GroupInfo[] = [];
			for (const name of names.slice(0, limit)) {
				groups.push(groupInfo(name));
				if (groups.length % LOOKED_AT_ONCE !== 0) continue;
				await nextTurn();
				await writer.settled();
			}
			return { groups, more: names.length > limit };
		},
		async updateGroup({ name, limit }) {
			await writer.submit((tx) => parts.groups.update(tx, name, limit));
			return groupInfo(name);
		},
		async updateQueue({ name, concurrency, paused, rate, limits: usual }) {
			const change = {
				...(concurrency === undefined ? {} : { concurrency }),
				...(paused === undefined ? {} : { paused }),
			};
			return writer.submit((tx) => {
				const updated = limits.update(tx, name, change);
				if (rate !== undefined) rates.update(tx, name, rate);
				if (usual !== undefined) queueLimits.update(name, usual);
				return { name, ...updated, rate: rates.of(name), limits: queueLimits.of(name) };
			});
		},
	};
}
