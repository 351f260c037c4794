/**
 * Progress lives here, in memory (docs/design.md section 6). A parent shows its own plus its children's,
 * and what is shown never moves backwards, also when a child is retried.
 */
import type { Progress } from '../../../shared/job.ts';

interface Entry {
	readonly parentId: string | null;
	own: Progress | undefined;
	/** Kept after a child has ended, until its parent ends. */
	readonly children: Map<string, Progress>;
	/** Of all children: kept, not counted, since there may be many and each of them reports. */
	readonly sum: Sum;
	shown: Progress | undefined;
}

interface Sum {
	current: number;
	total: number;
	/** Children that have not said how much there is to do. */
	unknown: number;
	unit: string | undefined;
}

/** As much as one child counts at the most, so that no sum of them is infinite. */
const MOST = 1e300;

export class ProgressBoard {
	readonly #entries = new Map<string, Entry>();
	readonly #changed: (id: string) => void;

	/** `changed` is called with each job whose shown progress moved. */
	constructor(changed: (id: string) => void) {
		this.#changed = changed;
	}

	/** A run begins, or an open parent is found at start. `stored` is what an earlier daemon had shown of it. */
	open(id: string, parentId: string | null, stored: Progress | undefined): void {
		if (this.#entries.has(id)) return;
		const own = stored === undefined ? undefined : { ...stored, current: 0 };
		const sum = { current: 0, total: 0, unknown: 0, unit: undefined };
		this.#entries.set(id, { parentId, own, children: new Map(), sum, shown: stored });
	}

	report(id: string, progress: Progress): void {
		const entry = this.#entries.get(id);
		if (entry === undefined) return;
		entry.own = progress;
		this.#refresh(id, entry);
	}

	/** What a child had reached before this daemon started. */
	restoreChild(parentId: string, id: string, progress: Progress): void {
		const parent = this.#entries.get(parentId);
		if (parent === undefined) return;
		replaceChild(parent, id, progress);
		this.#refresh(parentId, parent);
	}

	shown(id: string): Progress | undefined {
		return this.#entries.get(id)?.shown;
	}

	/** The job has ended; its share in its parent stays. */
	close(id: string): void {
		this.#entries.delete(id);
	}

	#refresh(id: string, entry: Entry): void {
		const next = combine(entry);
		if (next === undefined) return;
		entry.shown = next;
		this.#changed(id);
		const parent = entry.parentId === null ? undefined : this.#entries.get(entry.parentId);
		if (parent === undefined || entry.parentId === null) return;
		replaceChild(parent, id, next);
		this.#refresh(entry.parentId, parent);
	}
}

function replaceChild({ children, sum }: Entry, id: string, progress: Progress): void {
	const before = children.get(id);
	if (before !== undefined) count(sum, before, -1);
	count(sum, progress, 1);
	sum.unit ??= progress.unit;
	children.set(id, progress);
}

function count(sum: Sum, { current, total }: Progress, times: 1 | -1): void {
	sum.current = tidy(sum.current + times * Math.min(MOST, current));
	if (total === undefined) sum.unknown += times;
	else sum.total = tidy(sum.total + times * Math.min(MOST, total));
}

/** 0.1 + 0.2 is 0.3 to whoever looks at it. */
function tidy(sum: number): number {
	return Number.isInteger(sum) ? sum : Number(sum.toPrecision(12));
}

/** The sum that is shown; amounts only grow, the total never falls below what is done. */
function combine({ own, children, sum, shown }: Entry): Progress | undefined {
	if (own === undefined && children.size === 0) return shown;
	const done = Math.min(Number.MAX_VALUE, tidy((own?.current ?? 0) + sum.current));
	const current = Math.max(done, shown?.current ?? 0);
	const isKnown = children.size > 0 && sum.unknown === 0;
	const total = own?.total ?? (isKnown ? sum.total : undefined);
	const unit = own?.unit ?? sum.unit;
	const message = own?.message;
	return {
		current,
		...(total === undefined ? {} : { total: Math.max(total, current) }),
		...(unit === undefined ? {} : { unit }),
		...(message === undefined ? {} : { message }),
	};
}
