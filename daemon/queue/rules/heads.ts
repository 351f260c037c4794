/**
 * The heads of the claim ranges, in order and in memory: what a claim costs does not grow with the number of queues,
 * workspaces and groups that have ready work. A head that is remembered may be better than the true one, since jobs
 * leave without a word, but never worse, since whoever joins is told; so only the one that is chosen need be looked
 * at.
 */
import type { Sqlite } from '../../sqlite/open.ts';
import type { ReadyRange } from '../store/tx.ts';
import { FREE_CLASS } from '../store/waitClasses.ts';
import { bestOf, createPool, createTurns, type Head, type Obstacle, type Pool } from './turns.ts';

export interface Heads {
	/** Somebody is ready there; a range too many only costs one look. */
	joined(ranges: readonly ReadyRange[]): void;
	/** A place may be free in these groups of jobs: `admit` lets in who waits for one. */
	placesFreed(groups: readonly string[]): void;
	/**
	 * The best that nothing stands in the way of. Who is kept back is not asked for again before `admit` lets it in,
	 * a range of a full group not before a place in it is free.
	 */
	best(obstacle: (head: Head) => Obstacle | 'group' | undefined): Head | undefined;
	/** Asks of all that were kept back whether they still are. */
	admit(
		isFree: (queue: string, waitClass: number) => boolean,
		isMet: (waitClass: number) => boolean,
	): void;
	/** Reads it anew, after it was claimed, or to be sure of it; undefined when nobody is there. */
	read(head: Head): Head | undefined;
	/** Its workspace had its turn. */
	served(head: Head): void;
	/** Classes that somebody waits for, without the one that waits for nothing. */
	waitedFor(): Set<number>;
	/** Those of a queue. */
	ofQueue(queue: string): Iterable<Head>;
	/** Reads all ranges anew. */
	reload(): void;
}

