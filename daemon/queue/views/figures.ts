/** Numbers of the queues for whoever measures: read from what is counted anyway, and from heads of indexes. */
import type { Counts } from '../../../shared/protocol/jobs.ts';
import type { QueueInfo } from '../../../shared/protocol/system.ts';
import type { WaitReason } from '../../../shared/waiting.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { Conditions } from '../ports/conditions.ts';
import type { Workers } from '../ports/workers.ts';
import type { Occupied } from '../rules/capacity.ts';
import type { Claims } from '../rules/claims.ts';
import type { Room } from '../rules/room.ts';
import type { Counters } from '../store/counters.ts';
import type { Groups } from '../store/groups.ts';
import type { Lasting } from '../store/lasting.ts';
import { EVERYTHING, type Limits } from '../store/limits.ts';
import type { QueueLimits } from '../store/queueLimits.ts';
import type { Rates } from '../store/rates.ts';
import type { WaitClasses } from '../store/waitClasses.ts';

export interface Figures {
	/** Every queue that has jobs or limits of its own. */
	queues(): Iterable<string>;
	/** In the order of JOB_STATES; where a queue has no jobs, nothing. Not to be kept. */
	states(queue: string): readonly number[];
	counts(): Counts;
	/** Limits and jobs of one queue, and of everything. */
	queue(name: string): QueueInfo;
	global(): { readonly concurrency: number; readonly paused: boolean; readonly running: number };
	/** Tells of queued jobs what they wait for; a queue with its reason may come several times. */
	waiting(tell: (queue: string, reason: WaitReason, count: number) => void): void;
	limit(queue: string): { readonly concurrency: number; readonly paused: boolean };
	/** Epoch ms since which the first job of the queue is due that only a slot keeps from starting. */
	oldestReady(queue: string): number | undefined;
	/** Epoch ms at which each run began that goes on. */
	runs(): Iterable<{ readonly queue: string; readonly at: number }>;
	lasting(): ReadonlyMap<string, number>;
	/** Of runs that are over. */
	logBytes(): number;
}

export interface FiguresDependencies {
	readonly db: Sqlite;
	readonly claims: Claims;
	readonly counters: Counters;
	readonly limits: Limits;
	readonly groups: Groups;
	readonly rates: Rates;
	readonly room: Pick<Room, 'state' | 'left'>;
	readonly queueLimits: Pick<QueueLimits, 'of'>;
	readonly classes: WaitClasses;
	readonly conditions: Conditions;
	readonly lasting: Lasting;
	/** Slots taken now, in all or of one queue. */
	readonly workers: Workers;
	readonly occupied: Occupied;
}

/** Jobs with conditions wait for them first, and only then for a slot. */
const REASON_OF_UNMET = {
	power: 'power',
	battery: 'power',
	idle: 'idle',
	memory: 'memory',
	disk: 'disk',
	network: 'network',
} as const;

export function createFigures(dependencies: FiguresDependencies): Figures {
	const { db, claims, counters, limits, groups, rates, room, classes, conditions, lasting } =
		dependencies;
	const { occupied, workers } = dependencies;
	const running = db.prepare<[], { name: string }>(
		`SELECT group_name AS name FROM jobs INDEXED BY jobs_active
		 WHERE stage = 5 AND state = 1 AND phase = 0 AND group_name <> ''`,
	);
	const runs = db.prepare<[], { queue: string; at: number }>(
		`SELECT jobs.queue, runs.started_at AS at FROM jobs INDEXED BY jobs_active
		 JOIN runs ON runs.job = jobs.generation AND runs.run = jobs.run
		 WHERE jobs.stage = 5 AND jobs.phase <> 1`,
	);

	// A group is full of those that run: as many at most as may run at all.
	function fullGroups(): string[] {
		const names = new Set(running.all().map(({ name }) => name));
		return [...names].filter(isFull);
	}

	function isFull(group: string): boolean {
		return group !== '' && groups.taken(group) >= groups.limitOf(group).limit;
	}

	function reasonOf(waitClass: number): WaitReason {
		const set = classes.setOf(waitClass);
		const worker = set?.worker;
		if (worker !== undefined && workers.unmet(worker) !== undefined) return 'worker';
		const [unmet] = set === undefined ? [] : conditions.unmet(set);
		if (unmet !== undefined) return REASON_OF_UNMET[unmet.kind];
		const fits = set?.room === undefined || room.left(() => false).has(waitClass, 0);
		return fits ? 'slot' : 'room';
	}

	return {
		queues: () =>
			new Set(['default', 'index', ...counters.queues(), ...limits.names(), ...rates.names()]),
		counts: () => counters.all(),
		queue(name) {
			const { queued } = counters.queue(name);
			const running = occupied(name) + occupied(name, 'functions');
			const own = { rate: rates.of(name), limits: dependencies.queueLimits.of(name) };
			return { name, ...limits.of(name), ...own, queued, running };
		},
		global: () => ({
			...limits.of(EVERYTHING),
			running: occupied() + occupied(undefined, 'functions'),
		}),
		states: (queue) => counters.raw(queue),
		waiting(tell) {
			const full = fullGroups();
			const allPaused = limits.of(EVERYTHING).paused;
			for (const queue of counters.queues()) {
				// Whoever could start otherwise may stand in a group that is full.
				let inGroups = full.length === 0 ? 0 : counters.waiting.ready(queue, full);
				counters.waiting.each(queue, (reason, waitClass, count) => {
					const ready = waitClass !== undefined;
					const paused = ready && (allPaused || limits.of(queue).paused);
					const found = paused ? 'paused' : ready ? reasonOf(waitClass) : reason;
					const blocked = found === 'slot' ? Math.min(inGroups, count) : 0;
					inGroups -= blocked;
					if (blocked > 0) tell(queue, 'group', blocked);
					if (count === blocked) return;
					const used = found === 'slot' && rates.tokens(queue) < 1;
					tell(queue, used ? 'rate' : found, count - blocked);
				});
			}
		},
		limit: (queue) => limits.of(queue),
		oldestReady(queue) {
			const paused = limits.of(queue).paused || limits.of(EVERYTHING).paused;
			if (paused || rates.tokens(queue) < 1) return undefined;
			return claims.oldestReady(
				queue,
				(range) => reasonOf(range.class) === 'slot' && !isFull(range.group_name),
			);
		},
		runs: () => runs.all(),
		lasting: () => lasting.all(),
		logBytes: () => counters.logBytes(),
	};
}
