/** The one status bar item: whether the daemon is there, what runs, and a tooltip that works as a panel. */
import {
	l10n,
	MarkdownString,
	StatusBarAlignment,
	type StatusBarItem,
	ThemeColor,
	window,
} from 'vscode';
import { isServing } from '../../shared/jobTerms.ts';
import type { Link } from '../connection/link.ts';
import type { LinkState } from '../connection/state.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import type { JobStore } from '../jobs/store/store.ts';
import { plainText } from '../jobs/text/plainText.ts';
import { progressPercent } from '../jobs/text/text.ts';
import { shortTitle } from '../jobs/text/title.ts';
import { Coalescer, type Disposable, Lifetime } from '../lifetime.ts';
import { plainLabel } from '../plainLabel.ts';
import { daemonVersion, leavingText, runningOf } from './versions.ts';

const COALESCE_MS = 200;

export function showStatusBar(link: Link, store: JobStore, version: string): Disposable {
	const lifetime = new Lifetime();
	const item = lifetime.own(
		window.createStatusBarItem('semantica.status', StatusBarAlignment.Left, 0),
	);
	item.name = 'Semantica';
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
	readonly background: 'error' | 'warning' | undefined;
	/** Markdown. */
	readonly panel: string;
	readonly command: string;
}

const BACKGROUNDS: Partial<Record<LinkState['kind'], 'error' | 'warning'>> = {
	failed: 'error',
	outdated: 'warning',
};

function statusLook(state: LinkState, store: JobStore, version: string): StatusLook | undefined {
	// Nobody has needed Semantica in this window: then it takes no room either.
	if (state.kind === 'stopped') return undefined;
	return {
		...summary(state, store),
		background: BACKGROUNDS[state.kind],
		panel: panel(state, store, version),
		// Without a daemon to ask, the view says what is wrong.
		command: state.kind === 'connected' ? COMMANDS.showStatus.id : `${VIEWS.jobs}.focus`,
	};
}

function show(item: StatusBarItem, look: StatusLook | undefined): void {
	if (look === undefined) {
		item.hide();
		return;
	}
	item.command = look.command;
	item.text = `$(${look.icon}) ${plainLabel(look.words)}`;
	item.accessibilityInformation = { label: look.words };
	item.backgroundColor =
		look.background === undefined
			? undefined
			: new ThemeColor(`statusBarItem.${look.background}Background`);
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
		case 'outdated':
			return { icon: 'warning', words: l10n.t('Semantica: update needed') };
		case 'handover':
			return { icon: 'sync~spin', words: l10n.t('Semantica: updating') };
		case 'connected':
			return store.draining?.mode === 'handover' ? updating(store) : activity(store);
		default:
			return { icon: 'sync~spin', words: l10n.t('Semantica: connecting') };
	}
}

function updating(store: JobStore): { icon: string; words: string } {
	const running = runningOf(store);
	if (running === 0) return { icon: 'sync~spin', words: l10n.t('Semantica: updating') };
	const words =
		running === 1
			? l10n.t('Semantica: update waits for 1 job')
			: l10n.t('Semantica: update waits for {0} jobs', running);
	return { icon: 'sync~spin', words };
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
	// What serves others runs for days, and nothing is under way.
	const icon = running.every(isServing) ? 'broadcast' : 'sync~spin';
	if (running.length > 1) return { icon, words: l10n.t('{0} jobs', running.length) };
	const percent = progressPercent(only);
	const title = shortTitle(only.title, 30);
	return { icon, words: percent === undefined ? title : `${title} ${percent}%` };
}

function panel(state: LinkState, store: JobStore, version: string): string {
	const panel = new MarkdownString('');
	const daemon = daemonVersion(state, version);
	panel.appendMarkdown(`**Semantica** ${version}`);
	if (daemon !== undefined) panel.appendMarkdown(` · ${plainText(l10n.t('daemon {0}', daemon))}`);
	panel.appendMarkdown('\n\n');
	const say = (sentence: string) => panel.appendMarkdown(`${plainText(sentence)}\n\n`);
	const leaving = leavingText(state, store);
	if (leaving !== undefined) say(leaving);
	if (isNewer(state)) {
		say(
			l10n.t(
				'The daemon is newer than this window. Update Semantica here, then reload the window.',
			),
		);
	}
	if (state.kind === 'failed' || state.kind === 'outdated') say(state.error.message);
	if (state.kind === 'connected') {
		const waiting = store.counts?.['queued'] ?? 0;
		const running = store.counts?.['running'] ?? 0;
		say(l10n.t('{0} running, {1} waiting', running, waiting));
	}
	return panel.appendMarkdown(links(state, store, leaving !== undefined).join(' · ')).value;
}

const isNewer = (state: LinkState): boolean =>
	state.kind === 'connected' && state.relation === 'newer';

function links(state: LinkState, store: JobStore, leaves: boolean): string[] {
	const link = (id: string, words: string) => `[${words}](command:${id})`;
	const log = link(COMMANDS.showDaemonLog.id, l10n.t('Show Daemon Log'));
	const reload = link('workbench.action.reloadWindow', l10n.t('Reload Window'));
	const restart = link(
		COMMANDS.restartDaemon.id,
		leaves ? l10n.t('Update Now') : l10n.t('Restart Daemon'),
	);
	if (state.kind === 'handover') return [log, restart];
	if (state.kind === 'outdated') {
		const updates = 'workbench.extensions.action.checkForUpdates';
		return [reload, link(updates, l10n.t('Check for Updates')), log];
	}
	return [
		link(COMMANDS.search.id, l10n.t('Search Index')),
		store.paused
			? link(COMMANDS.resumeAll.id, l10n.t('Resume All'))
			: link(COMMANDS.pauseAll.id, l10n.t('Pause All')),
		log,
		restart,
		...(isNewer(state) ? [reload] : []),
	];
}
