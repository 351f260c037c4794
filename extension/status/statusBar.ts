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

const COALESCE_MS = 200;

export function showStatusBar(link: Link, store: JobStore, version: string): Disposable {
	const lifetime = new Lifetime();
	const item = lifetime.own(
		window.createStatusBarItem('semantica.status', StatusBarAlignment.Left, 0),
	);
	item.name = 'Semantica';
	item.command = `${VIEWS.jobs}.focus`;
	const render = () => renderStatus(item, link.state, store, version);
	const later = lifetime.own(new Coalescer(COALESCE_MS, render));
	lifetime.own(link.onDidChange(() => later.schedule()));
	lifetime.own(store.onDidChange(() => later.schedule()));
	render();
	return lifetime;
}

function renderStatus(
	item: StatusBarItem,
	state: LinkState,
	store: JobStore,
	version: string,
): void {
	// Nobody has needed Semantica in this window: then it takes no room either.
	if (state.kind === 'stopped') {
		item.hide();
		return;
	}
	const { icon, words } = summary(state, store);
	item.text = `$(${icon}) ${words}`;
	item.accessibilityInformation = { label: words };
	item.backgroundColor =
		state.kind === 'failed' ? new ThemeColor('statusBarItem.errorBackground') : undefined;
	item.tooltip = panel(state, store, version);
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

function panel(state: LinkState, store: JobStore, version: string): MarkdownString {
	const panel = new MarkdownString('', true);
	panel.isTrusted = {
		enabledCommands: [
			COMMANDS.search.id,
			COMMANDS.pauseAll.id,
			COMMANDS.resumeAll.id,
			COMMANDS.showDaemonLog.id,
			COMMANDS.restartDaemon.id,
		],
	};
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
	return panel.appendMarkdown(links.join(' · '));
}
