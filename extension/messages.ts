/** Notifications. Words of other people stay words in them: the editor would draw a link, and a link may be a command. */
import { window } from 'vscode';
import { unlinked } from './plainLabel.ts';

type Choice = Thenable<string | undefined>;

export const showInformation = (message: string, ...ways: string[]): Choice =>
	window.showInformationMessage(unlinked(message), ...ways);

export const showWarning = (message: string, ...ways: string[]): Choice =>
	window.showWarningMessage(unlinked(message), ...ways);

export const showError = (message: string, ...ways: string[]): Choice =>
	window.showErrorMessage(unlinked(message), ...ways);
