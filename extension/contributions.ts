/**
 * Everything that package.json contributes, once and typed. test/unit/extension/contributions.test.ts
 * holds package.json against it, so an id cannot exist on one side only.
 */

export interface CommandContribution {
	readonly id: string;
	/** False for what only makes sense on a tree row or a link. */
	readonly palette: boolean;
	/** Neither offered nor done in Restricted Mode, where Semantica runs nothing. */
	readonly needsTrust: boolean;
	/**
	 * A second call right after the first would do it twice, so it joins the first. `anyRow`: also one on another row,
	 * which lies under the mouse as soon as the first has left.
	 */
	readonly once: boolean | 'anyRow';
	/** The command in whose place it stands as soon as that is done: the second click is no wish to take it back. */
	readonly wish?: string;
}

export const COMMANDS = {
	indexWorkspace: { id: 'semantica.indexWorkspace', palette: true, needsTrust: true, once: true },
	indexFolder: { id: 'semantica.indexFolder', palette: true, needsTrust: true, once: true },
	indexCurrentFile: {
		id: 'semantica.indexCurrentFile',
		palette: true,
		needsTrust: true,
		once: true,
	},
	runCommand: { id: 'semantica.runCommand', palette: true, needsTrust: true, once: false },
	runTask: { id: 'semantica.runTask', palette: true, needsTrust: true, once: false },
	scheduleCommand: {
		id: 'semantica.scheduleCommand',
		palette: true,
		needsTrust: true,
		once: false,
	},
	environment: { id: 'semantica.environment', palette: true, needsTrust: true, once: false },
	runSchedule: { id: 'semantica.runSchedule', palette: true, needsTrust: true, once: true },
	pauseSchedule: { id: 'semantica.pauseSchedule', palette: true, needsTrust: true, once: true },
	resumeSchedule: { id: 'semantica.resumeSchedule', palette: true, needsTrust: true, once: true },
	removeSchedule: { id: 'semantica.removeSchedule', palette: true, needsTrust: true, once: true },
	showDashboard: { id: 'semantica.showDashboard', palette: true, needsTrust: true, once: true },
	search: { id: 'semantica.search', palette: true, needsTrust: true, once: false },
	goToSymbol: { id: 'semantica.goToSymbol', palette: true, needsTrust: true, once: false },
	showLog: { id: 'semantica.showLog', palette: true, needsTrust: true, once: false },
	openLogInTerminal: {
		id: 'semantica.openLogInTerminal',
		palette: true,
		needsTrust: true,
		once: true,
	},
	openLogFile: { id: 'semantica.openLogFile', palette: true, needsTrust: true, once: true },
	followLog: { id: 'semantica.followLog', palette: true, needsTrust: true, once: true },
	unfollowLog: {
		id: 'semantica.unfollowLog',
		palette: true,
		needsTrust: true,
		once: true,
		wish: 'semantica.followLog',
	},
	toggleLogTimes: { id: 'semantica.toggleLogTimes', palette: true, needsTrust: true, once: true },
	showDetails: { id: 'semantica.showDetails', palette: true, needsTrust: true, once: true },
	explainWaiting: { id: 'semantica.explainWaiting', palette: true, needsTrust: true, once: true },
	copyId: { id: 'semantica.copyId', palette: true, needsTrust: true, once: true },
	revealFolder: { id: 'semantica.revealFolder', palette: true, needsTrust: true, once: true },
	cancel: { id: 'semantica.cancel', palette: true, needsTrust: true, once: 'anyRow' },
	retry: { id: 'semantica.retry', palette: true, needsTrust: true, once: true },
	runNow: { id: 'semantica.runNow', palette: true, needsTrust: true, once: 'anyRow' },
	answer: { id: 'semantica.answer', palette: true, needsTrust: true, once: true },
	approve: { id: 'semantica.approve', palette: true, needsTrust: true, once: 'anyRow' },
	aiPolicy: { id: 'semantica.aiPolicy', palette: true, needsTrust: true, once: false },
	joinFleet: { id: 'semantica.joinFleet', palette: true, needsTrust: true, once: false },
	showFleet: { id: 'semantica.showFleet', palette: true, needsTrust: true, once: true },
	pause: { id: 'semantica.pause', palette: true, needsTrust: true, once: true },
	resume: { id: 'semantica.resume', palette: true, needsTrust: true, once: 'anyRow' },
	remove: { id: 'semantica.remove', palette: true, needsTrust: true, once: true },
	raisePriority: { id: 'semantica.raisePriority', palette: true, needsTrust: true, once: true },
	lowerPriority: { id: 'semantica.lowerPriority', palette: true, needsTrust: true, once: true },
	changeTime: { id: 'semantica.changeTime', palette: true, needsTrust: true, once: false },
	moveToQueue: { id: 'semantica.moveToQueue', palette: true, needsTrust: true, once: false },
	filterJobs: { id: 'semantica.filterJobs', palette: true, needsTrust: true, once: true },
	clearFilter: { id: 'semantica.clearFilter', palette: true, needsTrust: true, once: true },
	toggleEverywhere: {
		id: 'semantica.toggleEverywhere',
		palette: true,
		needsTrust: true,
		once: true,
	},
	clearFinished: { id: 'semantica.clearFinished', palette: true, needsTrust: true, once: true },
	pauseAll: { id: 'semantica.pauseAll', palette: true, needsTrust: true, once: true },
	resumeAll: { id: 'semantica.resumeAll', palette: true, needsTrust: true, once: true },
	startDaemon: { id: 'semantica.startDaemon', palette: true, needsTrust: true, once: true },
	restartDaemon: { id: 'semantica.restartDaemon', palette: true, needsTrust: true, once: true },
	showStatus: { id: 'semantica.showStatus', palette: true, needsTrust: true, once: true },
	stopDaemon: { id: 'semantica.stopDaemon', palette: true, needsTrust: true, once: true },
	showDaemonLog: { id: 'semantica.showDaemonLog', palette: true, needsTrust: false, once: false },
	diagnose: { id: 'semantica.diagnose', palette: true, needsTrust: true, once: true },
	cancelGroup: { id: 'semantica.cancelGroup', palette: false, needsTrust: true, once: true },
	pauseGroup: { id: 'semantica.pauseGroup', palette: false, needsTrust: true, once: true },
	resumeGroup: { id: 'semantica.resumeGroup', palette: false, needsTrust: true, once: true },
	retryGroup: { id: 'semantica.retryGroup', palette: false, needsTrust: true, once: true },
	removeGroup: { id: 'semantica.removeGroup', palette: false, needsTrust: true, once: true },
	showMore: { id: 'semantica.showMore', palette: false, needsTrust: true, once: true },
} as const satisfies Record<string, CommandContribution>;
export type CommandName = keyof typeof COMMANDS;

