/** The folders of this window as jobs name them: by what they are called here, and by their real paths. */
import { workspace } from 'vscode';
import { type Disposable, Lifetime, Signal } from '../lifetime.ts';
import { canonicalUri } from './canonicalUri.ts';
import { openFolders } from './folders.ts';

export interface OpenFolders extends Disposable {
	readonly uris: readonly string[];
	readonly onDidChange: Signal<void>['on'];
}

export function watchOpenFolders(): OpenFolders {
	const lifetime = new Lifetime();
	const changes = new Signal<void>();
	let uris: readonly string[] = [];
	const look = async () => {
		const folders = openFolders();
		uris = folders.map(({ uri }) => uri);
		changes.emit();
		const real = await Promise.all(folders.map(canonicalUri));
		const all = [...new Set([...uris, ...real])];
		if (all.length === uris.length) return;
		uris = all;
		changes.emit();
	};
	lifetime.own(workspace.onDidChangeWorkspaceFolders(() => void look()));
	void look();
	return {
		get uris() {
			return uris;
		},
		onDidChange: changes.on,
		dispose: () => lifetime.dispose(),
	};
}
