/** Waiting for what becomes of a connection. */
import type { Disposable, Listener } from '../lifetime.ts';
import type { LinkState } from './state.ts';

export interface Watched {
	readonly state: LinkState;
	readonly onDidChange: (listener: Listener<LinkState>) => Disposable;
}

/**
 * Resolves with the first thing that `look` finds in the state as it is or becomes.
 * @throws what `look` throws.
 */
export function until<T>(
	link: Watched,
	look: (state: LinkState) => T | PromiseLike<T> | undefined,
): Promise<T> {
	return new Promise((resolve, reject) => {
		const check = (state: LinkState) => {
			try {
				const found = look(state);
				if (found === undefined) return;
				resolve(found);
			} catch (error) {
				reject(error);
			}
			listening.dispose();
		};
		const listening = link.onDidChange(check);
		check(link.state);
	});
}

/** Resolves when the state is another one; soon anyway: a failing write is often known before the close that it means. */
export function lostSince(link: Watched, state: LinkState): Promise<void> {
	return new Promise((resolve) => {
		if (link.state !== state) return resolve();
		const done = () => {
			clearTimeout(timer);
			listening.dispose();
			resolve();
		};
		const listening = link.onDidChange(done);
		const timer = setTimeout(done, 1_000);
	});
}
