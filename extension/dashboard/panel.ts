/** The dashboard beside the editors: one in a window, kept through a restart of it. */
import { l10n, Uri, ViewColumn, type WebviewPanel, window, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from '../connection/link.ts';
import type { LinkState } from '../connection/state.ts';
import { DASHBOARD } from '../contributions.ts';
import type { JobStore } from '../jobs/store/store.ts';
import type { JobText } from '../jobs/text/text.ts';
import { Lifetime } from '../lifetime.ts';
import type { JobLogs } from '../logs/channels.ts';
import { showError } from '../messages.ts';
import { leavingText } from '../status/versions.ts';
import { type DashboardFeed, feedDashboard } from './feed.ts';
import { type FromPage, parseMessage } from './messages.ts';
import { pageFolder, pageHtml } from './page.ts';
import { pickBehind } from './pickBehind.ts';

export interface DashboardPorts {
	readonly extension: Uri;
	readonly link: Link;
	readonly store: JobStore;
	readonly text: JobText;
	readonly logs: JobLogs;
	readonly log: (message: string) => void;
}

export interface Dashboard {
	show(): void;
	/** Fills a panel that the editor has kept. */
	restore(panel: WebviewPanel): void;
	dispose(): void;
}

export function createDashboard(ports: DashboardPorts): Dashboard {
	const { extension, link } = ports;
	let open: WebviewPanel | undefined;
	const options = { enableScripts: true, localResourceRoots: [pageFolder(extension)] };

	function fill(panel: WebviewPanel): void {
		open?.dispose();
		open = panel;
		const lifetime = new Lifetime();
		const { webview } = panel;
		const feed = lifetime.own(createFeed(ports, panel));
		lifetime.own(
			webview.onDidReceiveMessage((value: unknown) => {
				const message = parseMessage(value);
				if (message === undefined) ports.log('The dashboard said what it should not.');
				else void hear(message, feed);
			}),
		);
		lifetime.own(panel.onDidChangeViewState(() => feed.look()));
		lifetime.own(workspace.onDidGrantWorkspaceTrust(() => link.start()));
		panel.onDidDispose(() => {
			lifetime.dispose();
			if (open === panel) open = undefined;
		});
		panel.iconPath = Uri.joinPath(extension, 'media', 'icon.png');
		webview.options = options;
		webview.html = pageHtml(webview, extension);
		// Looking at the jobs is a wish to see them, so it brings the daemon up.
		link.start();
	}

	async function hear(message: FromPage, feed: DashboardFeed): Promise<void> {
		if (message.kind === 'ready') return feed.begin(message.range);
		try {
			const id =
				message.kind === 'log' ? message.id : await pickBehind(link, ports.text, message.jobs);
			if (id !== undefined) await ports.logs.show(id);
		} catch (error) {
			void showError(errorMessage(error));
		}
	}

	return {
		show: () => {
			if (open !== undefined) {
				open.reveal();
				link.start();
				return;
			}
			const title = l10n.t('Semantica Dashboard');
			fill(window.createWebviewPanel(DASHBOARD, title, ViewColumn.Active, options));
		},
		restore: fill,
		dispose: () => open?.dispose(),
	};
}

function createFeed(ports: DashboardPorts, panel: WebviewPanel): DashboardFeed {
	const { link, store, text, log } = ports;
	return feedDashboard({
		link,
		store,
		text,
		post: (message) => void panel.webview.postMessage(message),
		visible: () => panel.visible,
		now: Date.now,
		log,
		stateText: (state) => stateText(state, store),
		olderText: l10n.t(
			'The Semantica daemon is older than this window and tells no numbers. Semantica: Restart Daemon updates it.',
		),
	});
}

function stateText(state: LinkState, store: JobStore): string {
	if (!workspace.isTrusted) return l10n.t('Semantica runs nothing in Restricted Mode.');
	switch (state.kind) {
		case 'stopped':
		case 'starting':
			return l10n.t('Connecting to the Semantica daemon…');
		case 'reconnecting':
			return l10n.t('The Semantica daemon has gone. Connecting again…');
		case 'failed':
		case 'outdated':
			return state.error.message.split('\n', 1)[0] ?? '';
		default:
			return leavingText(state, store) ?? '';
	}
}
