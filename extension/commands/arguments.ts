/** Reading what menus pass to commands, without trusting its shape. */
import { Uri } from 'vscode';
import { GROUPS, type Group } from '../jobs/store/groups.ts';
import type { JobNode } from '../jobs/tree/nodes.ts';

export function jobNode(value: unknown): JobNode | undefined {
	const node = fields(value);
	return node['kind'] === 'job' && typeof node['id'] === 'string'
		? { kind: 'job', id: node['id'] }
		: undefined;
}

/** The row a command was called on and, with a multiple selection, all selected ones. */
export function jobNodes(node: unknown, selected: unknown): JobNode[] {
	const rows = Array.isArray(selected) && selected.length > 0 ? selected : [node];
	return rows.map(jobNode).filter((row) => row !== undefined);
}

/** The schedules among the rows a command was called on. */
export function scheduleNames(node: unknown, selected: unknown): string[] {
	const rows = Array.isArray(selected) && selected.length > 0 ? selected : [node];
	return rows.flatMap((row) => {
		const { kind, name } = fields(row);
		return kind === 'schedule' && typeof name === 'string' ? [name] : [];
	});
}

export function groupOfMore(value: unknown): Group | undefined {
	const node = fields(value);
	return node['kind'] === 'more' ? GROUPS.find((group) => group === node['group']) : undefined;
}

/** The heading a command was called on. */
export function groupOfRow(value: unknown): Group | undefined {
	const node = fields(value);
	return node['kind'] === 'group' ? GROUPS.find((group) => group === node['group']) : undefined;
}

export function fileUri(value: unknown): Uri | undefined {
	return value instanceof Uri && value.scheme === 'file' ? value : undefined;
}

function fields(value: unknown): Record<string, unknown> {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
