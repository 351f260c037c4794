/** A log in a terminal, and as a file: what most people never open, so it is read when somebody does. */
import {
	type EventEmitter,
	type FileChangeEvent,
	FoldingRange,
	languages,
	type Terminal,
	ThemeIcon,
	window,
	workspace,
} from 'vscode';
import { LOG_SCHEME } from '../contributions.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import type { SetContext } from '../status/contextKeys.ts';
import { type FeedPorts, logName } from './feed.ts';
import { watchGrowing } from './views/growing.ts';
import { createJobTerminal } from './views/jobTerminal.ts';
import { createLogFiles, logOf, logUri, stampedUri } from './views/logFiles.ts';
import { provideLogLinks } from './views/logLinks.ts';
import { runsOf } from './views/logText.ts';

export interface LogViews extends Disposable, ReturnType<typeof createLogFiles> {
	openTerminal(id: string): Promise<void>;
	openFile(id: string): Promise<void>;
	/** Of the log that is open as a file in the active editor: stays at its end, or no more. */
	follow(): void;
	unfollow(): void;
	/** In the active editor the same log with the times of its lines, or without. */
	toggleTimes(): Promise<void>;
}

export function createLogViews(
	ports: FeedPorts,
	changes: EventEmitter<FileChangeEvent[]>,
	setContext: SetContext,
): LogViews {
	const lifetime = new Lifetime();
	const growing = lifetime.own(
		watchGrowing(changes, (followed) => setContext('semantica.followedLogs', followed)),
	);
	lifetime.own(
		languages.registerFoldingRangeProvider(
			{ scheme: LOG_SCHEME },
			{
				provideFoldingRanges: (document) =>
					runsOf(document.getText().split('\n')).map(({ from, to }) => new FoldingRange(from, to)),
			},
		),
	);
	/** The log in the active editor. */
	const active = () => {
		const editor = window.activeTextEditor;
		return editor?.document.uri.scheme === LOG_SCHEME ? editor : undefined;
	};
	const links = lifetime.own(provideLogLinks(ports.link));
	const terminals = new Map<string, Terminal>();

	const titleOf = async (id: string) => (await ports.link.request('job/get', { id })).job.title;

	return {
		...createLogFiles(ports.link, growing),
		async openTerminal(id) {
			const title = await titleOf(id);
			let terminal = terminals.get(id);
			if (terminal === undefined) {
				const pty = createJobTerminal(ports, async () => id, {
					closed: () => void terminals.delete(id),
				});
				terminal = window.createTerminal({
					name: logName(title, id),
					pty,
					iconPath: new ThemeIcon('output'),
					isTransient: true,
				});
				terminals.set(id, terminal);
				links.add(terminal, id);
			}
			terminal.show(true);
		},
		async openFile(id) {
			const document = await workspace.openTextDocument(logUri(await titleOf(id), id));
			await window.showTextDocument(document, { preview: true });
		},
		follow() {
			const editor = active();
			if (editor !== undefined) growing.follow(editor);
		},
		unfollow() {
			const editor = active();
			if (editor !== undefined) growing.unfollow(editor.document.uri);
		},
		async toggleTimes() {
			const editor = active();
			if (editor === undefined) return;
			const { uri } = editor.document;
			const document = await workspace.openTextDocument(stampedUri(uri, !logOf(uri).stamped));
			const { viewColumn } = editor;
			const at = {
				...(viewColumn === undefined ? {} : { viewColumn }),
				selection: editor.selection,
			};
			const isFollowed = growing.isFollowed(uri);
			const shown = await window.showTextDocument(document, { preview: true, ...at });
			if (isFollowed) growing.follow(shown);
		},
		dispose() {
			lifetime.dispose();
			for (const terminal of terminals.values()) terminal.dispose();
		},
	};
}
