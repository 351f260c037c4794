/**
 * What this window knows of the daemon's jobs; the tree, the status bar and the pickers are projections of it.
 * Memory is bounded: top-level jobs per group, and children only of rows that are unfolded.
 */
import type { Job } from '../../../shared/job.ts';
import type { Draining } from '../../../shared/protocol/draining.ts';
import type { Counts, JobsChanged } from '../../../shared/protocol/jobs.ts';
import { Signal } from '../../lifetime.ts';
import {
	compareChildren,
	compareInGroup,
	GROUP_STATES,
	GROUPS,
	type Group,
	groupOf,
	isNews,
} from './groups.ts';

export interface StoreChange {
	/** Everything may be different. */
	readonly all: boolean;
	/** Groups whose rows came, went or moved. */
	readonly groups: ReadonlySet<Group>;
	/** Jobs whose own row looks different, by id. */
	readonly jobs: ReadonlySet<string>;
	/** Unfolded jobs whose children came or went, by id. */
	readonly parents: ReadonlySet<string>;
}

export interface Snapshot {
	readonly instance: string;
	readonly seq: number;
	readonly counts: Counts;
	readonly paused: boolean;
	readonly draining?: Draining | undefined;
	readonly jobs: readonly Job[];
}

/** Rows shown in a group before it has to be paged, and by how much each page lets it grow. */
export const PAGE = 100;

export class JobStore {
	readonly #changes = new Signal<StoreChange>();
	readonly onDidChange = this.#changes.on;
	/** Every job the daemon reported, also those the store does not keep. */
	readonly updates = new Signal<readonly Job[]>();
	/** Ids of jobs that are not kept any more. */
	readonly removed = new Signal<readonly string[]>();
	readonly #top = new Map<string, Job>();
	readonly #children = new Map<string, Map<string, Job>>();
	readonly #limits = new Map<Group, number>();
	/** Groups that have more jobs than the store keeps. */
	readonly #truncated = new Set<Group>();
	readonly #keeps: (job: Job) => boolean;
	readonly #countable: () => boolean;
	#instance: string | undefined;
	#seq = 0;
	#counts: Counts | undefined;
	#paused = false;
	#draining: Draining | undefined;

	/**
	 * @param keeps Which jobs have a place here.
	 * @param countable Whether those are all that the daemon counts.
	 */
	constructor(keeps: (job: Job) => boolean = isNews, countable: () => boolean = () => true) {
		this.#keeps = keeps;
		this.#countable = countable;
	}

	/** How and why the daemon is about to leave; undefined while it stays. */
	get draining(): Draining | undefined {
		return this.#draining;
	}

	/** Whether everything is paused: nothing new starts. */
	get paused(): boolean {
		return this.#paused;
	}

	get counts(): Counts | undefined {
		return this.#counts;
	}

	get(id: string): Job | undefined {
		const top = this.#top.get(id);
		if (top !== undefined) return top;
		for (const family of this.#children.values()) {
			const child = family.get(id);
			if (child !== undefined) return child;
		}
		return undefined;
	}

	group(group: Group): Job[] {
		return this.top().filter((job) => groupOf(job) === group);
	}

	/** Top-level jobs, group by group, each in its order. */
	top(): Job[] {
		return [...this.#top.values()].sort(
			(a, b) => GROUPS.indexOf(groupOf(a)) - GROUPS.indexOf(groupOf(b)) || compareInGroup(a, b),
		);
	}

