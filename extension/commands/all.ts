/** Which body stands behind which command id. */
import type { Link } from '../connection/link.ts';
import type { IndexedFolders } from '../indexing/indexedFolders.ts';
import type { Indexer } from '../indexing/indexer.ts';
import type { JobPages } from '../jobs/pages.ts';
import type { JobPicker } from '../jobs/pick.ts';
import type { JobStore } from '../jobs/store.ts';
import type { Log } from '../log.ts';
import type { JobLogs } from '../logs/channels.ts';
import { configuredHome } from '../settings.ts';
import type { Reporter } from '../status/reporter.ts';
import { cancel } from './cancel.ts';
import { indexCurrentFile } from './indexCurrentFile.ts';
import { indexFolder } from './indexFolder.ts';
import { indexWorkspace } from './indexWorkspace.ts';
import { pause } from './pause.ts';
import { pauseAll } from './pauseAll.ts';
import type { registerCommands } from './register.ts';
import { remove } from './remove.ts';
import { restartDaemonCommand } from './restartDaemon.ts';
import { resume } from './resume.ts';
import { resumeAll } from './resumeAll.ts';
import { retry } from './retry.ts';
import { runCommand } from './runCommand.ts';
import { runNow } from './runNow.ts';
import { search } from './search.ts';
import { showDaemonLog } from './showDaemonLog.ts';
import { showLog } from './showLog.ts';
import { showMore } from './showMore.ts';

export interface CommandServices {
	readonly link: Link;
	readonly store: JobStore;
	/** Connects if need be, and resolves once the store holds the daemon's jobs. */
	loaded(): Promise<void>;
	readonly pages: JobPages;
	readonly picker: JobPicker;
	readonly logs: JobLogs;
	readonly indexer: Indexer;
	readonly indexed: IndexedFolders;
	readonly reporter: Reporter;
	readonly log: Log;
}

export function commandBodies(services: CommandServices): Parameters<typeof registerCommands>[0] {
	const { link, store, loaded, pages, picker, logs, indexer, indexed, reporter, log } = services;
	return {
		indexWorkspace: indexWorkspace(indexer, reporter),
		indexFolder: indexFolder(indexer, reporter),
		indexCurrentFile: indexCurrentFile(indexer, reporter),
		runCommand: runCommand(link, logs, reporter),
		search: search(link, indexed, log),
		showLog: showLog(logs, picker),
		cancel: cancel(link, picker),
		retry: retry(link, picker),
		runNow: runNow(link, picker),
		pause: pause(link, picker),
		resume: resume(link, picker),
		remove: remove(link, picker),
		pauseAll: pauseAll(link),
		resumeAll: resumeAll(link),
		restartDaemon: restartDaemonCommand(link, store, loaded, configuredHome, log),
		showDaemonLog: showDaemonLog(configuredHome),
		showMore: showMore(pages),
	};
}
