/** Which body stands behind which command id. */
import type { Link } from '../connection/link.ts';
import type { DashboardOnDemand } from '../dashboard/onDemand.ts';
import { createKeptEnvironments } from '../environment/kept.ts';
import type { Indexer } from '../indexing/indexer.ts';
import type { JobDetails } from '../jobs/details.ts';
import type { JobsFilter } from '../jobs/filter/filter.ts';
import type { JobPicker } from '../jobs/pick.ts';
import type { JobPages } from '../jobs/store/pages.ts';
import type { JobStore } from '../jobs/store/store.ts';
import type { JobText } from '../jobs/text/text.ts';
import type { JobsView } from '../jobs/tree/view.ts';
import type { Log } from '../log.ts';
import type { JobLogs } from '../logs/channels.ts';
import type { LogViewsOnDemand } from '../logs/onDemand.ts';
import { createScheduleChanges } from '../schedules/changes.ts';
import { createSchedulePicker } from '../schedules/pick.ts';
import type { ScheduleStore } from '../schedules/store.ts';
import type { ScheduleText } from '../schedules/text.ts';
import type { SearchOnDemand } from '../search/onDemand.ts';
import { configuredHome } from '../settings.ts';
import type { Reporter } from '../status/reporter.ts';
import { answer } from './answer.ts';
import { approve } from './approve.ts';
import { cancel } from './cancel.ts';
import { cancelGroup } from './cancelGroup.ts';
import { changeTime } from './changeTime.ts';
import { clearFilter } from './clearFilter.ts';
import { clearFinished } from './clearFinished.ts';
import { type CommandMemory, createCommandHistory } from './commandHistory.ts';
import { copyId } from './copyId.ts';
import { environment } from './environment.ts';
import { explainWaiting } from './explainWaiting.ts';
import { filterJobs } from './filterJobs.ts';
import { followLog } from './followLog.ts';
import { goToSymbol } from './goToSymbol.ts';
import { indexCurrentFile } from './indexCurrentFile.ts';
import { indexFolder } from './indexFolder.ts';
import { indexWorkspace } from './indexWorkspace.ts';
import { lowerPriority } from './lowerPriority.ts';
import { moveToQueue } from './moveToQueue.ts';
import { onRows } from './onRows.ts';
import { openLogFile } from './openLogFile.ts';
import { openLogInTerminal } from './openLogInTerminal.ts';
import { pause } from './pause.ts';
import { pauseAll } from './pauseAll.ts';
import { pauseGroup } from './pauseGroup.ts';
import { pauseSchedule } from './pauseSchedule.ts';
import { raisePriority } from './raisePriority.ts';
import type { CommandBodies, CommandBody } from './register.ts';
import { remove } from './remove.ts';
import { removeGroup } from './removeGroup.ts';
import { removeSchedule } from './removeSchedule.ts';
import { resume } from './resume.ts';
import { resumeAll } from './resumeAll.ts';
import { resumeGroup } from './resumeGroup.ts';
import { resumeSchedule } from './resumeSchedule.ts';
import { retry } from './retry.ts';
import { retryGroup } from './retryGroup.ts';
import { revealFolder } from './revealFolder.ts';
import { runCommand } from './runCommand.ts';
import { runNow } from './runNow.ts';
import { runSchedule } from './runSchedule.ts';
import { runTask } from './runTask.ts';
import { search } from './search.ts';
import { showDaemonLog } from './showDaemonLog.ts';
import { showDashboard } from './showDashboard.ts';
import { showDetails } from './showDetails.ts';
import { showLog } from './showLog.ts';
import { showMore } from './showMore.ts';
import { showStatus } from './showStatus.ts';
import { startDaemon } from './startDaemon.ts';
import { toggleEverywhere } from './toggleEverywhere.ts';
import { toggleLogTimes } from './toggleLogTimes.ts';
import { unfollowLog } from './unfollowLog.ts';

export interface CommandServices {
	readonly link: Link;
	readonly store: JobStore;
	readonly filter: JobsFilter;
	readonly schedules: ScheduleStore;
	readonly scheduleText: ScheduleText;
	/** Connects if need be, and resolves once the store holds the daemon's jobs. */
	loaded(): Promise<void>;
	readonly pages: JobPages;
	readonly picker: JobPicker;
	readonly view: Pick<JobsView, 'selection'>;
	readonly logs: JobLogs;
	readonly logViews: LogViewsOnDemand;
	readonly indexer: Indexer;
	readonly reporter: Reporter;
	readonly text: JobText;
	readonly details: Pick<JobDetails, 'show'>;
	readonly dashboard: DashboardOnDemand;
	readonly search: SearchOnDemand;
	readonly log: Log;
	/** Of the workspace. */
	readonly memory: CommandMemory;
	/** Of the extension. */
	readonly version: string;
}