/**
 * Commands that rows offer under a short title of its own each (`row.cancel`: “Cancel”), since a row says what it is;
 * the palette's names the object and asks for one (“Cancel Job…”). The editor knows one title per command.
 */
export const ROW_COMMANDS = [
	...(['cancel', 'retry', 'runNow', 'answer', 'approve', 'pause', 'resume', 'remove'] as const),
	...(['raisePriority', 'lowerPriority', 'changeTime', 'moveToQueue'] as const),
	...(['showLog', 'openLogInTerminal', 'openLogFile', 'showDetails', 'explainWaiting'] as const),
	...(['copyId', 'revealFolder'] as const),
] satisfies CommandName[];
export type RowCommand = (typeof ROW_COMMANDS)[number];
export const rowCommandId = (name: RowCommand): string => `semantica.row.${name}`;

export const VIEW_CONTAINER = 'semantica';
export const VIEWS = { jobs: 'semantica.jobs' } as const;
/** Of logs that are open as files. */
export const LOG_SCHEME = 'semantica-log';
/** Of files with the story of a job: one that is left open brings the extension up. */
export const DETAILS_SCHEME = 'semantica-job';
/** The kind of the dashboard's panel. */
export const DASHBOARD = 'semantica.dashboard';

/** The settings and their defaults; `null` means that nobody set it and the daemon decides. */
export const SETTINGS = {
	dataFolder: { key: 'semantica.dataFolder', default: '' as string },
	logLevel: { key: 'semantica.logLevel', default: 'info' as LogLevelName },
	indexOnSave: { key: 'semantica.index.onSave', default: true as boolean },
	indexOnChange: { key: 'semantica.index.onChange', default: true as boolean },
	indexOnOpen: { key: 'semantica.index.onOpen', default: 'indexed' as IndexOnOpen },
	indexOnBattery: { key: 'semantica.index.onBattery', default: 'wait' as IndexOnBattery },
	indexExclude: { key: 'semantica.index.exclude', default: [] as readonly string[] },
	indexDefaultExcludes: { key: 'semantica.index.defaultExcludes', default: true as boolean },
	indexMaxFileSize: { key: 'semantica.index.maxFileSizeKB', default: 1024 as number },
	minBattery: { key: 'semantica.battery.minimum', default: null as number | null },
	limitJobs: { key: 'semantica.limits.jobs', default: null as number | null },
	limitIndexJobs: { key: 'semantica.limits.indexJobs', default: null as number | null },
	limitCommandJobs: { key: 'semantica.limits.commandJobs', default: null as number | null },
	limitMemory: { key: 'semantica.limits.memoryPercent', default: null as number | null },
	keepDays: { key: 'semantica.keep.days', default: null as number | null },
	keepJobs: { key: 'semantica.keep.jobs', default: null as number | null },
	keepPayloadsGB: { key: 'semantica.keep.payloadsGB', default: null as number | null },
	idleMinutes: { key: 'semantica.idle.minutes', default: null as number | null },
	idleProcessor: { key: 'semantica.idle.processorPercent', default: null as number | null },
	leaveAfterMinutes: { key: 'semantica.daemon.leaveAfterMinutes', default: null as number | null },
	desktopNotifications: {
		key: 'semantica.notifications.desktop',
		default: 'default' as DesktopNotifications,
	},
	longSeconds: { key: 'semantica.notifications.longSeconds', default: null as number | null },
	aiDoor: { key: 'semantica.ai.door', default: 'mcp' as AiDoor },
} as const;
export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = (typeof SETTINGS)[N]['default'];

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

