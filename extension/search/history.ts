/** What was looked for lately in this workspace. */
import type { Memento } from 'vscode';

export interface SearchHistory {
	/** The latest first. */
	all(): readonly string[];
	/** What led to a hit is worth keeping; what was typed on the way there is not. */
	add(query: string): void;
}

const KEY = 'searches';
const KEPT = 20;

export function createHistory(memory: Pick<Memento, 'get' | 'update'>): SearchHistory {
	const all = (): readonly string[] => memory.get<readonly string[]>(KEY, []);
	return {
		all,
		add(query) {
			const others = all().filter((one) => one !== query);
			void memory.update(KEY, [query, ...others].slice(0, KEPT));
		},
	};
}
