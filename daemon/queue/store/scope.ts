/** Which jobs belong to folders: all that an AI tool's connection may see and touch. */
import { isInside, pathOfUri } from '../../../shared/inside.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobRow } from './rows.ts';
import { storedSpec } from './storedSpec.ts';

/** Absolute paths of folders, every link resolved. */
export type Scope = readonly string[];

/** By its workspace, or by where its command runs. */
export function isInScope(row: Pick<JobRow, 'workspace' | 'spec'>, scope: Scope): boolean {
	const { workspace } = row;
	const places = [
		workspace === '' ? undefined : pathOfUri(workspace),
		storedSpec(row).command?.cwd,
	];
	return places.some(
		(place) => place !== undefined && scope.some((folder) => isInside(place, folder)),
	);
}

/** The same for queries: `in_scope(workspace, spec, scope)`, the scope as JSON. */
export function registerScope(db: Sqlite): void {
	let known = { text: '[]', scope: [] as Scope };
	db.function('in_scope', (workspace: unknown, spec: unknown, text: unknown) => {
		if (text !== known.text) known = { text: String(text), scope: JSON.parse(String(text)) };
		const row = { workspace: String(workspace), spec: String(spec) };
		return isInScope(row, known.scope) ? 1 : 0;
	});
}