/** Which folders are indexed by themselves when they are opened: `indexed` are those that were once before. */
export const INDEX_ON_OPEN = ['off', 'indexed', 'always'] as const;
export type IndexOnOpen = (typeof INDEX_ON_OPEN)[number];

/** What indexing that starts by itself does while the machine runs on battery. */
export const INDEX_ON_BATTERY = ['wait', 'ask', 'run'] as const;
export type IndexOnBattery = (typeof INDEX_ON_BATTERY)[number];

/** Whether ends are told on the desktop where no window is there to tell them; `default`: the daemon decides. */
export const DESKTOP_NOTIFICATIONS = ['default', 'on', 'off'] as const;
export type DesktopNotifications = (typeof DESKTOP_NOTIFICATIONS)[number];

/** How the editor's own agents reach Semantica. */
export const AI_DOORS = ['mcp', 'tools', 'off'] as const;
export type AiDoor = (typeof AI_DOORS)[number];

/** Context keys of our own, with their types. */
export interface ContextKeys {
	/** The kind of the connection's state. */
	'semantica.connection':
		| 'stopped'
		| 'starting'
		| 'connected'
		| 'handover'
		| 'reconnecting'
		| 'outdated'
		| 'failed';
	/** Whether everything is paused. */
	'semantica.paused': boolean;
	/** Whether somebody looks for something among the jobs. */
	'semantica.filtered': boolean;
	/** What is selected in the Jobs view while it is in sight, for a person's own shortcuts. */
	'semantica.selected': SelectedKind;
	/** URIs of the logs, open as files, that stay at their end. */
	'semantica.followedLogs': readonly string[];
}
export type SelectedKind = 'none' | 'job' | 'schedule' | 'group';

export const CONTEXT_KEYS = [
	'semantica.connection',
	'semantica.paused',
	'semantica.filtered',
	'semantica.selected',
	'semantica.followedLogs',
] as const satisfies (keyof ContextKeys)[];

/** Flags in a job row's context value, matched in when-clauses by `viewItem =~ /\bflag\b/`. */
export const JOB_FLAGS = [
	'job',
	'logged',
	'cancellable',
	'runnable',
	'answerable',
	'approvable',
	'changeable',
	'pausable',
	'resumable',
	'retryable',
	'removable',
] as const;
export type JobFlag = (typeof JOB_FLAGS)[number];
/** Flags in a schedule row's context value. */
export const SCHEDULE_FLAGS = ['schedule', 'scheduleActive', 'schedulePaused'] as const;
export type ScheduleFlag = (typeof SCHEDULE_FLAGS)[number];
/** Flags of a heading below which there are jobs. */
export const GROUP_FLAGS = [
	'groupRunning',
	'groupWaiting',
	'groupFailed',
	'groupFinished',
] as const;
export type GroupFlag = (typeof GROUP_FLAGS)[number];
/** The context value of the row that pages a group. */
export const MORE_FLAG = 'more';
/** Rows that are no jobs: a selection that touches one keeps the menu that its jobs have. */
export const BESIDE_FLAG = 'beside';

/** By which the editor knows our server for AI tools. */
export const MCP_PROVIDER = 'semantica.tools';

export const WALKTHROUGH = 'semantica.start';
