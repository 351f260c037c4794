/**
 * The Jobs view: groups, jobs, children and paging rows over the store. Fires only what changed: until the editor
 * has asked for the rows below a node that was fired, it does not know them, and a click on one finds no job. That
 * is why all groups stand there as soon as there is a job, and the root is not drawn anew when one comes or goes.
 */
import type { CancellationToken, TreeDataProvider, TreeItem } from 'vscode';
import { errorMessage } from '../../../shared/errors.ts';
import type { Link } from '../../connection/link.ts';
import { Coalescer, type Disposable, Lifetime, Signal } from '../../lifetime.ts';
import type { SchedulesBranch } from '../../schedules/branch.ts';
import type { JobsFilter } from '../filter/filter.ts';
import { childCount, GROUPS, groupOf } from '../store/groups.ts';
import type { WaitingReasons } from '../store/reasons.ts';
import type { JobStore, StoreChange } from '../store/store.ts';
import { unfolding } from '../store/unfold.ts';
import type { UsualTimes } from '../store/usual.ts';
import { Hearing } from './hearing.ts';
import {
	isPlain,
	isSchedules,
	type JobNode,
	type Node,
	nodesByGroup,
	OTHERS,
	REMEDIES,
} from './nodes.ts';
import { lookOf, Redraws } from './redraws.ts';
import type { JobRows } from './rows.ts';
import { RunningClock } from './runningClock.ts';

/** Its rows, by name. */
type Root = string;

/** Children fetched when a row is unfolded; of more, only the number is said. */
const CHILDREN = 200;
const COALESCE_MS = 150;
/** Often enough to see that a job goes on. */
const PROGRESS_MS = 2_000;

export interface JobsTreePorts {
	readonly store: JobStore;
	readonly filter: Pick<JobsFilter, 'groups' | 'sorted' | 'narrows' | 'wish'>;
	/** Names of folders whose jobs are not of this window. */
	others(): readonly string[];
	readonly rows: JobRows;
	readonly link: Pick<Link, 'request' | 'state'>;
	readonly log: (message: string) => void;
	/** Changes a row for another reason than the job itself. */
	readonly reasons: Pick<WaitingReasons, 'onDidChange'>;
	readonly usual: Pick<UsualTimes, 'onDidChange' | 'want'>;
	readonly scheduled: SchedulesBranch;
	/** The time of day, as the daemon's. */
	readonly now: () => number;
}

export class JobsTree implements TreeDataProvider<Node>, Disposable {
	readonly #ports: JobsTreePorts;
	readonly #lifetime = new Lifetime();
	readonly #events = new Signal<Node | Node[] | undefined>();
	readonly onDidChangeTreeData = this.#events.on;
	// The editor knows rows by object identity, so each has one node for as long as it is known.
	readonly #jobNodes = new Map<string, JobNode>();
	readonly #groupNodes = nodesByGroup('group');
	readonly #moreNodes = nodesByGroup('more');
	/** What stands at the root, as the editor last got it. */
	#root: Root | undefined;
	#pendingRoot = false;
	readonly #pending = new Set<Node>();
	/** Rows whose job changed, by id. */
	readonly #changed = new Set<string>();
	readonly #redraws = new Redraws(() => performance.now());
	readonly #fire: Coalescer;
	readonly #progress: Coalescer;
	/** Rows that only say something else, by id. */
	readonly #progressed = new Set<string>();
	readonly #hearing = this.#lifetime.own(new Hearing<Node>(() => this.#drawRoot()));

	readonly #clock: RunningClock;
	readonly #unfolded: (id: string) => Promise<void>;

