/** The numbers of each index. */
import { existsSync } from 'node:fs';
import { errorMessage } from '../../../shared/errors.ts';
import type { IndexStatus } from '../../../shared/protocol/indexing.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { listSkipped, readNumbers } from '../catalogue/catalogue.ts';
import { guardDamage, type IndexHome, unusableCause } from '../catalogue/database.ts';
import { canonicalWorkspace, folderPath, indexFolder } from '../catalogue/location.ts';
import { isThere, meaningFolder } from '../meaning/segmentFiles.ts';
import type { Indexes } from './indexes.ts';

/** An unknown workspace has no index: the answer is an empty list, not an error. */
export async function readStatus(
	home: IndexHome,
	indexes: Indexes,
	params: Params<'index/status'>,
): Promise<Result<'index/status'>> {
	const workspaces =
		params.workspace === undefined ? indexes.workspaces() : [canonicalWorkspace(params.workspace)];
	const found: IndexStatus[] = [];
	for (const workspace of workspaces) {
		const status = statusOf(home, indexes, workspace, params.skippedPaths);
		if (status !== undefined) found.push(await withMeaning(home, indexes, status));
	}
	return { indexes: found };
}

const NOTHING = { files: 0, bytes: 0, skipped: {}, pending: 0, walkedAt: null };

function statusOf(
	{ paths }: IndexHome,
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

async function withMeaning(
	home: IndexHome,
	indexes: Indexes,
	status: IndexStatus,
): Promise<IndexStatus> {
	const { workspace } = status;
	if (!isThere(meaningFolder(indexFolder(home.paths, workspace)))) return status;
	const { meaningStatus } = await import('../meaning/status.ts');
	try {
		const db = indexes.open(workspace);
		const meaning = db && meaningStatus(home, workspace, db);
		return meaning === undefined ? status : { ...status, meaning };
	} catch (error) {
		if (unusableCause(error) === undefined) throw error;
		return status;
	}
}

/** Of an index that is sound, but whose files cannot be there. */
function folderProblem(workspace: string): string | null {
	const folder = folderPath(workspace);
	if (existsSync(folder)) return null;
	return `The folder ${folder} is not there. If it does not come back, delete its index with \`semantica index --delete ${folder}\`.`;
}
