import { l10n, window, workspace } from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import { indexedFolder } from '../indexing/folders.ts';
import type { Indexer } from '../indexing/indexer.ts';
import type { Reporter } from '../status/reporter.ts';
import { fileUri } from './arguments.ts';
import type { CommandBody } from './register.ts';

/** Indexes the file of the active editor as it is on disk. */
export function indexCurrentFile(indexer: Indexer, reporter: Reporter): CommandBody {
	return async (target) => {
		const uri = fileUri(target) ?? window.activeTextEditor?.document.uri;
		if (uri === undefined) {
			throw new SemanticaError('VALIDATION', l10n.t('Open the file to index in an editor first.'));
		}
		if (uri.scheme !== 'file') {
			throw new SemanticaError(
				'VALIDATION',
				l10n.t('This editor shows no file on disk. Save it into your workspace first.'),
			);
		}
		const folder = workspace.getWorkspaceFolder(uri);
		if (folder === undefined) {
			throw new SemanticaError(
				'VALIDATION',
				l10n.t('{0} is in no folder of this window. Open its folder first.', uri.fsPath),
			);
		}
		const file = { uri: uri.toString(), path: uri.fsPath };
		const id = await indexer.file(indexedFolder(folder.uri), file, false);
		reporter.quiet(id);
	};
}
