/** What a key does. Pure: the keyboard and the terminal are elsewhere. */
import { type Choice, SORTS } from './rows.ts';

export interface Ui extends Choice {
	readonly mode: 'list' | 'filter' | 'cancel' | 'help' | 'log';
	/** Of the selected job: it stays selected when the rows move. */
	readonly selected: string | undefined;
	/** What came of the last key, a sentence; the next one takes it away. */
	readonly message: string | undefined;
	/** Lines that the log is scrolled back from its end. */
	readonly back: number;
}

export const FIRST_UI: Ui = {
	mode: 'list',
	sort: 'state',
	filter: '',
	ended: false,
	selected: undefined,
	message: undefined,
	back: 0,
};

export interface Key {
	/** As node:readline names it. */
	readonly name: string | undefined;
	readonly ctrl: boolean;
	/** What was typed, where it is a character. */
	readonly text: string | undefined;
}

export interface Listed {
	/** Ids in the order of the rows. */
	readonly ids: readonly string[];
	/** Rows that are seen at once. */
	readonly page: number;
}

export type Effect =
	| { readonly kind: 'quit' | 'suspend' }
	| { readonly kind: 'cancel' | 'log'; readonly id: string };

export interface Pressed {
	readonly ui: Ui;
	readonly effect?: Effect;
}

export function press(before: Ui, key: Key, listed: Listed): Pressed {
	const ui = { ...before, message: undefined };
	if (key.ctrl && key.name === 'c') return { ui, effect: { kind: 'quit' } };
	if (key.ctrl && key.name === 'z') return { ui, effect: { kind: 'suspend' } };
	switch (ui.mode) {
		case 'filter':
			return { ui: typeFilter(ui, key) };
		case 'cancel':
			return answerCancel(ui, key);
		case 'help':
			return { ui: { ...ui, mode: 'list' } };
		case 'log':
			return { ui: inLog(ui, key, listed) };
		default:
			return inList(ui, key, listed);
	}
}

function inList(ui: Ui, key: Key, listed: Listed): Pressed {
	const moved = movement(key, listed.page);
	if (moved !== undefined) return { ui: select(ui, listed, moved) };
	const id = selectedOf(ui, listed);
	switch (key.name === 'return' || key.name === 'escape' ? key.name : key.text) {
		case 'q':
			return { ui, effect: { kind: 'quit' } };
		case '?':
		case 'h':
			return { ui: { ...ui, mode: 'help' } };
		case 's':
			return { ui: { ...ui, sort: SORTS[(SORTS.indexOf(ui.sort) + 1) % SORTS.length] ?? 'state' } };
		case 'a':
			return { ui: { ...ui, ended: !ui.ended } };
		case '/':
			return { ui: { ...ui, mode: 'filter' } };
		case 'escape':
			return { ui: { ...ui, filter: '' } };
		case 'c':
			return { ui: id === undefined ? ui : { ...ui, mode: 'cancel', selected: id } };
		case 'l':
		case 'return':
			if (id === undefined) return { ui };
			return { ui: { ...ui, mode: 'log', selected: id, back: 0 }, effect: { kind: 'log', id } };
		default:
			return { ui };
	}
}

function typeFilter(ui: Ui, key: Key): Ui {
	if (key.name === 'return') return { ...ui, mode: 'list' };
	if (key.name === 'escape') return { ...ui, mode: 'list', filter: '' };
	if (key.name === 'backspace') return { ...ui, filter: [...ui.filter].slice(0, -1).join('') };
	if (key.ctrl && key.name === 'u') return { ...ui, filter: '' };
	const { text } = key;
	return text === undefined || key.ctrl || /\p{Cc}/u.test(text)
		? ui
		: { ...ui, filter: (ui.filter + text).slice(0, 100) };
}

function answerCancel(ui: Ui, key: Key): Pressed {
	const back: Ui = { ...ui, mode: 'list' };
	if (key.text?.toLowerCase() !== 'y' || ui.selected === undefined) return { ui: back };
	return { ui: back, effect: { kind: 'cancel', id: ui.selected } };
}

function inLog(ui: Ui, key: Key, { page }: Listed): Ui {
	const moved = movement(key, page);
	if (moved !== undefined) return { ...ui, back: Math.max(0, ui.back - moved) };
	if (key.name === 'escape' || ['q', 'l', 'h'].includes(key.text ?? ''))
		return { ...ui, mode: 'list' };
	return ui;
}

/** How many rows down; undefined where the key does not move. */
function movement(key: Key, page: number): number | undefined {
	switch (key.name) {
		case 'up':
		case 'k':
			return -1;
		case 'down':
		case 'j':
			return 1;
		case 'pageup':
			return -page;
		case 'pagedown':
			return page;
		case 'home':
			return Number.NEGATIVE_INFINITY;
		case 'end':
			return Number.POSITIVE_INFINITY;
		default:
			return undefined;
	}
}

/** The selected job, else the first. */
export function selectedOf(ui: Ui, { ids }: Listed): string | undefined {
	return ui.selected !== undefined && ids.includes(ui.selected) ? ui.selected : ids[0];
}

function select(ui: Ui, listed: Listed, by: number): Ui {
	const { ids } = listed;
	const at = Math.max(0, ids.indexOf(selectedOf(ui, listed) ?? ''));
	return { ...ui, selected: ids[Math.min(ids.length - 1, Math.max(0, at + by))] };
}
