/** What is done to all children of a job, in groups, and to a child whose turn has not come yet. */
import { release, waitersOf } from './dependencies.ts';
import { cannotPause, isOpen, MAY_RUN_AGAIN, type ModelCondition, type ModelJob } from './job.ts';
import { childrenOf, hold, type Ledger, letGo, stopWithParent } from './transitions.ts';

type ChildKind = 'cancel' | 'supersede' | 'pause' | 'resume';
type Kind = ChildKind | 'release' | 'ready';

const isTold = (kind: Kind): kind is 'release' | 'ready' => kind === 'release' || kind === 'ready';

export interface ModelSweep {
	readonly root: ModelJob;
	readonly kind: Kind;
	/** Generations: of the last child that was dealt with, and of the newest job when it began. */
	after: number;
	readonly upto: number;
	/** To whom it came out of turn. */
	readonly visited: Set<ModelJob>;
}

/** How its children are stopped, once its end or that of its run is decided. */
export function stopOfChildren(job: ModelJob): 'cancel' | 'supersede' | undefined {
	if (!isOpen(job) || job.stop === null) return undefined;
	const mayRunAgain = MAY_RUN_AGAIN.has(job.stop);
	if (mayRunAgain && !job.awaiting && job.state !== 'queued') return undefined;
	return job.againAt !== null || job.stop === 'supersede' ? 'supersede' : 'cancel';
}

export const isDoomed = (job: ModelJob): boolean =>
	job.againAt === null && stopOfChildren(job) !== undefined;

/** Those that wait for it are to hear of its end, or that it is ready or cannot be any more. */
export function beginTelling(ledger: Ledger, root: ModelJob, kind: 'release' | 'ready'): void {
	const before = ledger.sweeps.findIndex((sweep) => sweep.root === root && isTold(sweep.kind));
	if (before >= 0) ledger.sweeps.splice(before, 1);
	ledger.sweeps.push({
		root,
		kind,
		after: 0,
		upto: ledger.generation,
		visited: new Set(),
	});
}

export const isReleasing = (ledger: Ledger, root: ModelJob): boolean =>
	ledger.sweeps.some((sweep) => sweep.root === root && isTold(sweep.kind));

export function beginSweep(ledger: Ledger, root: ModelJob, kind: ChildKind): void {
	if (!childrenOf(ledger, root).some(isOpen)) return;
	const isStop = kind === 'cancel' || kind === 'supersede';
	if (!isStop && stopOfChildren(root) !== undefined) return;
	const before = childSweep(ledger, root);
	if (isStop && ledger.sweeps[before]?.kind === kind) return;
	if (before >= 0) ledger.sweeps.splice(before, 1);
	ledger.sweeps.push({ root, kind, after: 0, upto: ledger.generation, visited: new Set() });
}

export function endSweep(ledger: Ledger, root: ModelJob): void {
	const at = childSweep(ledger, root);
	if (at >= 0) ledger.sweeps.splice(at, 1);
}

function childSweep({ sweeps }: Ledger, root: ModelJob): number {
	return sweeps.findIndex((sweep) => sweep.root === root && !isTold(sweep.kind));
}

/** The next group; whether there is more. */
export function advanceSweep(ledger: Ledger, rows: number): boolean {
	let left = rows;
	while (left > 0) {
		const [sweep] = ledger.sweeps;
		if (sweep === undefined) return false;
		left -= Math.max(1, deal(ledger, sweep, left));
	}
	return ledger.sweeps.length > 0;
}

/** Whoever waits for it hears of its end at once. */
export function hasten(ledger: Ledger, root: ModelJob): void {
	const sweep = ledger.sweeps.find((one) => one.root === root && isTold(one.kind));
	if (sweep !== undefined) deal(ledger, sweep, Number.POSITIVE_INFINITY);
}

function deal(ledger: Ledger, sweep: ModelSweep, limit: number): number {
	const { root, kind, after, upto, visited } = sweep;
	const all = isTold(kind)
		? waitersOf(ledger, root).filter(({ after }) => kind === 'release' || after.some(isFor(root)))
		: childrenOf(ledger, root).filter(isOpen);
	const group = all
		.filter((job) => job.generation > after && job.generation <= upto)
		.slice(0, limit);
	for (const job of group) {
		if (isTold(kind)) {
			settle(ledger, job);
			release(ledger, job, root);
		} else if (!visited.has(job)) visit(ledger, job, kind);
	}
	sweep.after = group.at(-1)?.generation ?? after;
	// What it did may have ended it already.
	const at = ledger.sweeps.indexOf(sweep);
	if (group.length < limit && at >= 0) ledger.sweeps.splice(at, 1);
	return group.length;
}

const isFor =
	(root: ModelJob) =>
	({ target, on }: ModelCondition): boolean =>
		target === root && on === 'ready';

function visit(ledger: Ledger, child: ModelJob, kind: ChildKind): void {
	if (kind === 'cancel' || kind === 'supersede') stopWithParent(ledger, child, kind);
	else if (kind === 'resume') {
		if (child.held && !child.needsApproval && !isDoomed(child)) letGo(ledger, child, false);
	} else if (!child.held && (child.stop === null || child.againAt !== null)) {
		if (!cannotPause(child)) hold(ledger, child);
	}
}

/** What the parent's own mark has coming for it. */
function comingFrom(ledger: Ledger, parent: ModelJob, child: ModelJob): ChildKind | undefined {
	const stop = stopOfChildren(parent);
	if (stop !== undefined) return stop;
	const sweep = ledger.sweeps[childSweep(ledger, parent)];
	if (sweep === undefined || isTold(sweep.kind) || sweep.visited.has(child)) return undefined;
	return child.generation > sweep.after && child.generation <= sweep.upto ? sweep.kind : undefined;
}

/** Something above it is being stopped or paused: it may not start. */
export function isAwaited(ledger: Ledger, job: ModelJob): boolean {
	const { parent } = job;
	if (parent === null || parent.removed) return false;
	const coming = comingFrom(ledger, parent, job);
	return (coming !== undefined && coming !== 'resume') || isAwaited(ledger, parent);
}

/** Does to it at once what is coming for it from above. */
export function settle(ledger: Ledger, job: ModelJob): void {
	const { parent } = job;
	if (parent === null || parent.removed || !isOpen(job)) return;
	settle(ledger, parent);
	const kind = comingFrom(ledger, parent, job);
	if (kind === undefined) return;
	ledger.sweeps[childSweep(ledger, parent)]?.visited.add(job);
	visit(ledger, job, kind);
}
