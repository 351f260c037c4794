/** How tree nodes look: labels, icons, tooltips, context values. */
import {
	l10n,
	MarkdownString,
	ThemeColor,
	ThemeIcon,
	TreeItem,
	TreeItemCollapsibleState,
} from 'vscode';
import type { Job } from '../../../shared/job.ts';
import { isServing } from '../../../shared/jobTerms.ts';
import type { Explanation } from '../../../shared/protocol/jobs.ts';
import { BESIDE_FLAG, COMMANDS, type GroupFlag, MORE_FLAG } from '../../contributions.ts';
import { jobFlags } from '../store/flags.ts';
import { childCount, type Group, groupOf } from '../store/groups.ts';
import { plainText } from '../text/plainText.ts';
import type { JobText } from '../text/text.ts';
import { rowTitle } from '../text/title.ts';
import type { WaitingText } from '../text/waitingText.ts';

/** Commands that help where there is no daemon. */
export type Remedy = 'restartDaemon' | 'showDaemonLog';

export interface JobRows {
	/** `total` is more than `shown`, or not known, where the group has to be paged. */
	group(group: Group, shown: number, total: number | undefined): TreeItem;
	job(job: Job): TreeItem;
	more(group: Group): TreeItem;
	rest(parent: string, count: number): TreeItem;
	/** Leads to the jobs of other folders, or back to those of this window. */
	others(names: readonly string[], shown: boolean): TreeItem;
	remedy(command: Remedy): TreeItem;
	/** A row that left between two refreshes. */
	gone(id: string): TreeItem;
	tooltip(job: Job, explanation: Explanation | null): MarkdownString;
}

const GROUP_FLAG: Record<Group, GroupFlag> = {
	running: 'groupRunning',
	waiting: 'groupWaiting',
	failed: 'groupFailed',
	finished: 'groupFinished',
};

/** Of other folders, so many by name. */
const NAMED = 3;

export interface RowsPorts {
	readonly text: JobText;
	readonly waiting: WaitingText;
	/** Why a job waits, in a word. */
	reasonOf(id: string): string | undefined;
	/** How long it has been running, and what it usually takes. */
	elapsedOf(job: Job): string | undefined;
	/** The folder of a job that is not of this window. */
	placeOf(job: Job): string | undefined;
}

