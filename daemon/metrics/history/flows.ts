/** Jobs that ended, put together by bucket of time, queue and kind. */
import { JOB_STATES } from '../../../shared/jobTerms.ts';
import type { EndedFlow, StatsHistory } from '../../../shared/protocol/stats.ts';
import type { EndedJob } from '../../queue/views/ended.ts';
import { OTHER } from '../labels.ts';
import { quantilesOf } from './quantiles.ts';

export interface Group {
	/** By code of state. */
	readonly ended: number[];
	readonly waits: number[];
	readonly runs: number[];
}

export function newGroup(): Group {
	return { ended: JOB_STATES.map(() => 0), waits: [], runs: [] };
}

export function addJob(group: Group, { state, waitedMs, ranMs }: EndedJob): void {
	group.ended[state] = (group.ended[state] ?? 0) + 1;
	if (waitedMs !== null) group.waits.push(waitedMs);
	if (ranMs !== null) group.runs.push(ranMs);
}

export function mergeInto(all: Group, { ended, waits, runs }: Group): void {
	for (const [state, n] of ended.entries()) all.ended[state] = (all.ended[state] ?? 0) + n;
	for (const ms of waits) all.waits.push(ms);
	for (const ms of runs) all.runs.push(ms);
}

export const endedIn = ({ ended }: Group): number => ended.reduce((sum, n) => sum + n, 0);

export function flowOf({ ended, waits, runs }: Group): EndedFlow {
	return { ended: byState(ended), waitMs: quantilesOf(waits), runMs: quantilesOf(runs) };
}

/** Without the states that none has. */
export function byState(counts: readonly number[]): EndedFlow['ended'] {
	return Object.fromEntries(
		JOB_STATES.map((state, code) => [state, counts[code] ?? 0] as const).filter(([, n]) => n > 0),
	);
}

/** All of them, and apart those of the queues that have a name of their own. */
export function flowByQueue(groups: ReadonlyMap<string, Group>, named: ReadonlySet<string>) {
	const all = newGroup();
	const told = new Map<string, Group>();
	for (const [queue, group] of groups) {
		mergeInto(all, group);
		const name = named.has(queue) ? queue : OTHER;
		const known = told.get(name);
		if (known === undefined) told.set(name, group);
		else {
			const both = newGroup();
			for (const one of [known, group]) mergeInto(both, one);
			told.set(name, both);
		}
	}
	const queues = Object.fromEntries([...told].map(([name, group]) => [name, flowOf(group)]));
	return { ...flowOf(all), queues };
}

type Kind = StatsHistory['kinds'][number];

/** What ran, by type and title. */
export function createKinds() {
	const kinds = new Map<
		string,
		{ type: string; title: string; failed: number; runs: number[]; longest: EndedJob }
	>();
	return {
		add(job: EndedJob, failed: boolean): void {
			const { type, title, ranMs } = job;
			if (ranMs === null) return;
			const name = `${type}\0${title}`;
			let kind = kinds.get(name);
			if (kind === undefined) {
				kind = { type, title, failed: 0, runs: [], longest: job };
				kinds.set(name, kind);
			}
			kind.runs.push(ranMs);
			if (failed) kind.failed++;
			if (ranMs > (kind.longest.ranMs ?? 0)) kind.longest = job;
		},
		/** Those whose runs take longest, by p95. */
		slowest(most: number, idOf: (generation: number) => string | undefined): Kind[] {
			const all: { p95: number; kind: Omit<Kind, 'longest'>; longest: EndedJob }[] = [];
			for (const { type, title, failed, runs, longest } of kinds.values()) {
				const runMs = quantilesOf(runs);
				if (runMs === null) continue;
				all.push({
					p95: runMs.p95,
					kind: { type, title, ended: runs.length, failed, runMs },
					longest,
				});
			}
			all.sort((a, b) => b.p95 - a.p95);
			const found: Kind[] = [];
			for (const { kind, longest } of all) {
				if (found.length === most) break;
				const id = idOf(longest.generation);
				// It may be removed meanwhile, and with it most of its kind.
				if (id !== undefined) found.push({ ...kind, longest: { id, runMs: longest.ranMs ?? 0 } });
			}
			return found;
		},
	};
}
