/** Opening a hit in an editor. */
import { l10n, Range, type Uri, ViewColumn, window } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Hit } from '../../shared/protocol/indexing.ts';

export interface HowToOpen {
	readonly beside?: boolean;
	/** The focus stays where it is. */
	readonly look?: boolean;
}

export async function openHit(hit: Hit, uri: Uri, how: HowToOpen = {}): Promise<void> {
	const { line, column, endColumn = column } = hit;
	// Lines count from 0 there.
	const at = (place: number) => Math.max(0, place - 1);
	const selection = new Range(at(line), at(column), at(line), at(endColumn));
	try {
		await window.showTextDocument(uri, {
			selection,
			viewColumn: how.beside ? ViewColumn.Beside : ViewColumn.Active,
			preserveFocus: how.look ?? false,
		});
	} catch (error) {
		void window.showErrorMessage(
			l10n.t('{0} cannot be opened: {1}', hit.path, errorMessage(error)),
		);
	}
}
