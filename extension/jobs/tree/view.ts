/** The Jobs view around its tree: badge, message, and what follows from somebody looking at it. */
import { l10n, type TreeView, window, workspace } from 'vscode';
import type { Link } from '../../connection/link.ts';
import type { LinkState } from '../../connection/state.ts';
import { type SelectedKind, VIEWS } from '../../contributions.ts';
import { Coalescer, type Disposable, Lifetime } from '../../lifetime.ts';
import type { SetContext } from '../../status/contextKeys.ts';
import { leavingText } from '../../status/versions.ts';
import type { JobsFilter } from '../filter/filter.ts';
import { filterText } from '../filter/text.ts';
import type { WaitingReasons } from '../store/reasons.ts';
import type { JobStore } from '../store/store.ts';
import type { Node } from './nodes.ts';
import type { JobsTree } from './tree.ts';

export interface JobsView extends Disposable {
	readonly visible: boolean;
	/** The selected rows, while the view is visible. */
	selection(): readonly Node[];
	/** Ids of the jobs among them. */
	selected(): string[];
}

export interface JobsViewPorts {
	readonly tree: JobsTree;
	readonly store: JobStore;
	readonly link: Link;
	readonly reasons: WaitingReasons;
	readonly filter: Pick<JobsFilter, 'wish' | 'narrows' | 'onDidChange'>;
	readonly setContext: SetContext;
}

export function showJobsView(ports: JobsViewPorts): JobsView {
	const { tree, store, link, reasons, filter, setContext } = ports;
	const lifetime = new Lifetime();
	const view: TreeView<Node> = lifetime.own(
		window.createTreeView(VIEWS.jobs, {
			treeDataProvider: tree,
			canSelectMany: true,
			showCollapseAll: true,
		}),
	);
	lifetime.own(view.onDidCollapseElement(({ element }) => tree.folded(element)));

	// Looking at the jobs is a wish to see them, so it brings the daemon up.
	const looked = () => {
		reasons.visible = view.visible;
		tree.visible = view.visible;
		if (view.visible) link.wake();
	};
	lifetime.own(view.onDidChangeVisibility(looked));
	lifetime.own(workspace.onDidGrantWorkspaceTrust(looked));

	const selection = () => (view.visible ? view.selection : []);
	const tellSelected = () => setContext('semantica.selected', kindOf(selection()));
	lifetime.own(view.onDidChangeSelection(tellSelected));
	lifetime.own(view.onDidChangeVisibility(tellSelected));
	tellSelected();

	const badge = () => {
		const running = store.group('running').length;
		view.badge =
			running === 0 ? undefined : { value: running, tooltip: l10n.t('{0} running', running) };
	};
	const badgeLater = lifetime.own(new Coalescer(250, badge));
	lifetime.own(store.onDidChange(() => badgeLater.schedule()));

	const showFilter = () => {
		setContext('semantica.filtered', filter.narrows);
		view.description = filterText(l10n.t, filter.wish);
	};
	lifetime.own(filter.onDidChange(showFilter));
	showFilter();

	// In other states the view is empty and says it in its welcome, which a message would hide.
	const leaving = () =>
		link.state.kind === 'connected' ? leavingText(link.state, store) : undefined;
	const showState = () => {
		setContext('semantica.connection', link.state.kind);
		setContext('semantica.paused', store.paused);
		view.message = store.paused
			? l10n.t('Paused: what runs goes on, nothing else starts.')
			: (leaving() ?? stateMessage(link.state, view.message ?? ''));
	};
	lifetime.own(link.onDidChange(showState));
	let said = '';
	lifetime.own(
		store.onDidChange(() => {
			// Each message that is set draws the view anew.
			const toSay = JSON.stringify([store.paused, leaving()]);
			if (said === toSay) return;
			said = toSay;
			showState();
		}),
	);
	showState();
	looked();
	return {
		get visible() {
			return view.visible;
		},
		selection,
		selected: () => selection().flatMap((node) => (node.kind === 'job' ? [node.id] : [])),
		dispose: () => lifetime.dispose(),
	};
}

/** Of several rows: jobs before schedules before headings. */
function kindOf(nodes: readonly Node[]): SelectedKind {
	const kinds = ['job', 'schedule', 'group'] as const;
	return kinds.find((kind) => nodes.some((node) => node.kind === kind)) ?? 'none';
}

/** The first line says what is wrong; the rest, a log's tail, is in the log. */
function stateMessage(state: LinkState, shown: string): string {
	switch (state.kind) {
		case 'failed':
			return state.error.message.split('\n', 1)[0] ?? '';
		case 'reconnecting':
			return l10n.t('Connecting again…');
		case 'starting':
			// Trying again most often ends as before: the text need not flicker.
			return shown;
		default:
			return '';
	}
}