	/** How many jobs the group has, shown or not; undefined where that is not known. */
	total(group: Group): number | undefined {
		const jobs = this.group(group);
		if (!this.truncated(group)) return jobs.length;
		// The daemon counts parts of jobs too. Those that wait belong to jobs that run, which are all here; those that
		// ended, and saves that ended well, cannot be told from the rest.
		if (group !== 'waiting' || !this.#countable()) return undefined;
		const parts = this.group('running').reduce(
			(sum, { children }) => sum + (children['queued'] ?? 0),
			0,
		);
		return Math.max(jobs.length, (this.#counts?.['queued'] ?? 0) - parts);
	}

	truncated(group: Group): boolean {
		return this.#truncated.has(group);
	}

	children(parent: string): Job[] {
		return [...(this.#children.get(parent)?.values() ?? [])].sort(compareChildren);
	}

	/** From now on changes to this job's children are kept. */
	unfold(parent: string, children: readonly Job[]): void {
		this.#children.set(parent, new Map(children.map((job) => [job.id, job])));
	}

	fold(parent: string): void {
		this.#children.delete(parent);
	}

	isUnfolded(parent: string): boolean {
		return this.#children.has(parent);
	}

	/** All of it, for another store; undefined while nothing is known. */
	snapshot(): Snapshot | undefined {
		if (this.#instance === undefined || this.#counts === undefined) return undefined;
		return {
			instance: this.#instance,
			seq: this.#seq,
			counts: this.#counts,
			paused: this.#paused,
			draining: this.#draining,
			jobs: [...this.#top.values()],
		};
	}

	keeps(job: Job): boolean {
		return this.#keeps(job);
	}

	replace(snapshot: Snapshot): void {
		this.#instance = snapshot.instance;
		this.#seq = snapshot.seq;
		this.#counts = snapshot.counts;
		this.#paused = snapshot.paused;
		this.#draining = snapshot.draining;
		this.#top.clear();
		this.#children.clear();
		this.#limits.clear();
		this.#truncated.clear();
		for (const job of snapshot.jobs) this.#keep(job);
		for (const group of GROUPS) {
			this.#trim(group);
			// The daemon sends the newest 100 of a group, and fewer when they are large.
			const sent = snapshot.jobs.filter((job) => groupOf(job) === group).length;
			const kept = GROUP_STATES[group].reduce(
				(sum, state) => sum + (snapshot.counts[state] ?? 0),
				0,
			);
			const more = sent >= PAGE || sent < kept;
			if (group !== 'running' && more) this.#truncated.add(group);
		}
		this.#changes.emit(ALL);
		this.updates.emit(snapshot.jobs);
	}

	/** Answers false when changes were missed and the whole must be fetched again. */
	apply(change: JobsChanged): boolean {
		if (change.instance !== this.#instance || 'resync' in change) return false;
		// What was on its way while the snapshot was taken is in it already.
		if (change.seq <= this.#seq) return true;
		if (change.seq !== this.#seq + 1) return false;
		this.#seq = change.seq;
		this.#counts = change.counts;
		this.#paused = change.paused;
		this.#draining = change.draining;
		const groups = new Set<Group>();
		const jobs = new Set<string>();
		const parents = new Set<string>();
		for (const job of change.jobs) this.#applyJob(job, groups, jobs, parents);
		for (const id of change.removed) this.#remove(id, groups, parents);
		for (const group of groups) this.#trim(group);
		this.#changes.emit({ all: false, groups, jobs, parents });
		this.updates.emit(change.jobs);
		if (change.removed.length > 0) this.removed.emit(change.removed);
		return true;
	}

	/** Adds a page of older jobs to a group. */
	addPage(group: Group, page: readonly Job[], more: boolean): void {
		this.#limits.set(group, this.#limit(group) + page.length);
		for (const job of page) this.#keep(job);
		if (more) this.#truncated.add(group);
		else this.#truncated.delete(group);
		this.#changes.emit({ ...NOTHING, groups: new Set([group]) });
	}

	/** Adds jobs that may belong before the ones shown; the group does not grow by that. */
	merge(group: Group, jobs: readonly Job[], more: boolean): void {
		for (const job of jobs) this.#keep(job);
		if (!more) this.#truncated.delete(group);
		this.#trim(group);
		this.#changes.emit({ ...NOTHING, groups: new Set([group]) });
	}

	clear(): void {
		this.#instance = undefined;
		this.#counts = undefined;
		this.#paused = false;
		this.#draining = undefined;
		this.#top.clear();
		this.#children.clear();
		this.#limits.clear();
		this.#truncated.clear();
		this.#changes.emit(ALL);
	}

	#applyJob(job: Job, groups: Set<Group>, jobs: Set<string>, parents: Set<string>): void {
		const before = this.get(job.id);
		const kept = this.#keep(job);
		if (!kept && before === undefined) return;
		if (kept && before !== undefined && groupOf(before) === groupOf(job)) {
			jobs.add(job.id);
			return;
		}
		if (job.parentId !== null) parents.add(job.parentId);
		else {
			groups.add(groupOf(job));
			if (before !== undefined) groups.add(groupOf(before));
		}
	}

	/** Whether the store has a place for this job. */
	#keep(job: Job): boolean {
		const family = job.parentId === null ? this.#top : this.#children.get(job.parentId);
		if (family === undefined) return false;
		const keeps = this.#keeps(job);
		if (keeps) family.set(job.id, job);
		else family.delete(job.id);
		return keeps;
	}

	#remove(id: string, groups: Set<Group>, parents: Set<string>): void {
		const job = this.get(id);
		this.#children.delete(id);
		if (job === undefined) return;
		if (job.parentId === null) {
			this.#top.delete(id);
			groups.add(groupOf(job));
		} else {
			this.#children.get(job.parentId)?.delete(id);
			parents.add(job.parentId);
		}
	}

	#limit(group: Group): number {
		return this.#limits.get(group) ?? PAGE;
	}

	/** Lets go of the rows beyond the limit; running jobs are always all shown. */
	#trim(group: Group): void {
		if (group === 'running') return;
		const excess = this.group(group).slice(this.#limit(group));
		for (const job of excess) {
			this.#top.delete(job.id);
			this.#children.delete(job.id);
		}
		if (excess.length > 0) this.#truncated.add(group);
	}
}

const NOTHING: StoreChange = {
	all: false,
	groups: new Set(),
	jobs: new Set(),
	parents: new Set(),
};
const ALL: StoreChange = { ...NOTHING, all: true };
