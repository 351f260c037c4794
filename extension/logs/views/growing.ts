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
import type { LogReads } from './logFiles.ts';

/** Between two looks; a log that takes long to read is looked at less often. */
const LOOK_MS = 1_000;
const SHARE = 20;

export interface GrowingLogs extends LogReads, Disposable {
	/** Goes to the end and stays there as lines come, until the person scrolls up or wants it no more. */
	follow(editor: TextEditor): void;
	unfollow(uri: Uri): void;
	isFollowed(uri: Uri): boolean;
}

/** @param tell Which of them are followed, as the editor names them in when-clauses. */
export function watchGrowing(
	changes: EventEmitter<FileChangeEvent[]>,
	tell: (followed: readonly string[]) => void,
): GrowingLogs {
	const lifetime = new Lifetime();
	/** What waits for its next look. */
	const timers = new Map<string, NodeJS.Timeout>();
	/** What was not looked at because nobody saw it. */
	const missed = new Map<string, Uri>();
	/** The first line in sight of those that are followed. */
	const followed = new Map<string, number>();
	/** Nothing more comes of them. */
	const over = new Set<string>();

	const isSeen = (key: string) =>
		window.visibleTextEditors.some(({ document }) => document.uri.toString() === key);
	const later = (key: string, ms: number, then: () => void) => {
		const due = () => {
			timers.delete(key);
			then();
		};
		timers.set(key, setTimeout(due, ms));
	};
	const stop = (key: string) => {
		clearTimeout(timers.get(key));
		timers.delete(key);
	};
	const look = (uri: Uri) => {
		const key = uri.toString();
		if (isSeen(key)) changes.fire([{ type: FileChangeType.Changed, uri }]);
		else missed.set(key, uri);
	};
	const toEnd = (editor: TextEditor) => {
		const last = editor.document.lineCount - 1;
		editor.revealRange(new Range(last, 0, last, 0), TextEditorRevealType.Default);
	};
	const ofLog = (uri: Uri) => uri.scheme === LOG_SCHEME;
	const forget = (key: string) => {
		if (followed.delete(key)) tell([...followed.keys()]);
	};

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
			if (over.has(key)) forget(key);
		}),
	);
	lifetime.own(
		window.onDidChangeTextEditorVisibleRanges(({ textEditor, visibleRanges }) => {
			const key = textEditor.document.uri.toString();
			const before = followed.get(key);
			const first = visibleRanges[0]?.start.line ?? 0;
			if (before === undefined) return;
			if (first < before) forget(key);
			else followed.set(key, first);
		}),
	);
	lifetime.own(
		workspace.onDidCloseTextDocument(({ uri }) => {
			if (!ofLog(uri)) return;
			const key = uri.toString();
			stop(key);
			missed.delete(key);
			over.delete(key);
			forget(key);
		}),
	);
	return {
		read(uri, tookMs) {
			const key = uri.toString();
			if (over.delete(key)) stop(key);
			if (!timers.has(key)) later(key, Math.max(LOOK_MS, tookMs * SHARE), () => look(uri));
		},
		ended(uri, text) {
			const key = uri.toString();
			over.add(key);
			stop(key);
			const shown = workspace.textDocuments.find((document) => document.uri.toString() === key);
			// Where the editor has its last lines already, no change of it will come.
			if (shown !== undefined && sameLines(shown.getText(), text)) forget(key);
		},
		follow(editor) {
			const key = editor.document.uri.toString();
			toEnd(editor);
			if (over.has(key)) return;
			followed.set(key, 0);
			tell([...followed.keys()]);
		},
		unfollow: (uri) => forget(uri.toString()),
		isFollowed: (uri) => followed.has(uri.toString()),
		dispose() {
			lifetime.dispose();
			for (const timer of timers.values()) clearTimeout(timer);
		},
	};
}

/** The editor ends all lines of a document alike. */
const sameLines = (a: string, b: string) => unified(a) === unified(b);
const unified = (text: string) => text.replace(/\r\n?/g, '\n');