export function createJobRows({ text, waiting, reasonOf, elapsedOf, placeOf }: RowsPorts): JobRows {
	return {
		group(group, shown, total) {
			const item = new TreeItem(groupLabel(group), TreeItemCollapsibleState.Expanded);
			item.id = `group:${group}`;
			item.description = amount(shown, total);
			item.contextValue = [...(shown === 0 ? [] : [GROUP_FLAG[group]]), BESIDE_FLAG].join('.');
			item.accessibilityInformation = { label: groupAloud(group, shown, total) };
			return item;
		},
		job(job) {
			const item = new TreeItem(
				rowTitle(job.title),
				childCount(job) > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None,
			);
			item.id = `job:${job.id}`;
			const description = text.description(job, reasonOf(job.id));
			const more = [placeOf(job), description, elapsedOf(job)];
			item.description = more.filter((part) => part !== undefined).join(' · ');
			item.iconPath = jobIcon(job);
			const flags = jobFlags(job);
			item.contextValue = flags.join('.');
			if (flags.includes('logged')) {
				item.command = {
					command: COMMANDS.showLog.id,
					title: l10n.t('Show Log'),
					arguments: [{ kind: 'job', id: job.id }],
				};
			}
			item.accessibilityInformation = { label: text.aloud(job, description) };
			return item;
		},
		more(group) {
			const item = new TreeItem(l10n.t('Show More…'));
			item.id = `more:${group}`;
			item.contextValue = `${MORE_FLAG}.${BESIDE_FLAG}`;
			item.iconPath = new ThemeIcon('ellipsis');
			item.command = {
				command: COMMANDS.showMore.id,
				title: l10n.t('Show More…'),
				arguments: [{ kind: 'more', group }],
			};
			return item;
		},
		rest(parent, count) {
			const item = new TreeItem(l10n.t('{0} more', count));
			item.id = `rest:${parent}`;
			item.contextValue = `rest.${BESIDE_FLAG}`;
			item.iconPath = new ThemeIcon('ellipsis');
			return item;
		},
		others(names, shown) {
			const label = shown ? l10n.t('This Workspace Only') : l10n.t('Other Workspaces');
			const item = new TreeItem(label);
			item.id = 'others';
			item.contextValue = `others.${BESIDE_FLAG}`;
			item.iconPath = new ThemeIcon(shown ? 'root-folder' : 'folder-library');
			const named = names.slice(0, NAMED).map(rowTitle);
			item.description = shown ? '' : [...named, ...(names.length > NAMED ? ['…'] : [])].join(', ');
			item.tooltip = shown
				? l10n.t('Jobs of other folders on this machine are shown, too.')
				: l10n.t('Jobs of other folders on this machine are not shown. A click shows them.');
			item.command = { command: COMMANDS.toggleEverywhere.id, title: label };
			return item;
		},
		remedy(command) {
			const again = command === 'restartDaemon';
			const label = again ? l10n.t('Try Again') : l10n.t('Show Daemon Log');
			const item = new TreeItem(label);
			item.id = `remedy:${command}`;
			item.contextValue = 'remedy';
			item.iconPath = new ThemeIcon(again ? 'debug-restart' : 'go-to-file');
			item.command = { command: COMMANDS[command].id, title: label };
			return item;
		},
		gone(id) {
			const item = new TreeItem(l10n.t('No longer there'));
			item.id = `job:${id}`;
			return item;
		},
		tooltip(job, explanation) {
			const doesWait = job.state === 'queued' || job.state === 'paused';
			const waits = explanation === null || !doesWait ? [] : waiting(job, explanation);
			const facts = text
				.facts(job, explanation?.usualMs)
				.map(([name, value]) => `${plainText(name)}: ${plainText(value)}`)
				.join('  \n');
			const parts = [`**${plainText(job.title)}**`, ...waits.map(plainText)];
			return new MarkdownString(
				[...parts, ...(waits.length > 0 ? ['---'] : []), facts].join('\n\n'),
			);
		},
	};
}

function amount(shown: number, total: number | undefined): string {
	if (total === undefined) return shown === 0 ? '' : `${shown}+`;
	return total > shown ? l10n.t('{0} of {1}', shown, total) : String(shown);
}

function groupAloud(group: Group, shown: number, total: number | undefined): string {
	const label = groupLabel(group);
	if (total === undefined) return l10n.t('{0}, {1} jobs and more', label, shown);
	if (total > shown) return l10n.t('{0}, {1} of {2} jobs', label, shown, total);
	if (shown === 0) return l10n.t('{0}, no jobs', label);
	return shown === 1 ? l10n.t('{0}, 1 job', label) : l10n.t('{0}, {1} jobs', label, shown);
}

function groupLabel(group: Group): string {
	const labels: Record<Group, string> = {
		running: l10n.t('Running'),
		waiting: l10n.t('Waiting'),
		failed: l10n.t('Failed'),
		finished: l10n.t('Finished'),
	};
	return labels[group];
}

/** Colours of the editor's charts: those of its tests are too pale in Light Modern, and none in high contrast. */
function jobIcon(job: Job): ThemeIcon {
	if (job.state === 'paused') return new ThemeIcon('debug-pause');
	switch (groupOf(job)) {
		case 'running':
			if (isServing(job)) return new ThemeIcon('broadcast', new ThemeColor('charts.green'));
			return new ThemeIcon('loading~spin', new ThemeColor('charts.blue'));
		case 'waiting':
			return new ThemeIcon('clock');
		case 'failed':
			return new ThemeIcon(
				job.state === 'expired' ? 'watch' : 'error',
				new ThemeColor('charts.red'),
			);
		case 'finished':
			return job.state === 'succeeded'
				? new ThemeIcon('pass', new ThemeColor('charts.green'))
				: new ThemeIcon('circle-slash');
	}
}