export function commandBodies(services: CommandServices): CommandBodies {
	const { link, store, loaded, pages, picker, logs, logViews, indexer, reporter, text, log } =
		services;
	const history = createCommandHistory(services.memory);
	const environments = createKeptEnvironments(services.memory);
	const scheduled = createScheduleChanges(link, reporter);
	const selection = () => services.view.selection();
	const schedulePicker = createSchedulePicker(link, services.scheduleText, selection);
	const jobs = {
		runNow: runNow(link, picker),
		pause: pause(link, picker),
		resume: resume(link, picker),
		remove: remove(link, picker),
	};
	const of: CommandBodies['of'] = {
		indexWorkspace: indexWorkspace(indexer, reporter),
		indexFolder: indexFolder(indexer, reporter),
		indexCurrentFile: indexCurrentFile(indexer, reporter),
		runCommand: runCommand(link, logs, reporter, history, environments),
		runTask: runTask(link, logs, reporter),
		scheduleCommand: onDemand(async () => {
			const { scheduleCommand } = await import('./scheduleCommand.ts');
			return scheduleCommand(link, services.schedules, text, history, environments);
		}),
		environment: environment(environments),
		runSchedule: runSchedule(schedulePicker, scheduled),
		pauseSchedule: pauseSchedule(schedulePicker, scheduled),
		resumeSchedule: resumeSchedule(schedulePicker, scheduled),
		removeSchedule: removeSchedule(schedulePicker, scheduled),
		search: search(services.search),
		goToSymbol: goToSymbol(services.search),
		showDashboard: showDashboard(services.dashboard),
		showLog: showLog((id) => logs.show(id), picker),
		openLogInTerminal: openLogInTerminal(logViews, picker),
		followLog: followLog(logViews),
		unfollowLog: unfollowLog(logViews),
		toggleLogTimes: toggleLogTimes(logViews),
		openLogFile: openLogFile(logViews, picker),
		showDetails: showDetails(services.details, picker),
		explainWaiting: explainWaiting(link, picker),
		copyId: copyId(picker),
		revealFolder: revealFolder(link, picker),
		cancel: cancel(link, picker),
		retry: retry(link, picker),
		...jobs,
		answer: answer(link, picker),
		approve: approve(link, picker),
		aiPolicy: onDemand(async () => (await import('./aiPolicy.ts')).aiPolicy(link)),
		joinFleet: onDemand(async () => (await import('./joinFleet.ts')).joinFleet(link)),
		showFleet: onDemand(async () => (await import('./showFleet.ts')).showFleet(link, text)),
		raisePriority: raisePriority(link, picker, store),
		lowerPriority: lowerPriority(link, picker, store),
		changeTime: changeTime(link, picker, text),
		moveToQueue: moveToQueue(link, picker),
		filterJobs: filterJobs(services.filter),
		clearFilter: clearFilter(services.filter),
		toggleEverywhere: toggleEverywhere(services.filter),
		clearFinished: clearFinished(link),
		pauseAll: pauseAll(link),
		resumeAll: resumeAll(link),
		startDaemon: startDaemon(link),
		restartDaemon: onDemand(async () => {
			const { restartDaemonCommand } = await import('./restartDaemon.ts');
			return restartDaemonCommand(link, store, loaded, configuredHome, log);
		}),
		showStatus: showStatus(link, text),
		stopDaemon: onDemand(async () => {
			const { stopDaemon } = await import('./stopDaemon.ts');
			return stopDaemon(link, store, loaded, configuredHome);
		}),
		showDaemonLog: showDaemonLog(configuredHome),
		diagnose: onDemand(async () => {
			return (await import('./diagnose.ts')).diagnose(link, configuredHome, services.version);
		}),
		cancelGroup: cancelGroup(link, services.filter),
		pauseGroup: pauseGroup(link, services.filter),
		resumeGroup: resumeGroup(link, services.filter),
		retryGroup: retryGroup(link, services.filter),
		removeGroup: removeGroup(link, services.filter),
		showMore: showMore(pages),
	};
	const onRow = {
		runNow: onRows(jobs.runNow, scheduled.run, selection),
		pause: onRows(jobs.pause, scheduled.pause, selection),
		resume: onRows(jobs.resume, scheduled.resume, selection),
		remove: onRows(jobs.remove, scheduled.remove, selection),
	};
	return { of, onRow };
}

/** A body whose code is read when it is first called. */
function onDemand(load: () => Promise<CommandBody>): CommandBody {
	let body: Promise<CommandBody> | undefined;
	return async (...args) => {
		body ??= load();
		return (await body)(...args);
	};
}
