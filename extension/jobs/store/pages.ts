/**
 * The daemon's snapshot has the newest jobs of each state, parts of jobs and saves included. A person wants to see
 * those that start next, and what they asked for themselves: where a group has more than the view shows, it is
 * fetched, and again when it runs low.
 */
import { errorMessage } from '../../../shared/errors.ts';
import type { JobFilter } from '../../../shared/protocol/jobs.ts';
import type { Link } from '../../connection/link.ts';
import { Coalescer, type Disposable, Lifetime } from '../../lifetime.ts';
import { GROUP_STATES, GROUPS, type Group } from './groups.ts';
import { type JobStore, PAGE, type StoreChange } from './store.ts';

const DELAY_MS = 200;
/** Pages looked through unasked; what is older is one click away. */
const MAX_PAGES = 10;

const allOf = (group: Group): JobFilter => ({ state: GROUP_STATES[group], parentId: null });

export class JobPages implements Disposable {
	readonly #store: JobStore;
	readonly #link: Pick<Link, 'request' | 'state'>;
	readonly #log: (message: string) => void;
	readonly #lifetime = new Lifetime();
	readonly #listed: (group: Group) => JobFilter;
	readonly #fillLater: Coalescer;
	/** Where the next page of older jobs begins. */
	readonly #cursors = new Map<Group, string>();
	/** A cursor is of one filter: what comes of an earlier one is not gone on with. */
	#round = 0;
	readonly #wanting = new Set<Group>();
	readonly #filling = new Set<Group>();

	constructor(
		store: JobStore,
		link: Pick<Link, 'request' | 'state'>,
		log: (message: string) => void,
		/** What the daemon may sift beforehand. */
		listed: (group: Group) => JobFilter = allOf,
	) {
		this.#store = store;
		this.#link = link;
		this.#log = log;
		this.#listed = listed;
		this.#fillLater = this.#lifetime.own(new Coalescer(DELAY_MS, () => this.#fill()));
		this.#lifetime.own(store.onDidChange((change) => this.#noticed(change)));
	}

	dispose(): void {
		this.#lifetime.dispose();
	}

	/** Fetches older jobs of a group, until at least one row is new or the end is reached. */
	async more(group: Group): Promise<void> {
		const round = this.#round;
		for (let found = false; !found && round === this.#round; ) {
			const page = await this.#page(group, this.#cursors.get(group));
			const fresh = page.jobs.filter((job) => this.#store.get(job.id) === undefined);
			if (round === this.#round) this.#remember(group, page.nextCursor);
			this.#store.addPage(group, fresh, page.nextCursor !== null);
			found = fresh.length > 0 || page.nextCursor === null;
		}
	}

	#noticed({ all }: StoreChange): void {
		if (all) {
			this.#cursors.clear();
			this.#round++;
		}
		for (const group of GROUPS) {
			const low = this.#store.group(group).length < PAGE / 2;
			// A cursor says that it was looked through: the rest is for those who ask.
			const wanted = all ? low || group === 'waiting' : low && !this.#cursors.has(group);
			if (wanted && this.#store.truncated(group) && !this.#filling.has(group)) {
				this.#wanting.add(group);
			}
		}
		if (this.#wanting.size === 0) return;
		// At first at once: before the groups are drawn, most often.
		if (all) this.#fill();
		else this.#fillLater.schedule();
	}

	#fill(): void {
		const groups = [...this.#wanting];
		this.#wanting.clear();
		if (this.#link.state.kind !== 'connected') return;
		for (const group of groups) {
			this.#filling.add(group);
			this.#fillGroup(group)
				.catch((error) => this.#log(`Listing more jobs failed: ${errorMessage(error)}`))
				.finally(() => this.#filling.delete(group));
		}
	}

	async #fillGroup(group: Group): Promise<void> {
		const round = this.#round;
		let cursor: string | undefined;
		for (let pages = 0; pages < MAX_PAGES; pages++) {
			const page = await this.#page(group, cursor);
			if (round !== this.#round) return;
			this.#store.merge(group, page.jobs, page.nextCursor !== null);
			if (page.nextCursor === null || this.#store.group(group).length >= PAGE / 2) return;
			cursor = page.nextCursor;
		}
		this.#remember(group, cursor);
	}

	async #page(group: Group, cursor: string | undefined) {
		const page = await this.#link.request('job/list', {
			filter: this.#listed(group),
			sort: group === 'waiting' ? 'createdAt' : '-finishedAt',
			limit: PAGE,
			...(cursor === undefined ? {} : { cursor }),
		});
		return { ...page, jobs: page.jobs.filter((job) => this.#store.keeps(job)) };
	}

	#remember(group: Group, cursor: string | null | undefined): void {
		if (typeof cursor === 'string') this.#cursors.set(group, cursor);
		else this.#cursors.delete(group);
	}
}
