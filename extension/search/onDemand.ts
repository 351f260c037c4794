/** Search and symbols: their code is read when somebody first looks for something. */
import { type Disposable, languages, workspace } from 'vscode';
import { openFolders } from '../indexing/folders.ts';
import type { Faces, FacesPorts } from './faces.ts';

export interface SearchOnDemand extends Disposable {
	faces(): Promise<Faces>;
}

export function searchOnDemand(ports: FacesPorts): SearchOnDemand {
	let made: Promise<Faces> | undefined;
	const faces = () => {
		made ??= import('./faces.ts').then(({ createFaces }) => createFaces(ports));
		return made;
	};
	const isIndexed = async () => {
		for (const folder of openFolders()) {
			if ((await ports.indexed.within(folder)).length > 0) return true;
		}
		return false;
	};
	const provider = languages.registerWorkspaceSymbolProvider({
		// Nobody is woken for a folder that was never indexed.
		provideWorkspaceSymbols: async (query, cancel) =>
			query.trim() !== '' && workspace.isTrusted && (await isIndexed())
				? (await faces()).symbols(query, cancel)
				: [],
	});
	return {
		faces,
		dispose: () => {
			provider.dispose();
			void made?.then((one) => one.dispose());
		},
	};
}
