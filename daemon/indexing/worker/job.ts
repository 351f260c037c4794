/** What every run of an indexer is given. */
import { opendirSync, realpathSync } from 'node:fs';
import { errorCode, SemanticaError } from '../../../shared/errors.ts';
import type { IndexHome } from '../catalogue/database.ts';
import { folderPath } from '../catalogue/location.ts';
import type { Reporter } from './report.ts';

export interface IndexJob {
	readonly home: IndexHome;
	/** Canonical folder URI. */
	readonly workspace: string;
	readonly env: NodeJS.ProcessEnv;
	readonly report: Reporter;
}

/** The canonical path of the job's folder. @throws SemanticaError SYSTEM when it cannot be read. */
export function openFolder(job: IndexJob): string {
	const folder = folderPath(job.workspace);
	try {
		const root = realpathSync.native(folder);
		opendirSync(root).closeSync();
		return root;
	} catch (error) {
		const code = errorCode(error);
		const why =
			code === 'ENOENT'
				? 'does not exist'
				: code === 'ENOTDIR'
					? 'is not a folder'
					: `cannot be read (${code}); check its permissions`;
		throw new SemanticaError('SYSTEM', `The folder ${folder} ${why}. Nothing was indexed.`);
	}
}
