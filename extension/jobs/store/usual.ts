/** What running jobs usually take, asked of the daemon once for each, and only for rows that somebody looks at. */
import { errorMessage } from '../../../shared/errors.ts';
import type { Link } from '../../connection/link.ts';
import { type Disposable, Lifetime, Signal } from '../../lifetime.ts';
import { isOver } from './groups.ts';
import type { JobStore } from './store.ts';

/** At a time: the daemon looks through what succeeded before for each. */
const AT_ONCE = 4;
/** About what a tall sidebar shows. */
const ROWS = 40;

export class UsualTimes implements Disposable {
	readonly #lifetime = new Lifetime();
	readonly #link: Pick<Link, 'request' | 'state'>;
	readonly #log: (message: string) => void;
	readonly #changes = new Signal<ReadonlySet<string>>();
	/** Fires the ids whose usual time is known now. */
	readonly onDidChange = this.#changes.on;
	/** Of running jobs; null where it is not known. */
	readonly #times = new Map<string, number | null>();
	#asking = false;

	constructor(
		store: Pick<JobStore, 'updates' | 'removed'>,
		link: Pick<Link, 'request' | 'state'>,
		log: (message: string) => void,
	) {
		this.#link = link;
		this.#log = log;
		this.#lifetime.own(
			store.updates.on((jobs) => {
				if (this.#times.size > 0)
					for (const job of jobs) if (isOver(job)) this.#times.delete(job.id);
			}),
		);
		this.#lifetime.own(
			store.removed.on((ids) => {
				for (const id of ids) this.#times.delete(id);
			}),
		);
	}

	of(id: string): number | undefined {
		return this.#times.get(id) ?? undefined;
	}

	/** @param ids Of rows, the upper ones first. */
	want(ids: readonly string[]): void {
		const unknown = ids.slice(0, ROWS).filter((id) => !this.#times.has(id));
		if (unknown.length > 0 && !this.#asking) void this.#ask(unknown.slice(0, AT_ONCE));
	}

	dispose(): void {
		this.#lifetime.dispose();
	}

	/** What is left is wanted again at the next look. */
	async #ask(ids: readonly string[]): Promise<void> {
		if (this.#link.state.kind !== 'connected') return;
		this.#asking = true;
		await Promise.all(ids.map((id) => this.#askFor(id)));
		this.#asking = false;
		const known = ids.filter((id) => this.of(id) !== undefined);
		if (known.length > 0) this.#changes.emit(new Set(known));
	}

	async #askFor(id: string): Promise<void> {
		try {
			const { usualMs } = await this.#link.request('job/explain', { id });
			this.#times.set(id, usualMs ?? null);
		} catch (error) {
			this.#times.set(id, null);
			this.#log(`Asking what ${id} usually takes: ${errorMessage(error)}`);
		}
	}
}
