/** Writes context keys only when they change: each write wakes every when-clause of the editor. */
import { commands } from 'vscode';
import type { ContextKeys } from '../contributions.ts';

export type SetContext = <K extends keyof ContextKeys>(key: K, value: ContextKeys[K]) => void;

export function createContextKeys(): SetContext {
	const written = new Map<string, unknown>();
	return (key, value) => {
		if (written.get(key) === value) return;
		written.set(key, value);
		void commands.executeCommand('setContext', key, value);
	};
}
