/** Whose turn it is: priority first, then the workspace that was served longest ago, then first come. */
import type { ReadyRange } from '../store/tx.ts';
import { Heap, type Placed } from './heap.ts';

/** The first of a range, as far as is known. */
export interface Head extends Placed {
	readonly range: ReadyRange;
	readonly lane: Lane;
	generation: number;
	priority: number;
	unclean: number;
	/** By which it is known whether something is coming for it from above. */
	parent: number | null;
	swept: number;
	/** Somebody joined the range since it was read. */
	stale: boolean;
	/** Its group of jobs is full: it has no place among the others. */
	full: boolean;
}

/** Ranges of one queue, class and workspace: one for each group of jobs, and one for those without. */
export interface Lane extends Placed {
	readonly workspace: Workspace;
	readonly pool: Pool;
	/** Priority first, then first come; without those of full groups. */
	readonly heads: Heap<Head>;
	readonly byGroup: Map<string, Head>;
}

/** What stands in the way of a (queue, wait class); `for now` is until the next claim. */
export type Obstacle = 'queue' | 'class' | 'for now';

/** Ranges of one queue and class: what stands in the way of one stands in the way of all, so only the best counts. */
export interface Pool extends Placed {
	readonly queue: string;
	readonly class: number;
	kept: Obstacle | undefined;
	/** Priority first, then whose turn it is, then first come; without those that are empty for now. */
	readonly lanes: Heap<Lane>;
	readonly byWorkspace: Map<string, Lane>;
	/** Where its best stands. */
	under: Workspace | undefined;
}

/** Those of one workspace have their turn together, so it has its place among workspaces, they among each other. */
export interface Workspace extends Placed {
	readonly name: string;
	/** When it was last served, as a counter: the lowest has waited longest. */
	turn: number;
	/** Pools whose best is of this workspace. */
	readonly pools: Heap<Pool>;
	/** Pools in which another turn may make another one the best. */
	readonly shared: Set<Pool>;
	lanes: number;
}

/** Of more workspaces nobody remembers when they were served: they come first, as those do that never were. */
const REMEMBERED_TURNS = 10_000;

export interface Turns {
	/** The lane of a workspace, which is there from now on; it counts once it is placed. */
	laneOf(pool: Pool, workspace: string): Lane;
	leave(lane: Lane): void;
	/** Its best may be another one, or none. */
	placeLane(lane: Lane): void;
	/** The same of a pool; one that is kept has no place. */
	place(pool: Pool): void;
	/** Whose best comes next of all. */
	top(): Pool | undefined;
	served(workspace: Workspace): void;
}

export const bestOf = (pool: Pool): Head | undefined => pool.lanes.top?.heads.top;

export function createPool(queue: string, waitClass: number): Pool {
	return {
		queue,
		class: waitClass,
		kept: undefined,
		lanes: new Heap<Lane>(inTurn),
		byWorkspace: new Map(),
		under: undefined,
		at: -1,
	};
}

export function createTurns(): Turns {
	/** Those served last are the last. */
	const workspaces = new Map<string, Workspace>();
	const order = new Heap<Workspace>((a, b) =>
		inTurn(a.pools.top?.lanes.top, b.pools.top?.lanes.top),
	);
	let turn = 0;

	function place(pool: Pool): void {
		const best = pool.kept === undefined ? pool.lanes.top?.workspace : undefined;
		if (pool.under !== undefined && pool.under !== best) {
			pool.under.pools.remove(pool);
			settle(pool.under);
		}
		pool.under = best;
		if (best === undefined) return;
		best.pools.place(pool);
		settle(best);
	}

	function placeLane(lane: Lane): void {
		const { pool } = lane;
		if (lane.heads.size > 0) pool.lanes.place(lane);
		else pool.lanes.remove(lane);
		place(pool);
	}

	function settle(workspace: Workspace): void {
		if (workspace.pools.size > 0) order.place(workspace);
		else order.remove(workspace);
	}

	/** One that has no company needs no other place when its workspace is served. */
	function share(pool: Pool): void {
		if (pool.byWorkspace.size > 2) return;
		for (const { workspace } of pool.byWorkspace.values()) {
			if (pool.byWorkspace.size === 2) workspace.shared.add(pool);
			else workspace.shared.delete(pool);
		}
	}

	function workspaceOf(name: string): Workspace {
		let workspace = workspaces.get(name);
		if (workspace === undefined) {
			const pools = new Heap<Pool>((a, b) => firstCome(bestOf(a), bestOf(b)));
			workspace = { name, turn: 0, pools, shared: new Set(), lanes: 0, at: -1 };
			workspaces.set(name, workspace);
		}
		return workspace;
	}

	function forget(): void {
		const [oldest] = workspaces.values();
		if (workspaces.size <= REMEMBERED_TURNS || oldest === undefined) return;
		workspaces.delete(oldest.name);
		// One that is needed still is looked at again later.
		if (oldest.lanes > 0) workspaces.set(oldest.name, oldest);
	}

	return {
		place,
		placeLane,
		top: () => order.top?.pools.top,
		laneOf(pool, name) {
			const known = pool.byWorkspace.get(name);
			if (known !== undefined) return known;
			const workspace = workspaceOf(name);
			const heads = new Heap<Head>(firstCome);
			const lane: Lane = { workspace, pool, heads, byGroup: new Map(), at: -1 };
			pool.byWorkspace.set(name, lane);
			workspace.lanes++;
			if (pool.byWorkspace.size > 2) workspace.shared.add(pool);
			share(pool);
			return lane;
		},
		leave(lane) {
			const { pool, workspace } = lane;
			pool.lanes.remove(lane);
			pool.byWorkspace.delete(workspace.name);
			workspace.shared.delete(pool);
			workspace.lanes--;
			share(pool);
		},
		served(workspace) {
			workspace.turn = ++turn;
			settle(workspace);
			workspaces.delete(workspace.name);
			workspaces.set(workspace.name, workspace);
			forget();
			for (const pool of [...workspace.shared]) {
				const lane = pool.byWorkspace.get(workspace.name);
				// One of which nothing was read yet has no place.
				if (lane !== undefined && lane.at >= 0) placeLane(lane);
			}
		},
	};
}

/** Priority first, then first come. */
function firstCome(a: Head | undefined, b: Head | undefined): boolean {
	if (a === undefined || b === undefined) return b === undefined && a !== undefined;
	if (a.priority !== b.priority) return a.priority > b.priority;
	return a.generation < b.generation;
}

/** Priority first, then whose turn it is, then first come. */
function inTurn(a: Lane | undefined, b: Lane | undefined): boolean {
	const [first, second] = [a?.heads.top, b?.heads.top];
	if (a === undefined || b === undefined || first?.priority !== second?.priority) {
		return firstCome(first, second);
	}
	if (a.workspace.turn !== b.workspace.turn) return a.workspace.turn < b.workspace.turn;
	return firstCome(first, second);
}
