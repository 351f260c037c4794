/**
 * Which jobs the view shows, and in what order: those a person looks for, and of those only the ones of this
 * window's folders, of none, or asked for here, until somebody wants to see all.
 */
import type { Job } from '../../../shared/job.ts';
import type { JobState } from '../../../shared/jobTerms.ts';
import type { JobFilter } from '../../../shared/protocol/jobs.ts';
import { Signal } from '../../lifetime.ts';
import {
	compareInGroup,
	GROUP_STATES,
	GROUPS,
	type Group,
	isNews,
	STATE_GROUP,
} from '../store/groups.ts';

export const KINDS = ['running', 'waiting', 'failed', 'succeeded', 'cancelled'] as const;
export type Kind = (typeof KINDS)[number];
export const KIND_STATES: Record<Kind, readonly JobState[]> = {
	running: ['running', 'paused'],
	waiting: ['queued'],
	failed: ['failed', 'expired'],
	succeeded: ['succeeded'],
	cancelled: ['cancelled', 'superseded'],
};

/** Of what is listed; `usual` is the order in which things happen. */
export const SORTS = ['usual', 'newest', 'longest', 'cost'] as const;
export type Sort = (typeof SORTS)[number];

export interface Wish {
	readonly text: string;
	/** None: all. */
	readonly kinds: readonly Kind[];
	readonly everywhere: boolean;
	readonly sort: Sort;
}

export const NO_WISH: Wish = { text: '', kinds: [], everywhere: false, sort: 'usual' };
/** Of jobs that this window asked for. */
const OWN = 1_000;

export interface FilterPorts {
	/** URIs of the folders of this window. */
	folders(): readonly string[];
	readonly now: () => number;
}

export class JobsFilter {
	readonly #ports: FilterPorts;
	readonly #own = new Set<string>();
	readonly #changes = new Signal<void>();
	/** Fires when other jobs are to be shown. */
	readonly onDidChange = this.#changes.on;
	#wish: Wish;

	constructor(ports: FilterPorts, wish: Partial<Wish> = {}) {
		this.#ports = ports;
		this.#wish = { ...NO_WISH, ...wish };
	}

	get wish(): Wish {
		return this.#wish;
	}

	change(wish: Partial<Wish>): void {
		const before = JSON.stringify(this.#wish);
		this.#wish = { ...this.#wish, ...wish };
		if (JSON.stringify(this.#wish) !== before) this.#changes.emit();
	}

	/** The folders of this window are others now. */
	look(): void {
		this.#changes.emit();
	}

	/** Whether somebody looks for something. */
	get narrows(): boolean {
		return this.#wish.text !== '' || this.#wish.kinds.length > 0;
	}

	/** Without any, every job is shown. */
	get hasFolders(): boolean {
		return this.#ports.folders().length > 0;
	}

	/** Asked for in this window: it is shown whatever folder it works in. */
	own(id: string): void {
		this.#own.add(id);
		for (const oldest of this.#own) {
			if (this.#own.size <= OWN) break;
			this.#own.delete(oldest);
		}
	}

	/** Parts of a job are shown with it. */
	keeps(job: Job): boolean {
		if (!isNews(job) || job.parentId !== null) return isNews(job);
		if (!this.#wish.everywhere && !this.isHere(job)) return false;
		if (!this.#states().includes(job.state)) return false;
		return this.#wish.text === '' || says(job, this.#wish.text);
	}

	/** Of a folder of this window, or one around or in it; of none; or asked for here. */
	isHere(job: Job): boolean {
		return this.#own.has(job.id) || this.placeOf(job) === undefined;
	}

	/** The name of a folder that is not of this window. */
	placeOf(job: Job): string | undefined {
		const folders = this.#ports.folders();
		const { workspace } = job;
		if (workspace === null || folders.length === 0) return undefined;
		const near = folders.some(
			(folder) => isWithin(workspace, folder) || isWithin(folder, workspace),
		);
		return near ? undefined : workspaceName(job);
	}

	/** Groups that can have rows. */
	groups(): Group[] {
		const wanted = new Set(this.#states().map((state) => STATE_GROUP[state]));
		return GROUPS.filter((group) => wanted.has(group));
	}

	/** What the daemon can sift of a group; the rest is up to `keeps`. */
	listed(group: Group): JobFilter {
		const wanted = this.#states();
		const state = GROUP_STATES[group].filter((one) => wanted.includes(one));
		const { text } = this.#wish;
		return { state, parentId: null, ...(text === '' ? {} : { text }) };
	}

	/** The jobs of a group in the order that is wanted. */
	sorted(jobs: readonly Job[]): readonly Job[] {
		const { sort } = this.#wish;
		if (sort === 'usual') return jobs;
		const now = this.#ports.now();
		const by: Record<Exclude<Sort, 'usual'>, (job: Job) => number> = {
			newest: ({ generation }) => generation,
			longest: ({ startedAt, finishedAt }) =>
				startedAt === null ? 0 : (finishedAt ?? now) - startedAt,
			cost: ({ cost }) => cost?.cpuMs ?? 0,
		};
		return [...jobs].sort((a, b) => by[sort](b) - by[sort](a) || compareInGroup(a, b));
	}

	/** Names of the folders whose jobs are not of this window. */
	others(jobs: readonly Job[]): string[] {
		const foreign = jobs.filter((job) => isNews(job) && !this.isHere(job));
		return [...new Set(foreign.map(workspaceName))].sort();
	}

	#states(): readonly JobState[] {
		const { kinds } = this.#wish;
		return (kinds.length === 0 ? KINDS : kinds).flatMap((kind) => KIND_STATES[kind]);
	}
}

/** The folder that a job works in, as one calls it. */
export function workspaceName({ workspace }: Pick<Job, 'workspace'>): string {
	const name = (workspace ?? '').replace(/\/+$/, '').split('/').at(-1) ?? '';
	try {
		return decodeURIComponent(name);
	} catch {
		return name;
	}
}

/** As the daemon looks for it, so that what it lists is kept. */
function says({ title, type, tag, subject, id }: Job, text: string): boolean {
	const lower = text.toLowerCase();
	return [title, type, tag, subject, id].some((field) => field?.toLowerCase().includes(lower));
}

const isWithin = (inner: string, outer: string) =>
	inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
