/** How long a search may take, and letting others have their turn meanwhile. */
import { setImmediate as turn } from 'node:timers/promises';

export interface SearchClock {
	isOver(): boolean;
	/** Other requests, and a cancellation of this one, are read now and then. @throws The signal's reason. */
	breathe(): Promise<void>;
}

const TURN_MS = 8;

export function createClock(budgetMs: number, signal: AbortSignal): SearchClock {
	const begun = performance.now();
	let turned = begun;
	return {
		isOver: () => performance.now() - begun > budgetMs,
		async breathe() {
			if (performance.now() - turned < TURN_MS) return;
			await turn();
			signal.throwIfAborted();
			turned = performance.now();
		},
	};
}
