/** What stands in the Jobs view: one node for each row. */
import type { ScheduleNode } from '../../schedules/branch.ts';
import type { Group } from '../store/groups.ts';
import type { Remedy } from './rows.ts';

export type Node =
	| { readonly kind: 'group'; readonly group: Group }
	| { readonly kind: 'job'; readonly id: string }
	| { readonly kind: 'more'; readonly group: Group }
	/** Parts of a job beyond those that are listed. */
	| { readonly kind: 'rest'; readonly of: string; readonly count: number }
	/** Leads to jobs of other folders, and back. */
	| { readonly kind: 'others' }
	/** What a person can do while there is no daemon; the reason stands above, in the view's message. */
	| { readonly kind: 'remedy'; readonly command: Remedy }
	| ScheduleNode;
export type JobNode = Node & { kind: 'job' };
export type MoreNode = Node & { kind: 'more' };

export const OTHERS: Node = { kind: 'others' };

export const REMEDIES: Node[] = [
	{ kind: 'remedy', command: 'restartDaemon' },
	{ kind: 'remedy', command: 'showDaemonLog' },
];

/** Stands at the root, and nothing below it. */
export const isPlain = (node: Node): node is Extract<Node, { kind: 'remedy' | 'others' }> =>
	node.kind === 'remedy' || node.kind === 'others';

export function isSchedules(node: Node): node is ScheduleNode {
	return node.kind.startsWith('schedule');
}

export function nodesByGroup<K extends 'group' | 'more'>(kind: K) {
	const node = (group: Group) => ({ kind, group }) as Node & { kind: K };
	return {
		running: node('running'),
		waiting: node('waiting'),
		failed: node('failed'),
		finished: node('finished'),
	};
}
