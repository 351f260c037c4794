/** Why waiting jobs wait, asked of the daemon for the rows at the top, and only while something changes. */
import { errorMessage } from '../../../shared/errors.ts';
import type { Job } from '../../../shared/job.ts';
import type { Explanation } from '../../../shared/protocol/jobs.ts';
import type { Link } from '../../connection/link.ts';
import { Coalescer, type Disposable, Lifetime, Signal } from '../../lifetime.ts';
import { steppedAside } from './groups.ts';
import type { JobStore } from './store.ts';

/** Rows explained at a time: about what a tall sidebar shows. */
const ROWS = 40;
const DELAY_MS = 500;

export class WaitingReasons implements Disposable {
	readonly #lifetime = new Lifetime();
	readonly #store: JobStore;
	readonly #link: Pick<Link, 'request' | 'state'>;
	readonly #log: (message: string) => void;
	readonly #changes = new Signal<ReadonlySet<string>>();
	/** Fires the ids whose reason is another one now. */
	readonly onDidChange = this.#changes.on;
	#reasons = new Map<string, string>();
	#visible = false;
	readonly #ask: Coalescer;

	constructor(
		store: JobStore,
		link: Pick<Link, 'request' | 'state'>,
		log: (message: string) => void,
	) {
		this.#store = store;
		this.#link = link;
		this.#log = log;
		this.#ask = this.#lifetime.own(new Coalescer(DELAY_MS, () => void this.#explain()));
		this.#lifetime.own(store.onDidChange(() => this.#schedule()));
	}

	of(id: string): string | undefined {
		return this.#reasons.get(id);
	}

	/** Nothing is asked while nobody looks. */
	set visible(visible: boolean) {
		this.#visible = visible;
		this.#schedule();
	}

	dispose(): void {
		this.#lifetime.dispose();
	}

	#schedule(): void {
		if (this.#visible && this.#rows().length > 0) this.#ask.schedule();
	}

	#rows(): Job[] {
		const aside = this.#store.group('running').filter(steppedAside);
		return [...aside, ...this.#store.group('waiting')].slice(0, ROWS);
	}

	async #explain(): Promise<void> {
		if (this.#link.state.kind !== 'connected') return;
		const ids = this.#rows().map((job) => job.id);
		const explained = await Promise.all(ids.map((id) => this.#explainOne(id)));
		const reasons = new Map(explained.filter((pair) => pair !== undefined));
		const changed = ids.filter((id) => reasons.get(id) !== this.#reasons.get(id));
		this.#reasons = reasons;
		if (changed.length > 0) this.#changes.emit(new Set(changed));
	}

	async #explainOne(id: string): Promise<[string, string] | undefined> {
		try {
			const reason = shortReason(await this.#link.request('job/explain', { id }));
			return reason === undefined ? undefined : [id, reason];
		} catch (error) {
			// It may have started or gone meanwhile; its row says so by itself.
			this.#log(`Explaining ${id}: ${errorMessage(error)}`);
			return undefined;
		}
	}
}

/** Undefined where it waits for its time: a row says when that is, and not how long it takes until then. */
export function shortReason(explanation: Explanation): string | undefined {
	const [first] = explanation.reasons;
	if (first?.kind === 'time' || first?.kind === 'backoff') return undefined;
	// A row has room for the name of another job, not for its id as well.
	return first?.message.replace(/ \([0-9a-f-]{36}\)/g, '').replace(/\.$/, '');
}