export function createHeads(db: Sqlite): Heads {
	const first = db.prepare<
		[string, number, string, string],
		Pick<Head, 'generation' | 'priority' | 'unclean' | 'parent' | 'swept'>
	>(
		`SELECT generation, priority, unclean, parent, swept FROM jobs
		 WHERE queue = +? AND class = +? AND workspace = +? AND group_name = +? AND stage = 1
		 ORDER BY priority DESC, generation LIMIT 1`,
	);
	const after = db.prepare<[string, number, string, string], ReadyRange>(
		`SELECT queue, class, workspace, group_name FROM jobs
		 WHERE stage = 1 AND (queue, class, workspace, group_name) > (?, ?, ?, ?)
		 ORDER BY queue, class, workspace, group_name LIMIT 1`,
	);
	const queues = new Map<string, Map<number, Pool>>();
	/** Pools that something stands in the way of. */
	const kept = { queue: new Set<Pool>(), class: new Set<Pool>(), 'for now': new Set<Pool>() };
	/** Ranges whose group of jobs is full, by its name. */
	const full = new Map<string, Set<Head>>();
	let freed = new Set<string>();
	const constrained = new Set<Pool>();
	let stale: Head[] = [];
	const turns = createTurns();

	function poolOf({ queue, class: waitClass }: ReadyRange): Pool {
		const ofQueue = queues.get(queue) ?? new Map<number, Pool>();
		queues.set(queue, ofQueue);
		let pool = ofQueue.get(waitClass);
		if (pool === undefined) {
			pool = createPool(queue, waitClass);
			ofQueue.set(waitClass, pool);
			if (waitClass !== FREE_CLASS) constrained.add(pool);
		}
		return pool;
	}

	function join(range: ReadyRange): void {
		const lane = turns.laneOf(poolOf(range), range.workspace);
		let head = lane.byGroup.get(range.group_name);
		if (head === undefined) {
			const unknown = { generation: 0, priority: 0, unclean: 0, parent: null, swept: 0 };
			head = { range, lane, ...unknown, stale: false, full: false, at: -1 };
			lane.byGroup.set(range.group_name, head);
		}
		toRead(head);
	}

	// Whoever joins a full group is looked at when a place is free.
	function toRead(head: Head): void {
		if (!head.stale && !head.full) stale.push(head);
		head.stale = true;
	}

	function read(head: Head): Head | undefined {
		const { queue, class: waitClass, workspace, group_name } = head.range;
		const { lane } = head;
		if (lane.byGroup.get(group_name) !== head || lane.pool.byWorkspace.get(workspace) !== lane) {
			return undefined;
		}
		const found = first.get(queue, waitClass, workspace, group_name);
		head.stale = false;
		if (found === undefined) {
			drop(head);
			return undefined;
		}
		Object.assign(head, found);
		if (!head.full) lane.heads.place(head);
		turns.placeLane(lane);
		return head;
	}

	function drop(head: Head): void {
		const { lane } = head;
		lane.heads.remove(head);
		lane.byGroup.delete(head.range.group_name);
		setFull(head, false);
		if (lane.byGroup.size > 0) {
			turns.placeLane(lane);
			return;
		}
		const { pool } = lane;
		turns.leave(lane);
		turns.place(pool);
		if (pool.byWorkspace.size > 0) return;
		letGo(pool);
		constrained.delete(pool);
		const ofQueue = queues.get(pool.queue);
		ofQueue?.delete(pool.class);
		if (ofQueue?.size === 0) queues.delete(pool.queue);
	}

	function setFull(head: Head, isFull: boolean): void {
		if (head.full === isFull) return;
		head.full = isFull;
		const name = head.range.group_name;
		const heads = full.get(name) ?? new Set();
		if (isFull) full.set(name, heads.add(head));
		else heads.delete(head);
		if (heads.size === 0) full.delete(name);
	}

	function keep(head: Head, obstacle: Obstacle | 'group'): void {
		const { lane } = head;
		const { pool } = lane;
		if (obstacle === 'group') {
			lane.heads.remove(head);
			setFull(head, true);
			turns.placeLane(lane);
			return;
		}
		pool.kept = obstacle;
		kept[obstacle].add(pool);
		turns.place(pool);
	}

	function letGo(pool: Pool): void {
		if (pool.kept !== undefined) kept[pool.kept].delete(pool);
		pool.kept = undefined;
	}

	function letIn(pool: Pool): void {
		letGo(pool);
		turns.place(pool);
	}

	function readStale(): void {
		const heads = stale;
		stale = [];
		for (const head of heads) if (head.stale && !head.full) read(head);
	}

	/** They may be dropped on the way. */
	function* headsOf(pool: Pool): Generator<Head> {
		for (const { byGroup } of pool.byWorkspace.values()) yield* byGroup.values();
	}

	function hasSomebody(pool: Pool): boolean {
		for (const head of headsOf(pool)) if (read(head) !== undefined) return true;
		return false;
	}

	function reload(): void {
		for (const ofQueue of [...queues.values()]) {
			for (const pool of [...ofQueue.values()]) for (const head of headsOf(pool)) drop(head);
		}
		stale = [];
		freed = new Set();
		// One seek per range rather than a scan of everything that is ready.
		let range = after.get('', 0, '', '');
		while (range !== undefined) {
			join(range);
			range = after.get(range.queue, range.class, range.workspace, range.group_name);
		}
	}

	reload();
	return {
		reload,
		read,
		joined(ranges) {
			for (const range of ranges) join(range);
		},
		placesFreed(groups) {
			for (const group of groups) if (full.has(group)) freed.add(group);
		},
		best(obstacle) {
			readStale();
			for (;;) {
				const pool = turns.top();
				const head = pool && bestOf(pool);
				if (head === undefined) return undefined;
				const found = obstacle(head);
				if (found === undefined) return head;
				keep(head, found);
			}
		},
		admit(isFree, isMet) {
			for (const pool of [...kept['for now']]) letIn(pool);
			for (const pool of [...kept.queue]) if (isFree(pool.queue, pool.class)) letIn(pool);
			const met = new Map<number, boolean>();
			for (const pool of [...kept.class]) {
				const known = met.get(pool.class) ?? isMet(pool.class);
				met.set(pool.class, known);
				if (known) letIn(pool);
			}
			for (const group of freed) {
				for (const head of [...(full.get(group) ?? [])]) {
					setFull(head, false);
					// Somebody better may have come meanwhile.
					head.stale = false;
					toRead(head);
				}
			}
			freed.clear();
		},
		served: ({ lane }) => turns.served(lane.workspace),
		waitedFor() {
			readStale();
			const found = new Set<number>();
			for (const pool of [...constrained]) {
				if (!found.has(pool.class) && hasSomebody(pool)) found.add(pool.class);
			}
			return found;
		},
		*ofQueue(queue) {
			readStale();
			for (const pool of queues.get(queue)?.values() ?? []) {
				yield* headsOf(pool);
			}
		},
	};
}
