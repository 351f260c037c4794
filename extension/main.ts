/** Activation: construct, register, return. The daemon is not touched before somebody needs it. */
import { join } from 'node:path';
import { type ExtensionContext, env, l10n, window } from 'vscode';
import type { SemanticaApi } from '../sdk/api.ts';
import { openDoor } from './ai/door.ts';
import { watchApprovals } from './ai/watch.ts';
import { createApi } from './api.ts';
import { registerCommands } from './commands/register.ts';
import { leaveWhenStopped } from './connection/stopDaemon.ts';
import { createWindowLink, keepInformed, type Notifications } from './connection/windowLink.ts';
import { dashboardOnDemand } from './dashboard/onDemand.ts';
import { DAEMON_SETTINGS, takeBackEmptied } from './emptied.ts';
import { canonicalUri } from './indexing/canonicalUri.ts';
import { openFolders } from './indexing/folders.ts';
import { IndexedFolders } from './indexing/indexedFolders.ts';
import { Indexer } from './indexing/indexer.ts';
import { keepIndexesCurrent } from './indexing/keepCurrent.ts';
import { watchOpenFolders } from './indexing/openFolders.ts';
import { createSaidRules } from './indexing/saidRules.ts';
import { showJobDetails } from './jobs/details.ts';
import { JobsFilter } from './jobs/filter/filter.ts';
import { rememberedWish, rememberWish } from './jobs/filter/memory.ts';
import { sift } from './jobs/filter/shown.ts';
import { createJobPicker } from './jobs/pick.ts';
import { JobOutcomes } from './jobs/store/outcomes.ts';
import { JobPages } from './jobs/store/pages.ts';
import { WaitingReasons } from './jobs/store/reasons.ts';
import { JobStore } from './jobs/store/store.ts';
import { followJobs } from './jobs/store/subscription.ts';
import { UsualTimes } from './jobs/store/usual.ts';
import { createElapsedText } from './jobs/text/elapsed.ts';
import { createJobText } from './jobs/text/text.ts';
import { createWaitingText } from './jobs/text/waitingText.ts';
import { createJobRows } from './jobs/tree/rows.ts';
import { JobsTree } from './jobs/tree/tree.ts';
import { showJobsView } from './jobs/tree/view.ts';
import { Lifetime, Signal } from './lifetime.ts';
import { createLog, scoped } from './log.ts';
import { JobLogs } from './logs/channels.ts';
import { logViewsOnDemand } from './logs/onDemand.ts';
import { LogSubscriptions } from './logs/subscriptions.ts';
import { machineMemory } from './machineMemory.ts';
import { showEnds } from './presence/ends.ts';
import { showPresence } from './presence/presence.ts';
import { watchProblems } from './problems/watch.ts';
import { watchQuestions } from './questions/watch.ts';
import { SchedulesBranch } from './schedules/branch.ts';
import { ScheduleStore } from './schedules/store.ts';
import { followSchedules } from './schedules/subscription.ts';
import { createScheduleText } from './schedules/text.ts';
import { searchOnDemand } from './search/onDemand.ts';
import { configuredHome, onDidChangeSetting, setting } from './settings.ts';
import { createContextKeys } from './status/contextKeys.ts';
import { createReporter } from './status/reporter.ts';
import { showStatusBar } from './status/statusBar.ts';
import { offerTasks } from './tasks/provider.ts';
import { offerInTerminals } from './terminalPath.ts';

/** The editor calls `deactivate` without anything by which it could be found. */
let leave = async (): Promise<void> => {};

