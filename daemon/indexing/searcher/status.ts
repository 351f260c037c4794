/** The numbers of each index. */
import { existsSync } from 'node:fs';
import { errorMessage } from '../../../shared/errors.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import type { IndexStatus } from '../../../shared/protocol/indexing.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { listSkipped, readNumbers } from '../catalogue/catalogue.ts';
import { guardDamage, unusableCause } from '../catalogue/database.ts';
import { canonicalWorkspace, folderPath } from '../catalogue/location.ts';
import type { Indexes } from './indexes.ts';

/** An unknown workspace has no index: the answer is an empty list, not an error. */
export function readStatus(
	paths: DataPaths,
	indexes: Indexes,
	params: Params<'index/status'>,
): Result<'index/status'> {
	const workspaces =
		params.workspace === undefined ? indexes.workspaces() : [canonicalWorkspace(params.workspace)];
	return {
		indexes: workspaces.flatMap(
			(workspace) => statusOf(paths, indexes, workspace, params.skippedPaths) ?? [],
		),
	};
}

const NOTHING = { files: 0, bytes: 0, skipped: {}, pending: 0, walkedAt: null };

function statusOf(
	paths: DataPaths,
	indexes: Indexes,
	workspace: string,
	listed: number | undefined,
): IndexStatus | undefined {
	const databaseBytes = indexes.bytes(workspace);
	try {
		const db = indexes.open(workspace);
		if (db === undefined) return undefined;
		const numbers = guardDamage(paths, workspace, () => ({
			...readNumbers(db),
			...(listed === undefined ? {} : { skippedPaths: listSkipped(db, listed) }),
		}));
		return { workspace, ...numbers, databaseBytes, problem: folderProblem(workspace) };
	} catch (error) {
		if (unusableCause(error) === undefined) throw error;
		return { workspace, ...NOTHING, databaseBytes, problem: errorMessage(error) };
	}
}

/** Of an index that is sound, but whose files cannot be there. */
function folderProblem(workspace: string): string | null {
	const folder = folderPath(workspace);
	if (existsSync(folder)) return null;
	return `The folder ${folder} is not there. If it does not come back, delete its index with \`semantica index --delete ${folder}\`.`;
}
