/** Who could start, and who does: priority, turns of workspaces, limits, conditions, the poison guard. */
import { hasOpen } from './dependencies.ts';
import { isActive, isOpen, isStopping, type ModelJob } from './job.ts';
import type { TestMachine } from './machine.ts';

export type QueueName = ModelJob['spec']['queue'] | '*';

/** So many runs may begin in so long; `level` is in tokens times perMs, as of `at`. */
export interface Bucket {
	readonly count: number;
	readonly perMs: number;
	level: number;
	at: number;
}

/** As it is now; a clock that was set back fills nothing. Only what is written stays: a look fills it for nobody else. */
export function fill(bucket: Bucket, now: number): Bucket {
	const gained = Math.max(0, now - bucket.at) * bucket.count;
	const level = Math.min(bucket.count * bucket.perMs, bucket.level + gained);
	return { ...bucket, level, at: now };
}

export interface QueueLimits {
	readonly concurrency: Readonly<Record<QueueName, number>>;
	readonly paused: Record<QueueName, boolean>;
	/** Of groups, as a person set them. */
	readonly groups: Map<string, number>;
	/** Of queues. */
	readonly rates: Map<string, Bucket>;
}

/** Whose turn it is among workspaces. */
export interface Served {
	readonly turns: Map<string, number>;
	turn: number;
}

/** Deaths of the daemon in one boot after which a job runs alone. */
const ALONE_AFTER = 2;
/** From here on a job starts however busy the machine is. */
const UNTHROTTLED_PRIORITY = 50;

/** What a person set, else the smallest that one of its unfinished jobs asks for, else 1. */
function groupLimit(kept: readonly ModelJob[], { groups }: QueueLimits, group: string): number {
	const asked = kept.filter((job) => isOpen(job) && job.spec.group === group);
	const limits = asked.flatMap((job) => job.spec.groupLimit ?? []);
	return groups.get(group) ?? (limits.length === 0 ? 1 : Math.min(...limits));
}

export const mustBeAlone = (job: ModelJob): boolean => job.unclean >= ALONE_AFTER;
export const hasSlot = (job: ModelJob): boolean =>
	isActive(job) && job.state === 'running' && !job.leftSlot;

/** Queued jobs that only capacity and conditions keep from starting: of each subject, the best. */
export function readyJobs(kept: readonly ModelJob[]): Set<ModelJob> {
	const eligible = kept.filter(
		(job) =>
			job.state === 'queued' &&
			!isStopping(job) &&
			!job.held &&
			!hasOpen(job) &&
			job.due &&
			job.event === null,
	);
	const ready = eligible.filter((job) => {
		const { subject } = job.spec;
		if (subject === null) return true;
		const same = kept.filter((other) => other.spec.subject === subject && isOpen(other));
		if (same.some((other) => other.state !== 'queued')) return false;
		return eligible.every(
			(other) => other === job || other.spec.subject !== subject || byPriority(job, other) < 0,
		);
	});
	return new Set(ready);
}

/** So long a suspect waits to be alone, and is tried alone. */
const PATIENCE_MS = 60_000;

/** A suspect that runs for so long did no harm. */
export function acquit(job: ModelJob, now: number): void {
	if (job.trialSince === null || now - job.trialSince < PATIENCE_MS) return;
	job.trialSince = null;
	if (!hasSlot(job) || !mustBeAlone(job)) return;
	job.unclean = 0;
	job.acquitted++;
}

export function beginTrial(job: ModelJob, now: number): void {
	job.waitsSince = null;
	if (mustBeAlone(job)) job.trialSince = now;
}

/** Caps that differ little wait together. */
export const roundedUp = (memoryMB: number): number => {
	let size = 16;
	while (size < memoryMB) size *= 2;
	return size;
};

/** It belongs to the run of another. */
function isPartOf(job: ModelJob, other: ModelJob): boolean {
	const { parent } = job;
	if (parent === other) return true;
	return parent !== null && isOpen(parent) && parent.state !== 'queued' && isPartOf(parent, other);
}

export interface Chosen {
	readonly claimed: ModelJob[];
	readonly resumed: ModelJob[];
	/** It would have been their turn, but something above them is being stopped or paused. */
	readonly passed: ModelJob[];
}

