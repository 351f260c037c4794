/** What every run of an indexer is given. */
import { opendirSync, readdirSync, realpathSync } from 'node:fs';
import { errorCode, SemanticaError } from '../../../shared/errors.ts';
import type { Walk } from '../catalogue/catalogue.ts';
import type { IndexHome } from '../catalogue/database.ts';
import { folderPath } from '../catalogue/location.ts';
import { assertForeign, folderIdentity, ownFolder, type Scope, scopeOf } from '../files/scope.ts';
import type { Reporter } from './report.ts';

export interface IndexJob {
	readonly home: IndexHome;
	/** Canonical folder URI. */
	readonly workspace: string;
	readonly env: NodeJS.ProcessEnv;
	readonly report: Reporter;
	/** Whoever stays merges when it has nothing else to do; else the job does so itself. */
	readonly mergeLater?: () => void;
}

/**
 * The job's folder, and what of it may be indexed.
 * @throws SemanticaError NOT_FOUND where there is none, VALIDATION where it is our own, SYSTEM when it cannot
 * be read.
 */
export function openFolder(job: IndexJob): Scope {
	const folder = folderPath(job.workspace);
	const own = ownFolder(job.home.paths.home);
	const root = canonical(folder);
	assertForeign(root, own);
	return scopeOf(root, own);
}

function canonical(folder: string): string {
	try {
		const root = realpathSync.native(folder);
		opendirSync(root).closeSync();
		return root;
	} catch (error) {
		const code = errorCode(error);
		if (code === 'ENOENT') throw unreadable('NOT_FOUND', folder, 'does not exist');
		if (code === 'ENOTDIR') throw unreadable('NOT_FOUND', folder, 'is not a folder');
		throw unreadable('SYSTEM', folder, `cannot be read (${code}); check its permissions`);
	}
}

function unreadable(kind: 'NOT_FOUND' | 'SYSTEM', folder: string, why: string): SemanticaError {
	return new SemanticaError(kind, `The folder ${folder} ${why}. Nothing was indexed.`);
}

/**
 * Whether files that are not there may be taken for deleted: not in an empty folder, nor in another one than
 * was walked. Both are what is left where a disk is not mounted.
 * @throws SemanticaError CONFLICT
 */
export function assertMayForget({ root }: Scope, walk: Walk | undefined): void {
	const isEmpty = readdirSync(root).length === 0;
	if (!isEmpty && (walk === undefined || walk.folder === folderIdentity(root))) return;
	const why = isEmpty ? 'is empty' : 'is another folder than the one that was indexed';
	throw new SemanticaError(
		'CONFLICT',
		`${root} ${why}, as where a disk is not mounted, so its index was left as it is. If the files are gone for good, delete it with \`semantica index --delete ${root}\`.`,
	);
}
