/** Signs that a person uses this window. Programs change documents too, so not every change is one. */
import { TextEditorSelectionChangeKind, window, workspace } from 'vscode';
import { type Disposable, Lifetime } from '../lifetime.ts';

export function watchActivity(noted: () => void): Disposable {
	const lifetime = new Lifetime();
	lifetime.own(
		workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
			const typed = window.state.focused && document === window.activeTextEditor?.document;
			if (typed && contentChanges.length > 0) noted();
		}),
	);
	lifetime.own(
		window.onDidChangeTextEditorSelection(({ kind }) => {
			const { Keyboard, Mouse } = TextEditorSelectionChangeKind;
			if (kind === Keyboard || kind === Mouse) noted();
		}),
	);
	lifetime.own(
		window.onDidChangeActiveTextEditor(() => {
			if (window.state.focused) noted();
		}),
	);
	lifetime.own(
		window.onDidChangeWindowState(({ focused, active }) => {
			if (focused && active) noted();
		}),
	);
	return lifetime;
}
