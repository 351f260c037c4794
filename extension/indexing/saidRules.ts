/** What the settings say of a folder is told to its index once, not each time that a window opens. */
import type { Memento } from 'vscode';
import type { FolderRules } from '../../shared/protocol/indexing.ts';
import type { Link } from '../connection/link.ts';
import type { IndexedFolder } from './specs.ts';

/** By folder, as JSON. */
const KEY = 'indexRules';

export interface SaidRules {
	/**
	 * The rules, where the index has none or they have changed since this workspace said them; else undefined: another
	 * window's word, or a terminal's, is not undone.
	 */
	news(folder: IndexedFolder, rules: FolderRules): Promise<FolderRules | undefined>;
	said(folder: IndexedFolder, rules: FolderRules): Promise<void>;
}

/** @param memory The workspace's own. */
export function createSaidRules(
	memory: Pick<Memento, 'get' | 'update'>,
	link: Pick<Link, 'request'>,
): SaidRules {
	const all = () => memory.get<Readonly<Record<string, string>>>(KEY, {});
	return {
		async news(folder, rules) {
			if (all()[folder.uri] !== JSON.stringify(rules)) return rules;
			const { indexes } = await link.request('index/status', { workspace: folder.uri });
			return indexes[0]?.rules === undefined ? rules : undefined;
		},
		async said(folder, rules) {
			await memory.update(KEY, { ...all(), [folder.uri]: JSON.stringify(rules) });
		},
	};
}
