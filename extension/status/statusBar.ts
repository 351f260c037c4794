/** The one status bar item: whether the daemon is there, what runs, and a tooltip that works as a panel. */
import {
	l10n,
	MarkdownString,
	StatusBarAlignment,
	type StatusBarItem,
	ThemeColor,
	window,
} from 'vscode';
import type { Link } from '../connection/link.ts';
import type { LinkState } from '../connection/state.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import type { JobStore } from '../jobs/store.ts';
import { progressPercent } from '../jobs/text.ts';
import { Coalescer, type Disposable, Lifetime } from '../lifetime.ts';
import { plainLabel } from '../plainLabel.ts';

const COALESCE_MS = 200;

export function showStatusBar(link: Link, store: JobStore, version: string): Disposable {
	const lifetime = new Lifetime();
	const item = lifetime.own(
		window.createStatusBarItem('semantica.status', StatusBarAlignment.Left, 0),
	);
	item.name = 'Semantica';
	item.command = `${VIEWS.jobs}.focus`;
	// Each change of an item draws it anew, and its tooltip with it.
	let shown = '';
	const render = () => {
		const look = statusLook(link.state, store, version);
		if (JSON.stringify(look) === shown) return;
		shown = JSON.stringify(look);
		show(item, look);
	};
	const later = lifetime.own(new Coalescer(COALESCE_MS, render));
	lifetime.own(link.onDidChange(() => later.schedule()));
	lifetime.own(store.onDidChange(() => later.schedule()));
	render();
	return lifetime;
}

interface StatusLook {
	readonly icon: string;
	readonly words: string;
	readonly failed: boolean;
	/** Markdown. */
	readonly panel: string;
}

function statusLook(state: LinkState, store: JobStore, version: string): StatusLook | undefined {
	// Nobody has needed Semantica in this window: then it takes no room either.
	if (state.kind === 'stopped') return undefined;
	const failed = state.kind === 'failed';
	return { ...summary(state, store), failed, panel: panel(state, store, version) };
}

function show(item: StatusBarItem, look: StatusLook | undefined): void {
	if (look === undefined) {
		item.hide();
		return;
	}
	item.text = `$(${look.icon}) ${plainLabel(look.words)}`;
	item.accessibilityInformation = { label: look.words };
	item.backgroundColor = look.failed ? new ThemeColor('statusBarItem.errorBackground') : undefined;
	const tooltip = new MarkdownString(look.panel, true);
	// Not a list of commands, which the editor would take for another tooltip each time: it would close and open
	// with every percent. What others say in it is escaped, so all links are ours.
	tooltip.isTrusted = true;
	item.tooltip = tooltip;
	item.show();
}

function summary(state: LinkState, store: JobStore): { icon: string; words: string } {
	switch (state.kind) {
		case 'failed':
			return { icon: 'error', words: l10n.t('Semantica: daemon not running') };
		case 'connected':
			return activity(store);
		default:
			return { icon: 'sync~spin', words: l10n.t('Semantica: connecting') };
	}
}

function activity(store: JobStore): { icon: string; words: string } {
	const running = store.group('running').filter((job) => job.state === 'running');
	const [only] = running;
	if (store.paused) {
		const words =
			running.length === 0
				? l10n.t('Semantica: paused')
				: l10n.t('Semantica: paused, {0} running', running.length);
		return { icon: 'debug-pause', words };
	}
	if (only === undefined) return { icon: 'layers', words: 'Semantica' };
	if (running.length > 1) return { icon: 'sync~spin', words: l10n.t('{0} jobs', running.length) };
	const percent = progressPercent(only);
	const title = only.title.length > 30 ? `${only.title.slice(0, 29)}…` : only.title;
	return { icon: 'sync~spin', words: percent === undefined ? title : `${title} ${percent}%` };
}

function panel(state: LinkState, store: JobStore, version: string): string {
	const panel = new MarkdownString('');
	panel.appendMarkdown(`**Semantica** ${version}\n\n`);
	if (state.kind === 'failed') panel.appendText(state.error.message).appendMarkdown('\n\n');
	if (state.kind === 'connected') {
		const waiting = store.counts?.['queued'] ?? 0;
		const running = store.counts?.['running'] ?? 0;
		panel.appendText(l10n.t('{0} running, {1} waiting', running, waiting)).appendMarkdown('\n\n');
	}
	const link = (id: string, words: string) => `[${words}](command:${id})`;
	const links = [
		link(COMMANDS.search.id, l10n.t('Search Index')),
		store.paused
			? link(COMMANDS.resumeAll.id, l10n.t('Resume All'))
			: link(COMMANDS.pauseAll.id, l10n.t('Pause All')),
		link(COMMANDS.showDaemonLog.id, l10n.t('Show Daemon Log')),
		link(COMMANDS.restartDaemon.id, l10n.t('Restart Daemon')),
	];
	return panel.appendMarkdown(links.join(' · ')).value;
}