export function activate(context: ExtensionContext): SemanticaApi {
	const began = performance.now();
	const own = new Lifetime();
	const channel = own.own(window.createOutputChannel('Semantica', { log: true }));
	const log = createLog(channel, () => setting('logLevel'));
	const notifications: Notifications = new Signal();
	const link = createWindowLink(context, channel, notifications, log);

	const store = new JobStore();
	const text = createJobText(l10n.t, env.language, Date.now);
	const waiting = createWaitingText(l10n.t, text);
	const folders = own.own(watchOpenFolders());
	const filter = new JobsFilter(
		{ folders: () => folders.uris, now: Date.now },
		rememberedWish(context.workspaceState),
	);
	const sifted = own.own(sift(store, filter));
	own.own(rememberWish(filter, context.workspaceState));
	own.own(folders.onDidChange(() => filter.look()));
	const shown = sifted.store;
	const jobs = own.own(
		followJobs(sifted.follower, { link, notifications, log: scoped(log, 'jobs') }),
	);
	const pages = own.own(
		new JobPages(shown, link, scoped(log, 'jobs'), (group) => filter.listed(group)),
	);
	const outcomes = own.own(new JobOutcomes(store.updates, link));
	const reasons = own.own(new WaitingReasons(shown, link, scoped(log, 'jobs')));
	const usual = own.own(new UsualTimes(store, link, scoped(log, 'jobs')));
	const elapsed = createElapsedText(l10n.t, text.duration, Date.now);
	const rows = createJobRows({
		text,
		waiting,
		reasonOf: (id) => reasons.of(id),
		elapsedOf: (job) => elapsed(job, job.usualMs ?? usual.of(job.id)),
		placeOf: (job) => filter.placeOf(job),
	});
	const schedules = new ScheduleStore();
	own.own(followSchedules(schedules, { link, notifications, log: scoped(log, 'schedules') }));
	const scheduleText = createScheduleText(l10n.t, text.time, Date.now);
	const scheduled = own.own(new SchedulesBranch(schedules, scheduleText));
	const tree = own.own(
		new JobsTree({
			store: shown,
			filter,
			rows,
			link,
			reasons,
			usual,
			scheduled,
			now: Date.now,
			others: () => filter.others(store.top()),
			log: scoped(log, 'jobs'),
		}),
	);
	const setContext = createContextKeys();
	const view = own.own(showJobsView({ tree, store, link, reasons, filter, setContext }));
	const logged = { link, log: scoped(log, 'logs') };
	const subscriptions = own.own(new LogSubscriptions({ ...logged, notifications }));
	const logs = own.own(new JobLogs({ ...logged, subscriptions, text }));
	const logViews = own.own(logViewsOnDemand({ ...logged, subscriptions, text }, setContext));
	own.own(offerTasks({ ...logged, subscriptions, text }));
	const jobsVisible = () => view.visible;
	const reporter = createReporter({
		outcomes,
		link,
		text,
		jobsVisible,
		log: scoped(log, 'jobs'),
		isListed: (id) => shown.get(id) !== undefined,
		started: (id) => sifted.own(id),
	});
	own.own(showEnds({ link, notifications, reporter }));
	const memory = machineMemory(context.globalStorageUri.fsPath);
	const indexed = new IndexedFolders(memory, link);
	const indexer = new Indexer(link, indexed, createSaidRules(context.workspaceState, link));
	const loaded = () => jobs.loaded();
	const picker = createJobPicker(store, shown, text, loaded, () => view.selected());
	own.own(keepInformed(link, indexed, log));
	own.own(leaveWhenStopped(link, store));
	own.own(
		takeBackEmptied({
			link,
			memory,
			value: (name) => {
				const value = setting(name);
				return value === 'default' ? null : value;
			},
			home: configuredHome,
			onDidChangeSettings: (listener) => onDidChangeSetting(DAEMON_SETTINGS, listener),
			log: scoped(log, 'settings'),
		}),
	);
	own.own(keepIndexesCurrent({ indexer, indexed, link, store, log: scoped(log, 'index') }));
	own.own(showStatusBar(link, store, String(context.extension.packageJSON.version)));
	const dashboard = own.own(
		dashboardOnDemand({
			extension: context.extensionUri,
			link,
			store,
			text,
			logs,
			log: scoped(log, 'dashboard'),
		}),
	);
	const search = own.own(searchOnDemand({ link, indexed, memory: context.workspaceState, log }));
	const details = own.own(showJobDetails({ link, store, text, waiting }));
	const services = {
		link,
		store,
		filter,
		schedules,
		scheduleText,
		loaded,
		pages,
		picker,
		view,
		logs,
		logViews,
		indexer,
		reporter,
		text,
		details,
		dashboard,
		search,
		log,
		memory: context.workspaceState,
		version: String(context.extension.packageJSON.version),
	};
	const bodies = async () => (await import('./commands/bodies.ts')).commandBodies(services);
	own.own(registerCommands(bodies, link, log));
	own.own(
		watchApprovals({
			updates: store.updates,
			link,
			folders: () => Promise.all(openFolders().map(canonicalUri)),
			log: scoped(log, 'ai'),
		}),
	);
	own.own(
		watchQuestions({
			updates: store.updates,
			link,
			folders: () => Promise.all(openFolders().map(canonicalUri)),
			isFocused: () => window.state.focused,
			onDidFocus: (listener) => window.onDidChangeWindowState(listener),
			log: scoped(log, 'jobs'),
		}),
	);
	own.own(
		watchProblems({
			updates: store.updates,
			removed: store.removed,
			link,
			folders: () => openFolders().map(({ path }) => path),
			log: scoped(log, 'jobs'),
		}),
	);
	own.own(
		openDoor({
			link,
			home: configuredHome,
			distFolder: join(context.extensionPath, 'dist'),
			version: String(context.extension.packageJSON.version),
			tools: context.extension.packageJSON.contributes.languageModelTools,
			log: scoped(log, 'ai'),
		}),
	);
	own.own(offerInTerminals(context.environmentVariableCollection, scoped(log, 'terminals')));
	const presence = own.own(showPresence(link, scoped(log, 'presence')));
	leave = async () => {
		// Only what the daemon is told before the connection closes is told at all.
		await presence.farewell();
		await link.stop();
		own.dispose();
	};
	const api = createApi({ distFolder: join(context.extensionPath, 'dist'), home: configuredHome });
	log.info('extension', `Activated in ${(performance.now() - began).toFixed(1)} ms.`);
	return api;
}

/** The editor waits for it before it lets go of the window, for some seconds at the most. */
export function deactivate(): Promise<void> {
	return leave();
}
