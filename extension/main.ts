/** Activation: construct, register, return. The daemon is not touched before somebody needs it. */
import { type ExtensionContext, env, l10n, window } from 'vscode';
import { commandBodies } from './commands/all.ts';
import { registerCommands } from './commands/register.ts';
import { createWindowLink, keepInformed, type Notifications } from './connection/windowLink.ts';
import { indexOnOpen } from './indexing/automatic.ts';
import { IndexedFolders } from './indexing/indexedFolders.ts';
import { Indexer } from './indexing/indexer.ts';
import { indexOnSave } from './indexing/onSave.ts';
import { JobOutcomes } from './jobs/outcomes.ts';
import { JobPages } from './jobs/pages.ts';
import { createJobPicker } from './jobs/pick.ts';
import { WaitingReasons } from './jobs/reasons.ts';
import { createJobRows } from './jobs/rows.ts';
import { JobStore } from './jobs/store.ts';
import { followJobs } from './jobs/subscription.ts';
import { createJobText } from './jobs/text.ts';
import { JobsTree } from './jobs/tree.ts';
import { showJobsView } from './jobs/view.ts';
import { createWaitingText } from './jobs/waitingText.ts';
import { Lifetime, Signal } from './lifetime.ts';
import { createLog, scoped } from './log.ts';
import { JobLogs } from './logs/channels.ts';
import { showPresence } from './presence/presence.ts';
import { setting } from './settings.ts';
import { createContextKeys } from './status/contextKeys.ts';
import { createReporter } from './status/reporter.ts';
import { showStatusBar } from './status/statusBar.ts';

/** The editor calls `deactivate` without anything by which it could be found. */
let leave = async (): Promise<void> => {};

export function activate(context: ExtensionContext): void {
	const began = performance.now();
	const own = new Lifetime();
	const channel = own.own(window.createOutputChannel('Semantica', { log: true }));
	const log = createLog(channel, () => setting('logLevel'));
	const notifications: Notifications = new Signal();
	const link = createWindowLink(context, channel, notifications, log);

	const store = new JobStore();
	const text = createJobText(l10n.t, env.language, Date.now);
	const waiting = createWaitingText(l10n.t, text);
	const jobs = own.own(followJobs(store, { link, notifications, log: scoped(log, 'jobs') }));
	const pages = own.own(new JobPages(store, link, scoped(log, 'jobs')));
	const outcomes = own.own(new JobOutcomes(store.updates, link));
	const reasons = own.own(new WaitingReasons(store, link, scoped(log, 'jobs')));
	const rows = createJobRows(text, waiting, (id) => reasons.of(id));
	const tree = own.own(new JobsTree({ store, rows, link, reasons, log: scoped(log, 'jobs') }));
	const setContext = createContextKeys();
	const view = own.own(showJobsView({ tree, store, link, reasons, setContext }));
	const logs = own.own(new JobLogs({ link, notifications, text, log: scoped(log, 'logs') }));
	const jobsVisible = () => view.visible;
	const reporter = createReporter({ outcomes, link, text, jobsVisible, log: scoped(log, 'jobs') });
	const indexed = new IndexedFolders(context.globalState, link);
	const indexer = new Indexer(link, indexed);
	const loaded = () => jobs.loaded();
	const picker = createJobPicker(store, text, loaded);
	own.own(keepInformed(link, indexed, log));
	own.own(indexOnSave(indexer, indexed, scoped(log, 'index')));
	own.own(indexOnOpen({ indexer, indexed, link, store, log: scoped(log, 'index') }));
	own.own(showStatusBar(link, store, String(context.extension.packageJSON.version)));
	const services = { link, store, loaded, pages, picker, logs, indexer, indexed, reporter, log };
	own.own(registerCommands(commandBodies(services), link, log));
	const presence = own.own(showPresence(link, scoped(log, 'presence')));
	leave = async () => {
		// Only what the daemon is told before the connection closes is told at all.
		await presence.farewell();
		await link.stop();
		own.dispose();
	};
	log.info('extension', `Activated in ${(performance.now() - began).toFixed(1)} ms.`);
}

/** The editor waits for it before it lets go of the window, for some seconds at the most. */
export function deactivate(): Promise<void> {
	return leave();
}