	constructor(ports: JobsTreePorts) {
		this.#ports = ports;
		this.#unfolded = unfolding(ports, CHILDREN);
		this.#clock = this.#lifetime.own(
			new RunningClock({
				running: () => ports.store.group('running'),
				now: ports.now,
				tick: (ids) => this.#passTime(ids),
				long: (ids) => ports.usual.want(ids),
			}),
		);
		this.#fire = this.#lifetime.own(new Coalescer(COALESCE_MS, () => this.#flush()));
		this.#progress = this.#lifetime.own(new Coalescer(PROGRESS_MS, () => this.#showProgress()));
		this.#lifetime.own(ports.store.onDidChange((change) => this.#noticed(change)));
		this.#lifetime.own(
			ports.scheduled.onDidChange((nodes) => {
				if (this.#wantedRoot() !== this.#root) this.#pendingRoot = true;
				for (const node of nodes) this.#pending.add(node);
				this.#fire.schedule();
			}),
		);
		this.#lifetime.own(
			ports.reasons.onDidChange((ids) => {
				for (const id of ids) this.#noticedJob(id);
			}),
		);
		this.#lifetime.own(ports.usual.onDidChange((ids) => this.#passTime(ids)));
	}

	dispose(): void {
		this.#lifetime.dispose();
	}

	/** Whether somebody can see it. */
	set visible(visible: boolean) {
		this.#hearing.visible = visible;
		this.#clock.visible = visible;
	}

	getTreeItem(node: Node): TreeItem {
		const { rows, store } = this.#ports;
		this.#hearing.heard(node);
		if (isSchedules(node)) return this.#ports.scheduled.item(node);
		if (node.kind === 'more') return rows.more(node.group);
		if (node.kind === 'rest') return rows.rest(node.of, node.count);
		if (node.kind === 'remedy') return rows.remedy(node.command);
		if (node.kind === 'others')
			return rows.others(this.#ports.others(), this.#ports.filter.wish.everywhere);
		if (node.kind === 'group') {
			return rows.group(node.group, store.group(node.group).length, store.total(node.group));
		}
		const job = store.get(node.id);
		if (job === undefined) return rows.gone(node.id);
		const item = rows.job(job);
		this.#redraws.drawn(node.id, lookOf(item));
		this.#progressed.delete(node.id);
		return item;
	}

	async resolveTreeItem(item: TreeItem, node: Node, token: CancellationToken): Promise<TreeItem> {
		if (isSchedules(node)) {
			item.tooltip = this.#ports.scheduled.tooltip(node);
			return item;
		}
		if (node.kind !== 'job') return item;
		const job = this.#ports.store.get(node.id);
		if (job === undefined) return item;
		this.#redraws.read(node.id);
		try {
			const explanation = await this.#ports.link.request('job/explain', { id: job.id });
			if (!token.isCancellationRequested) item.tooltip = this.#ports.rows.tooltip(job, explanation);
		} catch (error) {
			this.#ports.log(`Explaining ${job.id}: ${errorMessage(error)}`);
			item.tooltip = this.#ports.rows.tooltip(job, null);
		}
		return item;
	}

	async getChildren(node?: Node): Promise<Node[]> {
		const { store } = this.#ports;
		if (node === undefined) {
			this.#hearing.heard(undefined);
			this.#root = this.#wantedRoot();
			return this.#rootNodes();
		}
		if (isSchedules(node)) return this.#ports.scheduled.children(node);
		if (node.kind === 'more' || node.kind === 'rest' || isPlain(node)) return [];
		if (node.kind === 'group') {
			const listed = this.#ports.filter.sorted(store.group(node.group));
			const jobs: Node[] = listed.map((job) => this.jobNode(job.id));
			return store.truncated(node.group) ? [...jobs, this.#moreNodes[node.group]] : jobs;
		}
		await this.#unfolded(node.id);
		const children: Node[] = store.children(node.id).map((job) => this.jobNode(job.id));
		const count = childCount(store.get(node.id)) - children.length;
		// While parts come and go the numbers differ for a moment; that is not worth a row.
		const cut = children.length >= CHILDREN && count > 0;
		return cut ? [...children, { kind: 'rest', of: node.id, count }] : children;
	}

	getParent(node: Node): Node | undefined {
		if (isSchedules(node)) {
			return node.kind === 'schedules' ? undefined : this.#ports.scheduled.root;
		}
		if (node.kind === 'group' || isPlain(node)) return undefined;
		if (node.kind === 'more') return this.#groupNodes[node.group];
		if (node.kind === 'rest') return this.jobNode(node.of);
		const job = this.#ports.store.get(node.id);
		if (job === undefined) return undefined;
		return job.parentId === null ? this.#groupNodes[groupOf(job)] : this.jobNode(job.parentId);
	}

	jobNode(id: string): JobNode {
		const known = this.#jobNodes.get(id);
		if (known !== undefined) return known;
		const node: JobNode = { kind: 'job', id };
		this.#jobNodes.set(id, node);
		return node;
	}

	/** A folded row's children are forgotten until it is unfolded again. */
	folded(node: Node): void {
		if (node.kind === 'job') this.#ports.store.fold(node.id);
	}

	#wantedRoot(): Root {
		return this.#rootNodes()
			.map((node) => (node.kind === 'group' ? node.group : node.kind))
			.join(' ');
	}

	#rootNodes(): Node[] {
		const { store, link, filter, scheduled, others } = this.#ports;
		if (link.state.kind === 'failed') return REMEDIES;
		const beside = others().length > 0 ? [OTHERS] : [];
		const someJob = GROUPS.some((group) => store.total(group) !== 0);
		// Of nothing at all the view's welcome tells.
		if (!someJob && !filter.narrows && scheduled.isEmpty) return beside;
		const groups = filter.groups();
		const nodes = groups.map((group): Node => this.#groupNodes[group]);
		const waiting = groups.indexOf('waiting') + 1;
		if (!scheduled.isEmpty) nodes.splice(waiting === 0 ? nodes.length : waiting, 0, scheduled.root);
		return [...nodes, ...beside];
	}

	#noticed(change: StoreChange): void {
		this.#clock.changed();
		if (this.#wantedRoot() !== this.#root) this.#pendingRoot = true;
		if (change.all) this.#pending.add(OTHERS);
		for (const group of change.all ? GROUPS : change.groups) {
			this.#pending.add(this.#groupNodes[group]);
		}
		for (const id of change.jobs) this.#noticedJob(id);
		for (const id of change.parents) {
			const node = this.#jobNodes.get(id);
			if (node !== undefined) this.#pending.add(node);
		}
		if (this.#pendingRoot || this.#pending.size > 0) this.#fire.schedule();
	}

	#noticedJob(id: string): void {
		if (!this.#jobNodes.has(id)) return;
		this.#changed.add(id);
		this.#fire.schedule();
	}

	#flush(): void {
		for (const id of this.#changed) this.#redraw(id);
		this.#changed.clear();
		// It may have been drawn meanwhile, or be again what it was.
		if (this.#pendingRoot && this.#wantedRoot() !== this.#root) this.#drawRoot();
		else if (this.#pending.size > 0) this.#draw([...this.#pending]);
		this.#pendingRoot = false;
		this.#pending.clear();
		for (const id of this.#jobNodes.keys()) {
			if (this.#ports.store.get(id) !== undefined) continue;
			this.#jobNodes.delete(id);
			this.#redraws.forget(id);
		}
	}

	#drawRoot(): void {
		this.#hearing.fired(undefined);
		this.#events.emit(undefined);
	}

	#draw(nodes: Node[]): void {
		// Of other rows the editor may rightly know nothing: those below a row that is folded.
		const stand = new Set(this.#root?.split(' '));
		for (const node of nodes) {
			if (node.kind === 'group' && stand.has(node.group)) this.#hearing.fired(node);
		}
		this.#events.emit(nodes);
	}

	#redraw(id: string): void {
		const { rows, store } = this.#ports;
		const node = this.#jobNodes.get(id);
		const job = store.get(id);
		if (node === undefined || job === undefined) return;
		const redraw = this.#redraws.needed(id, lookOf(rows.job(job)), job.state === 'running');
		if (redraw === 'now') this.#pending.add(node);
		if (redraw !== 'in time') return;
		this.#progressed.add(id);
		this.#progress.schedule();
	}

	/** Of the same rows, another time: whoever reads a tooltip keeps it. */
	#passTime(ids: Iterable<string>): void {
		for (const id of ids) {
			const node = this.#jobNodes.get(id);
			if (node !== undefined && !this.#redraws.isRead(id)) this.#pending.add(node);
		}
		if (this.#pending.size > 0) this.#flush();
	}

	#showProgress(): void {
		for (const id of this.#progressed) {
			if (this.#redraws.isRead(id)) continue;
			this.#progressed.delete(id);
			const node = this.#jobNodes.get(id);
			if (node !== undefined) this.#pending.add(node);
		}
		if (this.#progressed.size > 0) this.#progress.schedule();
		this.#flush();
	}
}
