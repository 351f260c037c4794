/** Texts of our own in the editor: nobody can change them, and nothing asks to save them. */
import { EventEmitter, Uri, window, workspace } from 'vscode';
import { type Disposable, Lifetime } from './lifetime.ts';

export interface ReadOnlyDocuments extends Disposable {
	/** Opens it, or comes back to it with the text made anew. */
	show(name: string, key: string): Promise<void>;
}

/** @param make the text of a key */
export function createReadOnlyDocuments(
	scheme: string,
	make: (key: string) => Promise<string>,
): ReadOnlyDocuments {
	const lifetime = new Lifetime();
	const changed = lifetime.own(new EventEmitter<Uri>());
	lifetime.own(
		workspace.registerTextDocumentContentProvider(scheme, {
			onDidChange: changed.event,
			provideTextDocumentContent: ({ query }) => make(query),
		}),
	);
	return {
		async show(name, key) {
			// A title may hold what a path must not.
			const path = `/${
				name
					.replace(/[\p{C}/\\?#]+/gu, ' ')
					.trim()
					.slice(0, 80) || scheme
			}`;
			const uri = Uri.from({ scheme, path, query: key });
			changed.fire(uri);
			await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
		},
		dispose: () => lifetime.dispose(),
	};
}