/** Decides only; `served` moves on, and so does who waits to be alone. */
export function chooseClaims(
	kept: readonly ModelJob[],
	machine: TestMachine,
	limits: QueueLimits,
	served: Served,
	{ now: wallClock, monotonic: now }: { readonly now: number; readonly monotonic: number },
	isAwaited: (job: ModelJob) => boolean,
): Chosen {
	const { concurrency, paused } = limits;
	const running = kept.filter(hasSlot);
	const isCommand = ({ spec }: ModelJob) => spec.worker === null;
	const claimed: ModelJob[] = [];
	const resumed: ModelJob[] = [];
	const passed: ModelJob[] = [];
	const chosen = { claimed, resumed, passed };
	const started = () => [...claimed, ...resumed];
	const isFree = (name: QueueName) => {
		// Functions take no slot of the global limit, and count in their queue where somebody set how many run at once.
		const own = (job: ModelJob) => (name === '*' ? isCommand(job) : job.spec.queue === name);
		const taken = running.filter(own).length;
		const room = paused[name] ? 0 : concurrency[name] - taken;
		// What was running before may be over the limit: then there is no room, rather than less than none.
		return (name === '*' ? Math.max(0, room) : room) - started().filter(own).length > 0;
	};
	const hasPlace = ({ spec: { group } }: ModelJob) =>
		group === null ||
		[...running, ...started()].filter((job) => job.spec.group === group).length <
			groupLimit(kept, limits, group);
	const hasWorker = ({ spec: { worker } }: ModelJob) => {
		if (worker === null) return true;
		const held = [...kept.filter(isActive), ...claimed].filter((job) => job.spec.worker === worker);
		return machine.places[worker] > new Set(held).size;
	};
	const mayStart = (job: ModelJob) => (isCommand(job) ? isFree('*') : !paused['*']);
	const hasRoom = (job: ModelJob) =>
		mayStart(job) && hasWorker(job) && isFree(job.spec.queue) && hasPlace(job);
	const hasToken = ({ spec: { queue } }: ModelJob) => {
		const bucket = limits.rates.get(queue);
		if (bucket === undefined) return true;
		const begun = claimed.filter((job) => job.spec.queue === queue).length;
		return Math.floor(fill(bucket, wallClock).level / bucket.perMs) > begun;
	};
	const isMet = ({ bound, spec }: ModelJob) =>
		!bound || spec.conditions === null || machine.met(spec.conditions);
	const isCrowded = (job: ModelJob) =>
		machine.crowded() &&
		isCommand(job) &&
		job.priority < UNTHROTTLED_PRIORITY &&
		[...running, ...started()]
			.filter(isCommand)
			.some((other) => other.spec.queue === job.spec.queue);
	const mayJoin = (job: ModelJob) => {
		if (![...running, ...started()].some(isCommand)) return true;
		job.waitsSince ??= now;
		return now - job.waitsSince >= PATIENCE_MS;
	};
	// The caps of runs that go on, of paused ones too, leave it enough; or it is the only one that has a cap.
	const capped = kept.filter((job) => isActive(job) && !job.awaiting);
	const caps = capped.reduce((sum, { spec }) => sum + (spec.memoryMB ?? 0), 0);
	let isReserved = false;
	const blocked = new Set<string>();
	/** Of all that wait alike in a queue only the best is looked at, once a claim. */
	const hasMemory = (job: ModelJob, isPart = false): boolean => {
		const { memoryMB, queue, conditions } = job.spec;
		if (memoryMB === null || machine.roomMB === undefined) return true;
		const alike = JSON.stringify([queue, job.bound ? conditions : null, roundedUp(memoryMB)]);
		if (isReserved || (!isPart && blocked.has(alike))) return false;
		const begun = claimed.reduce((sum, { spec }) => sum + (spec.memoryMB ?? 0), 0);
		if (caps + begun === 0 || caps + begun + roundedUp(memoryMB) <= machine.roomMB) return true;
		blocked.add(alike);
		job.roomSince ??= now;
		isReserved = now - job.roomSince >= PATIENCE_MS;
		return false;
	};
	const onTrial = () => [...running, ...started()].filter(mustBeAlone);

	const ready = [...readyJobs(kept)].sort((a, b) => a.generation - b.generation);
	for (const job of ready) {
		if (job.runNow && hasPlace(job) && hasWorker(job))
			(isAwaited(job) ? passed : claimed).push(job);
	}

	const waiting = kept.filter((job) => isActive(job) && job.state === 'paused' && !job.held);
	for (const job of waiting.sort(byPriority)) {
		if (!hasPlace(job)) continue;
		if (!job.runNow) {
			if (!hasRoom(job) || !isMet(job)) continue;
			const tried = onTrial();
			if (tried.length > 0 && !tried.some((other) => isPartOf(job, other))) continue;
			if (tried.length === 0 && mustBeAlone(job) && !mayJoin(job)) continue;
		}
		if (isAwaited(job)) continue;
		resumed.push(job);
	}
	const tried = onTrial();
	if (tried.length > 0) {
		const parts = ready.filter(
			(job) =>
				!claimed.includes(job) &&
				!passed.includes(job) &&
				tried.some((other) => isPartOf(job, other)),
		);
		for (const job of parts.sort(byPriority)) {
			if (!hasRoom(job) || !hasToken(job) || !isMet(job) || isCrowded(job)) continue;
			if (!hasMemory(job, true)) continue;
			(isAwaited(job) ? passed : claimed).push(job);
		}
		return chosen;
	}

	const turnOf = (job: ModelJob) => served.turns.get(job.spec.workspace) ?? 0;
	for (;;) {
		// A job of the same subject becomes ready only when this one has ended.
		const best = ready
			.filter((job) => !claimed.includes(job) && !passed.includes(job))
			.filter((job) => hasRoom(job) && hasToken(job) && isMet(job) && !isCrowded(job))
			.sort(
				(a, b) => b.priority - a.priority || turnOf(a) - turnOf(b) || a.generation - b.generation,
			)
			.find((job) => hasMemory(job));
		if (best === undefined) break;
		if (isAwaited(best)) {
			passed.push(best);
			continue;
		}
		if (mustBeAlone(best) && !mayJoin(best)) break;
		served.turns.set(best.spec.workspace, ++served.turn);
		claimed.push(best);
		if (mustBeAlone(best)) break;
	}
	return chosen;
}

function byPriority(a: ModelJob, b: ModelJob): number {
	return b.priority - a.priority || a.generation - b.generation;
}
