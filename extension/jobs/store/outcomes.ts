/** Waits for the end of jobs that somebody here asked for, through lost connections. */
import type { Job } from '../../../shared/job.ts';
import type { Link } from '../../connection/link.ts';
import { isNotFound } from '../../connection/notFound.ts';
import { type Disposable, Lifetime, type Signal } from '../../lifetime.ts';
import { isOver } from './groups.ts';

interface Watcher {
	readonly progress: (job: Job) => void;
	readonly resolve: (job: Job | undefined) => void;
}

export class JobOutcomes implements Disposable {
	readonly #lifetime = new Lifetime();
	readonly #watched = new Map<string, Watcher[]>();
	readonly #link: Pick<Link, 'request' | 'onDidChange' | 'state'>;

	constructor(
		updates: Signal<readonly Job[]>,
		link: Pick<Link, 'request' | 'onDidChange' | 'state'>,
	) {
		this.#link = link;
		this.#lifetime.own(
			updates.on((jobs) => {
				for (const job of jobs) this.#noticed(job);
			}),
		);
		this.#lifetime.own(
			link.onDidChange((state) => {
				// What ended while we were away may be too old for the snapshot.
				if (state.kind === 'connected') for (const id of this.#watched.keys()) this.#look(id);
			}),
		);
	}

	/**
	 * Resolves with the job when it is over, with nothing where it is no longer there to ask; `progress` hears of
	 * every change until then.
	 */
	of(id: string, progress: (job: Job) => void = () => {}): Promise<Job | undefined> {
		return new Promise((resolve) => {
			const watchers = this.#watched.get(id) ?? [];
			this.#watched.set(id, [...watchers, { progress, resolve }]);
			// It may have ended before we began to listen.
			this.#look(id);
		});
	}

	dispose(): void {
		this.#lifetime.dispose();
		this.#watched.clear();
	}

	#look(id: string): void {
		if (this.#link.state.kind !== 'connected') return;
		this.#link.request('job/get', { id }).then(
			({ job }) => this.#noticed(job),
			(error: unknown) => {
				// Anything else is asked again on the next connection.
				if (isNotFound(error)) this.#gone(id);
			},
		);
	}

	#gone(id: string): void {
		const watchers = this.#watched.get(id) ?? [];
		this.#watched.delete(id);
		for (const watcher of watchers) watcher.resolve(undefined);
	}

	#noticed(job: Job): void {
		const watchers = this.#watched.get(job.id);
		if (watchers === undefined) return;
		const over = isOver(job);
		if (over) this.#watched.delete(job.id);
		for (const watcher of watchers) {
			if (over) watcher.resolve(job);
			else watcher.progress(job);
		}
	}
}
