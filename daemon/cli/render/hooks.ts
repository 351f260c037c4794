/** Hooks, for people. */
import { fileURLToPath } from 'node:url';
import type { ShownHook } from '../../../shared/protocol/hooks.ts';
import { commandText } from './show.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { oneLine } from './text.ts';

export function renderHooks(hooks: readonly ShownHook[], view: View): string[] {
	return renderTable(
		[
			{ header: 'HOOK', cells: hooks.map(({ n }) => String(n)), align: 'right', rank: 0 },
			{ header: 'ON', cells: hooks.map(({ on }) => on), rank: 0 },
			{ header: 'OF', cells: hooks.map((hook) => oneLine(whose(hook))), min: 8, rank: 1 },
			{
				header: 'RUNS',
				cells: hooks.map((hook) => oneLine(commandText(hook) ?? '')),
				min: 16,
				rank: 0,
			},
		],
		view,
	);
}

export function describeHook(hook: ShownHook): string {
	const end = hook.on === 'failed' ? 'fails or expires' : 'ends';
	const of = whose(hook);
	const job = of === ANY ? 'a job' : `a job of ${of}`;
	return oneLine(`Hook ${hook.n}: when ${job} ${end}, ${commandText(hook)}`);
}

const ANY = 'any';

function whose({ filter }: ShownHook): string {
	const { queue, type, tag, group, origin, workspace } = filter;
	const words = [
		...(queue === undefined ? [] : [`queue ${queue.join(' or ')}`]),
		...(type === undefined ? [] : [`type ${type.join(' or ')}`]),
		...(tag === undefined ? [] : [`tag ${tag}`]),
		...(group === undefined ? [] : [`group ${group}`]),
		...(origin === undefined ? [] : [`origin ${origin.join(' or ')}`]),
		...(workspace === undefined ? [] : [folderOf(workspace)]),
	];
	return words.length === 0 ? ANY : words.join(', ');
}

function folderOf(workspace: string): string {
	return workspace.startsWith('file:') ? fileURLToPath(workspace) : workspace;
}
