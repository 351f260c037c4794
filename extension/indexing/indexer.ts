/** Asks the daemon to index folders and files, with what the settings say. */
import { basename } from 'node:path';
import { l10n, Uri, workspace } from 'vscode';
import type { FolderRules } from '../../shared/protocol/indexing.ts';
import type { Link } from '../connection/link.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { setting } from '../settings.ts';
import { excludePatterns, patternList } from './exclude.ts';
import { requireFolder } from './folders.ts';
import type { IndexedFolders } from './indexedFolders.ts';
import type { SaidRules } from './saidRules.ts';
import {
	type IndexedFile,
	type IndexedFolder,
	type IndexStart,
	indexFileSpec,
	indexFilesSpec,
	indexWorkspaceSpec,
} from './specs.ts';

const OPEN_STATES = ['queued', 'running', 'paused'] as const;

export class Indexer {
	readonly #link: Pick<Link, 'request'>;
	readonly #indexed: IndexedFolders;
	readonly #rules: SaidRules;

	constructor(link: Pick<Link, 'request'>, indexed: IndexedFolders, rules: SaidRules) {
		this.#link = link;
		this.#indexed = indexed;
		this.#rules = rules;
	}

	/** @returns the job's id. */
	async folder(folder: IndexedFolder): Promise<string> {
		await requireFolder(folder);
		return this.#enqueue(folder, 'by hand');
	}

	/** Without a person: not when it is to be indexed anyway. @returns the job's id. */
	async byItself(folder: IndexedFolder, start: 'run' | 'wait'): Promise<string | undefined> {
		const open = await this.#link.request('job/list', {
			filter: { type: ['index.workspace'], workspace: folder.uri, state: [...OPEN_STATES] },
			limit: 1,
		});
		return open.jobs.length > 0 ? undefined : this.#enqueue(folder, start);
	}

	async #enqueue(folder: IndexedFolder, start: IndexStart): Promise<string> {
		const rules = await this.#rules.news(folder, rulesOf(Uri.file(folder.path)));
		const spec = indexWorkspaceSpec(folder, l10n.t('Index {0}', folder.name), { rules, start });
		const id = await enqueue(this.#link, spec);
		if (rules !== undefined) await this.#rules.said(folder, rules);
		await this.#indexed.add(folder);
		return id;
	}

	/** Files by their paths in the folder. @returns the job's id. */
	changed(folder: IndexedFolder, files: readonly string[]): Promise<string> {
		return enqueue(this.#link, indexFilesSpec(folder, files));
	}

	/** @returns the job's id. */
	file(folder: IndexedFolder, file: IndexedFile, onSave: boolean): Promise<string> {
		const title = l10n.t('Index {0}', basename(file.path));
		return enqueue(this.#link, indexFileSpec(folder, file, title, { onSave }));
	}
}

function rulesOf(scope: Uri): FolderRules {
	const files = workspace.getConfiguration('files', scope).get<object>('exclude', {});
	const search = workspace.getConfiguration('search', scope).get<object>('exclude', {});
	const exclude = [
		...excludePatterns({ ...files, ...search }),
		...patternList(setting('indexExclude', scope)),
	];
	return {
		exclude: exclude.slice(0, 1000),
		// Whatever else somebody wrote into settings.json, only `false` switches it off.
		defaultExcludes: setting('indexDefaultExcludes', scope) !== false,
		maxFileBytes: maxFileBytes(scope),
	};
}

// A person may have written anything into settings.json; the daemon takes 1 byte to 64 MiB.
function maxFileBytes(scope: Uri): number {
	const kilobytes = Number(setting('indexMaxFileSize', scope)) || 1024;
	return Math.min(64 * 1024 * 1024, Math.max(1024, Math.round(kilobytes * 1024)));
}
