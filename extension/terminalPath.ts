/**
 * `semantica` in the editor's terminals: the folder of the launcher stands last on their PATH, so that a `semantica`
 * of one's own comes first. Not in Restricted Mode, where nothing of ours runs.
 */
import { delimiter } from 'node:path';
import { type GlobalEnvironmentVariableCollection, l10n, workspace } from 'vscode';
import { dataPaths } from '../shared/paths.ts';
import { type Disposable, Lifetime } from './lifetime.ts';
import { configuredHome, onDidChangeSetting } from './settings.ts';

export function offerInTerminals(
	variables: GlobalEnvironmentVariableCollection,
	log: (message: string) => void,
): Disposable {
	const lifetime = new Lifetime();

	function set(): void {
		variables.clear();
		if (!workspace.isTrusted) return;
		try {
			variables.append('PATH', delimiter + dataPaths(configuredHome()).bin);
			variables.description = l10n.t('The command `semantica`');
		} catch (error) {
			// A data folder that cannot be: whoever needs the daemon is told.
			log(`No semantica in terminals: ${String(error)}`);
		}
	}

	lifetime.own(workspace.onDidGrantWorkspaceTrust(set));
	lifetime.own(onDidChangeSetting(['dataFolder'], set));
	set();
	return lifetime;
}
