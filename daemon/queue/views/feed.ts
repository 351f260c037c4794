/** Who hears of committed changes: the scheduling loop of effects, subscribers of changed jobs. */
import type { Effects, Order } from '../store/tx.ts';

export type Unsubscribe = () => void;

export interface Feed {
	/** After each commit, before its answers. */
	onEffects(listener: (effects: Effects) => void): Unsubscribe;
	/** Ids of jobs whose wire form changed, by a commit or by progress; none after a touch. */
	onChanged(listener: (ids: readonly string[]) => void): Unsubscribe;
	/** Orders that could not be committed, because the disk refuses: what must stop can stop all the same. */
	onRefused(listener: (orders: readonly Order[]) => void): Unsubscribe;
	/** No job changed, but what its explanation says, or whether everything is paused. */
	touch(): void;
}

export interface FeedSource extends Feed {
	effects(effects: Effects): void;
	changed(ids: readonly string[]): void;
	refused(orders: readonly Order[]): void;
}

export function createFeed(): FeedSource {
	const effectListeners = new Set<(effects: Effects) => void>();
	const refusedListeners = new Set<(orders: readonly Order[]) => void>();
	const changeListeners = new Set<(ids: readonly string[]) => void>();
	const tell = (ids: readonly string[]) => {
		for (const listener of changeListeners) listener(ids);
	};
	const changed = (ids: readonly string[]) => {
		if (ids.length > 0) tell(ids);
	};
	return {
		onEffects: (listener) => register(effectListeners, listener),
		onChanged: (listener) => register(changeListeners, listener),
		onRefused: (listener) => register(refusedListeners, listener),
		refused(orders) {
			for (const listener of refusedListeners) listener(orders);
		},
		changed,
		touch: () => tell([]),
		effects(effects) {
			for (const listener of effectListeners) listener(effects);
			changed(effects.changed);
		},
	};
}

function register<T>(listeners: Set<T>, listener: T): Unsubscribe {
	listeners.add(listener);
	return () => listeners.delete(listener);
}
