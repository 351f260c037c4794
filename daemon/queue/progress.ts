/**
 * Progress lives here, in memory (docs/design.md section 6). A parent shows its own plus its children's,
 * and what is shown never moves backwards, also when a child is retried.
 */
import type { Progress } from '../../shared/job.ts';

interface Entry {
	readonly parentId: string | null;
	own: Progress | undefined;
	/** Kept after a child has ended, until its parent ends. */
	readonly children: Map<string, Progress>;
	shown: Progress | undefined;
}

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
		this.#entries.set(id, { parentId, own, children: new Map(), shown: stored });
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
		parent.children.set(id, progress);
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
		const next = combine(entry.own, entry.children.values(), entry.shown);
		if (next === undefined) return;
		entry.shown = next;
		this.#changed(id);
		const parent = entry.parentId === null ? undefined : this.#entries.get(entry.parentId);
		if (parent === undefined || entry.parentId === null) return;
		parent.children.set(id, next);
		this.#refresh(entry.parentId, parent);
	}
}

/** The sum that is shown; amounts only grow, the total never falls below what is done. */
function combine(
	own: Progress | undefined,
	children: Iterable<Progress>,
	before: Progress | undefined,
): Progress | undefined {
	let current = own?.current ?? 0;
	let childTotal = 0;
	let totalKnown = true;
	let count = 0;
	let unit = own?.unit;
	for (const child of children) {
		count++;
		current += child.current;
		unit ??= child.unit;
		if (child.total === undefined) totalKnown = false;
		else childTotal += child.total;
	}
	if (own === undefined && count === 0) return before;
	current = Math.max(current, before?.current ?? 0);
	const total = own?.total ?? (count > 0 && totalKnown ? childTotal : undefined);
	const message = own?.message;
	return {
		current,
		...(total === undefined ? {} : { total: Math.max(total, current) }),
		...(unit === undefined ? {} : { unit }),
		...(message === undefined ? {} : { message }),
	};
}
