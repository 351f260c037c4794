/** Opening a hit in an editor. */
import { l10n, Position, Range, type Uri, ViewColumn, window } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Hit } from '../../shared/protocol/indexing.ts';
import { showError } from '../messages.ts';

export interface HowToOpen {
	readonly beside?: boolean;
	/** The focus stays where it is. */
	readonly look?: boolean;
	/** Nobody asked for it: that it cannot be opened is no news. */
	readonly quiet?: boolean;
}

export async function openHit(hit: Hit, uri: Uri, how: HowToOpen = {}): Promise<void> {
	const at = new Position(Math.max(0, hit.line - 1), Math.max(0, hit.column - 1));
	try {
		await window.showTextDocument(uri, {
			// Nothing is selected, or the next search would begin with it.
			selection: new Range(at, at),
			viewColumn: how.beside ? ViewColumn.Beside : ViewColumn.Active,
			preserveFocus: how.look ?? false,
		});
	} catch (error) {
		if (how.quiet) return;
		void showError(l10n.t('{0} cannot be opened: {1}', hit.path, errorMessage(error)));
	}
}
