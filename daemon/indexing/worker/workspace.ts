/** A run of `index.workspace`: finds out what changed in the folder, and hands it to shards. */
import { basename } from 'node:path';
import { DEFAULT_RULES } from '../../../shared/folderRules.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import type {
	FolderRules,
	IndexFilesPayload,
	IndexWorkspacePayload,
} from '../../../shared/protocol/indexing.ts';
import {
	type Catalogue,
	countSkipped,
	createCatalogue,
	ROWS_PER_TRANSACTION,
} from '../catalogue/catalogue.ts';
import { openOrRebuildIndex } from '../catalogue/database.ts';
import { indexFolder } from '../catalogue/location.ts';
import { createSegmentTable } from '../catalogue/segments.ts';
import { createListing } from '../files/listing.ts';
import { NO_STAMP } from '../files/probe.ts';
import { excluder } from '../files/rules.ts';
import { folderIdentity } from '../files/scope.ts';
import { filesTitle } from '../titles.ts';
import { assertMayForget, type IndexJob, openFolder } from './job.ts';
import { counted, createLister, megabytes, skippedText } from './report.ts';
import { createSegments } from './segments.ts';
import { shardsOf } from './shards.ts';
import { beginWithSibling } from './sibling.ts';
import { compareFolder, type Differences } from './walk.ts';

/** Adds children, at least one, to this job. Resolves when they are stored. */
export type EnqueueChildren = (jobs: readonly JobSpecInput[]) => Promise<void>;

export interface WorkspaceResult {
	/** Files of the folder's set, indexable or not. */
	readonly files: number;
	readonly changed: number;
	readonly removed: number;
	/** By reason: all that the index knows of, not only what is new. */
	readonly skipped: Readonly<Record<string, number>>;
	/** By entry of the default list, files and folders; absent where nothing was. */
	readonly leftOut?: Readonly<Record<string, number>>;
	/** Of the changed files. */
	readonly bytes: number;
}

export async function indexWorkspace(
	job: IndexJob,
	payload: IndexWorkspacePayload,
	enqueue: EnqueueChildren,
): Promise<WorkspaceResult> {
	const { report, workspace } = job;
	const scope = openFolder(job);
	beginWithSibling(job.home, workspace, report.log);
	const db = openOrRebuildIndex(job.home, workspace, report.log);
	try {
		const catalogue = createCatalogue(db);
		const rules = rulesBy(payload, catalogue.rules() ?? DEFAULT_RULES);
		const { defaultExcludes, maxFileBytes } = rules;
		const isExcluded = excluder(scope, rules.exclude);
		const segments = createSegments(
			indexFolder(job.home.paths, workspace),
			catalogue,
			createSegmentTable(db),
		);
		segments.sweep();
		const listing = createListing(scope.root, {
			env: job.env,
			isExcluded,
			defaultExcludes,
			log: report.log,
		});
		const differences = await compareFolder({
			scope,
			listing,
			isExcluded,
			maxFileBytes,
			catalogue,
			onProgress: (files) =>
				report.progress({ current: 0, unit: 'files', message: `${counted(files, 'file')} seen` }),
		});
		if (differences.nothingLeft) assertMayForget(scope, catalogue.lastWalk());
		record(catalogue, differences);
		const folder = folderIdentity(scope.root);
		catalogue.transaction(() => catalogue.finishWalk({ folder }, rules, Date.now()));

		segments.merge(true);

		const { changed } = differences;
		const bytes = changed.reduce((sum, file) => sum + file.size, 0);
		report.progress(
			{
				current: 0,
				total: changed.length,
				unit: 'files',
				message: `${counted(changed.length, 'changed file')}, ${megabytes(bytes)}`,
			},
			true,
		);
		const result: WorkspaceResult = {
			files: differences.files,
			changed: changed.length,
			removed: differences.gone.length,
			skipped: countSkipped(db),
			...(Object.keys(listing.leftOut()).length === 0 ? {} : { leftOut: listing.leftOut() }),
			bytes,
		};
		logDifferences(job, scope.root, differences, result);
		const shards = shardJobs(workspace, differences);
		if (shards.length > 0) await enqueue(shards);
		report.result({ ...result });
		return result;
	} finally {
		db.close();
	}
}

function record(catalogue: Catalogue, { changed, skipped, gone }: Differences): void {
	inBatches(catalogue, changed, ({ path }) => catalogue.expect(path));
	inBatches(catalogue, skipped, ({ path, size, reason }) =>
		catalogue.skip({ path, size, stamp: NO_STAMP }, reason),
	);
	inBatches(catalogue, gone, ({ path, stamp }) => {
		// Whoever indexed it since we looked knows better.
		if (catalogue.get(path)?.stamp === stamp) catalogue.remove(path);
	});
}

function inBatches<T>(catalogue: Catalogue, items: readonly T[], work: (item: T) => void): void {
	for (let start = 0; start < items.length; start += ROWS_PER_TRANSACTION) {
		const batch = items.slice(start, start + ROWS_PER_TRANSACTION);
		catalogue.transaction(() => batch.forEach(work));
	}
}

function rulesBy(said: IndexWorkspacePayload, known: FolderRules): FolderRules {
	return {
		exclude: said.exclude ?? known.exclude,
		defaultExcludes: said.defaultExcludes ?? known.defaultExcludes,
		maxFileBytes: said.maxFileBytes ?? known.maxFileBytes,
	};
}

function shardJobs(workspace: string, { changed }: Differences): JobSpecInput[] {
	return shardsOf(changed).map((shard) => {
		const files = shard.map(({ path }) => path);
		const payload: IndexFilesPayload = { files };
		return { type: 'index.files', workspace, title: filesTitle(files), payload };
	});
}

function logDifferences(
	{ report }: IndexJob,
	root: string,
	{ skipped, files }: Differences,
	result: WorkspaceResult,
): void {
	const lister = createLister(report.log);
	for (const { path, reason } of skipped) lister.add(`skipped, ${reason}`, path);
	lister.finish();
	if (result.leftOut !== undefined) {
		const entries = Object.entries(result.leftOut).map(([entry, count]) => `${count} × ${entry}`);
		report.log(
			`Left out by default: ${entries.join(', ')}. What git tracks is not; \`--no-default-excludes\`, or the setting semantica.index.defaultExcludes, lets in everything.`,
		);
	}
	if (files === 0) {
		report.log(
			`There is nothing to index in ${root}: it has no files, or its rules exclude them all.`,
		);
		return;
	}
	const parts = [
		`${counted(files, 'file')} in ${basename(root) || root}`,
		`${result.changed} to index (${megabytes(result.bytes)})`,
		`${result.removed} removed`,
		skippedText(result.skipped),
	];
	report.log(`${parts.filter((part) => part !== '').join(', ')}.`);
}
