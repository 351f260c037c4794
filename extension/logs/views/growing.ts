/** Logs that are open as files and go on: read again while somebody sees them, and kept at their end where that is wished. */
import {
	type EventEmitter,
	type FileChangeEvent,
	FileChangeType,
	Range,
	type TextEditor,
	TextEditorRevealType,
	type Uri,
	window,
	workspace,
} from 'vscode';
import { LOG_SCHEME } from '../../contributions.ts';
import { type Disposable, Lifetime } from '../../lifetime.ts';

/** Between two looks; a log that takes long to read is looked at less often. */
const LOOK_MS = 1_000;
const SHARE = 20;

export interface GrowingLogs extends Disposable {
	/** The log goes on: reading it until here took so long. */
	read(uri: Uri, tookMs: number): void;
	/** Goes to the end and stays there as lines come, until the person scrolls up. */
	follow(editor: TextEditor): void;
}

export function watchGrowing(changes: EventEmitter<FileChangeEvent[]>): GrowingLogs {
	const lifetime = new Lifetime();
	/** What waits for its next look. */
	const timers = new Map<string, NodeJS.Timeout>();
	/** What was not looked at because nobody saw it. */
	const missed = new Map<string, Uri>();
	/** The first line in sight of those that are followed. */
	const followed = new Map<string, number>();

	const isSeen = (key: string) =>
		window.visibleTextEditors.some(({ document }) => document.uri.toString() === key);
	const look = (uri: Uri) => {
		const key = uri.toString();
		timers.delete(key);
		if (isSeen(key)) changes.fire([{ type: FileChangeType.Changed, uri }]);
		else missed.set(key, uri);
	};
	const toEnd = (editor: TextEditor) => {
		const last = editor.document.lineCount - 1;
		editor.revealRange(new Range(last, 0, last, 0), TextEditorRevealType.Default);
	};
	const ofLog = (uri: Uri) => uri.scheme === LOG_SCHEME;

	lifetime.own(
		window.onDidChangeVisibleTextEditors(() => {
			for (const [key, uri] of missed) {
				if (!isSeen(key)) continue;
				missed.delete(key);
				look(uri);
			}
		}),
	);
	lifetime.own(
		workspace.onDidChangeTextDocument(({ document }) => {
			const key = document.uri.toString();
			if (!followed.has(key)) return;
			for (const editor of window.visibleTextEditors)
				if (editor.document === document) toEnd(editor);
		}),
	);
	lifetime.own(
		window.onDidChangeTextEditorVisibleRanges(({ textEditor, visibleRanges }) => {
			const key = textEditor.document.uri.toString();
			const before = followed.get(key);
			const first = visibleRanges[0]?.start.line ?? 0;
			if (before === undefined) return;
			if (first < before) followed.delete(key);
			else followed.set(key, first);
		}),
	);
	lifetime.own(
		workspace.onDidCloseTextDocument(({ uri }) => {
			if (!ofLog(uri)) return;
			const key = uri.toString();
			clearTimeout(timers.get(key));
			timers.delete(key);
			missed.delete(key);
			followed.delete(key);
		}),
	);
	return {
		read(uri, tookMs) {
			const key = uri.toString();
			if (timers.has(key)) return;
			timers.set(
				key,
				setTimeout(() => look(uri), Math.max(LOOK_MS, tookMs * SHARE)),
			);
		},
		follow(editor) {
			followed.set(editor.document.uri.toString(), 0);
			toEnd(editor);
		},
		dispose() {
			lifetime.dispose();
			for (const timer of timers.values()) clearTimeout(timer);
		},
	};
}
