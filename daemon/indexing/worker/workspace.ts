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
import { createFoundFiles, type FoundFiles } from '../catalogue/found.ts';
import { createKnownFiles } from '../catalogue/known.ts';
import { indexFolder } from '../catalogue/location.ts';
import { tellRules } from '../catalogue/said.ts';
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
import { compareFolder, type GoneFile } from './walk.ts';

/** Adds children, at least one, to this job. Resolves when they are stored. */
export type EnqueueChildren = (jobs: Iterable<JobSpecInput>) => Promise<void>;

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
		const folder = indexFolder(job.home.paths, workspace);
		const segments = createSegments(folder, catalogue, createSegmentTable(db));
		segments.sweep();
		const listing = createListing(scope.root, {
			env: job.env,
			isExcluded,
			defaultExcludes,
			log: report.log,
		});
		const found = createFoundFiles(db);
		const differences = await compareFolder({
			scope,
			listing,
			isExcluded,
			maxFileBytes,
			known: createKnownFiles(db),
			found,
			together: db.transaction((work: () => void) => work()),
			onProgress: (files) =>
				report.progress({ current: 0, unit: 'files', message: `${counted(files, 'file')} seen` }),
		});
		if (differences.nothingLeft) assertMayForget(scope, catalogue.lastWalk());
		record(catalogue, found, differences.gone);
		const walk = { folder: folderIdentity(scope.root) };
		catalogue.transaction(() => catalogue.finishWalk(walk, rules, Date.now()));
		tellRules(folder, rules);

		segments.merge(true);

		const { files: changed, bytes } = found.totals();
		report.progress(
			{
				current: 0,
				total: changed,
				unit: 'files',
				message: `${counted(changed, 'changed file')}, ${megabytes(bytes)}`,
			},
			true,
		);
		const result: WorkspaceResult = {
			files: differences.files,
			changed,
			removed: differences.gone.length,
			skipped: countSkipped(db),
			...(Object.keys(listing.leftOut()).length === 0 ? {} : { leftOut: listing.leftOut() }),
			bytes,
		};
		logDifferences(job, scope.root, found, result);
		if (changed > 0) await enqueue(shardJobs(workspace, found));
		report.result({ ...result });
		return result;
	} finally {
		db.close();
	}
}

function record(catalogue: Catalogue, found: FoundFiles, gone: readonly GoneFile[]): void {
	for (const paths of found.changedPages(ROWS_PER_TRANSACTION)) {
		catalogue.transaction(() => paths.forEach(catalogue.expect));
	}
	for (const skipped of found.skippedPages(ROWS_PER_TRANSACTION)) {
		catalogue.transaction(() => {
			for (const { path, size, reason } of skipped) {
				catalogue.skip({ path, size, stamp: NO_STAMP }, reason);
			}
		});
	}
	for (let start = 0; start < gone.length; start += ROWS_PER_TRANSACTION) {
		catalogue.transaction(() => {
			for (const { path, stamp } of gone.slice(start, start + ROWS_PER_TRANSACTION)) {
				// Whoever indexed it since we looked knows better.
				if (catalogue.get(path)?.stamp === stamp) catalogue.remove(path);
			}
		});
	}
}

function rulesBy(said: IndexWorkspacePayload, known: FolderRules): FolderRules {
	return {
		exclude: said.exclude ?? known.exclude,
		defaultExcludes: said.defaultExcludes ?? known.defaultExcludes,
		maxFileBytes: said.maxFileBytes ?? known.maxFileBytes,
	};
}

function* shardJobs(workspace: string, found: FoundFiles): Iterable<JobSpecInput> {
	for (const shard of shardsOf(found.byRecency())) {
		const files = shard.map(({ path }) => path);
		const payload: IndexFilesPayload = { files };
		yield { type: 'index.files', workspace, title: filesTitle(files), payload };
	}
}

function logDifferences(
	{ report }: IndexJob,
	root: string,
	found: FoundFiles,
	result: WorkspaceResult,
): void {
	const lister = createLister(report.log);
	for (const skipped of found.skippedPages(ROWS_PER_TRANSACTION)) {
		for (const { path, reason } of skipped) lister.add(`skipped, ${reason}`, path);
	}
	lister.finish();
	if (result.leftOut !== undefined) {
		const entries = Object.entries(result.leftOut).map(([entry, count]) => `${count} × ${entry}`);
		report.log(
			`Left out by default: ${entries.join(', ')}. What git tracks is not; \`--no-default-excludes\`, or the setting semantica.index.defaultExcludes, lets in everything.`,
		);
	}
	if (result.files === 0) {
		report.log(
			`There is nothing to index in ${root}: it has no files, or its rules exclude them all.`,
		);
		return;
	}
	const parts = [
		`${counted(result.files, 'file')} in ${basename(root) || root}`,
		`${result.changed} to index (${megabytes(result.bytes)})`,
		`${result.removed} removed`,
		skippedText(result.skipped),
	];
	report.log(`${parts.filter((part) => part !== '').join(', ')}.`);
}
