/** Walking through a pick shows each hit in its editor; who leaves without one is back where they were. */
import {
	type QuickPick,
	type QuickPickItem,
	TabInputText,
	TextEditorRevealType,
	type Uri,
	window,
} from 'vscode';
import type { Hit } from '../../shared/protocol/indexing.ts';
import { Coalescer } from '../lifetime.ts';
import { openHit } from './open.ts';

/** A key that is held down goes past most of them. */
const PAUSE_MS = 100;

interface HitItem extends QuickPickItem {
	readonly hit?: Hit;
}

export interface LookAhead {
	/** One was taken: there is nothing to go back from. */
	taken(): void;
	/** The pick is gone. */
	left(): void;
}

export function lookAhead<T extends HitItem>(
	picker: QuickPick<T>,
	locate: (hit: Hit) => Uri,
): LookAhead {
	const before = window.activeTextEditor;
	const [selection, seen] = [before?.selection, before?.visibleRanges[0]];
	const open = new Set(textTabs().map(({ uri }) => uri));
	let items: readonly T[] = [];
	let walks = false;
	let shown: Uri | undefined;
	let opening: Promise<void> | undefined;
	let isTaken = false;

	const show = new Coalescer(PAUSE_MS, () => {
		const [item] = picker.activeItems;
		if (item?.hit === undefined) return;
		shown = locate(item.hit);
		opening = openHit(item.hit, shown, { look: true, quiet: true });
	});
	picker.onDidChangeActive(([item]) => {
		if (picker.items !== items) walks = false;
		items = picker.items;
		// The first one is active by itself as soon as there are any.
		walks ||= item !== undefined && item !== items[0];
		show.dispose();
		if (walks) show.schedule();
	});

	async function goBack(from: string): Promise<void> {
		// One that is still being read would come on top of what is shown now.
		await opening;
		if (before !== undefined) {
			const { document, viewColumn } = before;
			const at = {
				...(viewColumn === undefined ? {} : { viewColumn }),
				...(selection === undefined ? {} : { selection }),
			};
			const editor = await window.showTextDocument(document.uri, at);
			if (seen !== undefined) editor.revealRange(seen, TextEditorRevealType.AtTop);
		}
		const looked = textTabs().find(({ uri, tab }) => uri === from && tab.isPreview);
		if (looked !== undefined && !open.has(from)) await window.tabGroups.close(looked.tab);
	}

	return {
		taken() {
			isTaken = true;
		},
		left() {
			show.dispose();
			if (shown === undefined || isTaken) return;
			// What was there may be gone by now: then there is nothing to go back to.
			goBack(shown.toString()).catch(() => {});
		},
	};
}

function textTabs() {
	return window.tabGroups.all
		.flatMap(({ tabs }) => tabs)
		.flatMap((tab) =>
			tab.input instanceof TabInputText ? [{ tab, uri: tab.input.uri.toString() }] : [],
		);
}
