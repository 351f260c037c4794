/** Who could start, and who does: priority, turns of workspaces, limits, conditions, the poison guard. */
import { isActive, isOpen, type ModelJob } from './job.ts';
import type { TestMachine } from './machine.ts';

export type QueueName = ModelJob['spec']['queue'] | '*';

export interface QueueLimits {
	readonly concurrency: Readonly<Record<QueueName, number>>;
	readonly paused: Record<QueueName, boolean>;
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

export const mustBeAlone = (job: ModelJob): boolean => job.unclean >= ALONE_AFTER;
export const hasSlot = (job: ModelJob): boolean => isActive(job) && job.state === 'running';

/** Queued jobs that only capacity and conditions keep from starting: of each subject, the best. */
export function readyJobs(kept: readonly ModelJob[]): Set<ModelJob> {
	const eligible = kept.filter(
		(job) => job.state === 'queued' && !job.held && job.due && job.event === null,
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

/** Decides only; `served` moves on. */
export function chooseClaims(
	kept: readonly ModelJob[],
	machine: TestMachine,
	{ concurrency, paused }: QueueLimits,
	served: Served,
): { claimed: ModelJob[]; resumed: ModelJob[] } {
	const running = kept.filter(hasSlot);
	const claimed: ModelJob[] = [];
	const resumed: ModelJob[] = [];
	const started = () => [...claimed, ...resumed];
	const isFree = (name: QueueName) => {
		const own = (job: ModelJob) => name === '*' || job.spec.queue === name;
		const taken = running.filter(own).length;
		const room = paused[name] ? 0 : concurrency[name] - taken;
		// What was running before may be over the limit: then there is no room, rather than less than none.
		return (name === '*' ? Math.max(0, room) : room) - started().filter(own).length > 0;
	};
	const hasRoom = (job: ModelJob) => isFree('*') && isFree(job.spec.queue);
	const isMet = ({ bound, spec }: ModelJob) =>
		!bound || spec.conditions === null || machine.met(spec.conditions);
	const isCrowded = (job: ModelJob) =>
		machine.crowded() &&
		job.priority < UNTHROTTLED_PRIORITY &&
		[...running, ...started()].some((other) => other.spec.queue === job.spec.queue);
	const isAlone = () => running.length === 0 && started().length === 0;

	const ready = [...readyJobs(kept)].sort((a, b) => a.generation - b.generation);
	claimed.push(...ready.filter((job) => job.runNow));
	if ([...running, ...claimed].some(mustBeAlone)) return { claimed, resumed };

	const waiting = kept.filter((job) => isActive(job) && job.state === 'paused' && !job.held);
	for (const job of waiting.sort(byPriority)) {
		if (!job.runNow && !(hasRoom(job) && isMet(job))) continue;
		if (!job.runNow && mustBeAlone(job) && !isAlone()) continue;
		resumed.push(job);
	}
	if (resumed.some(mustBeAlone)) return { claimed, resumed };

	const turnOf = (job: ModelJob) => served.turns.get(job.spec.workspace) ?? 0;
	for (;;) {
		// A job of the same subject becomes ready only when this one has ended.
		const [best] = ready
			.filter((job) => !claimed.includes(job) && hasRoom(job) && isMet(job) && !isCrowded(job))
			.sort(
				(a, b) => b.priority - a.priority || turnOf(a) - turnOf(b) || a.generation - b.generation,
			);
		if (best === undefined) break;
		if (mustBeAlone(best) && !isAlone()) break;
		served.turns.set(best.spec.workspace, ++served.turn);
		claimed.push(best);
		if (mustBeAlone(best)) break;
	}
	return { claimed, resumed };
}

function byPriority(a: ModelJob, b: ModelJob): number {
	return b.priority - a.priority || a.generation - b.generation;
}
