/** A run of `index.files`: reads files and brings the index in step with them. */
import { DEFAULT_RULES } from '../../../shared/folderRules.ts';
import type { IndexFilesPayload } from '../../../shared/protocol/indexing.ts';
import { createCatalogue } from '../catalogue/catalogue.ts';
import { openIndex } from '../catalogue/database.ts';
import { indexFolder } from '../catalogue/location.ts';
import { createSegmentTable } from '../catalogue/segments.ts';
import { createListing } from '../files/listing.ts';
import { excluder } from '../files/rules.ts';
import { TermCounter } from '../words/terms.ts';
import { BATCH_BYTES, BATCH_FILES } from './batch.ts';
import { commit, type Examiner, examine, type Finding } from './findings.ts';
import { assertMayForget, type IndexJob, openFolder } from './job.ts';
import { counted, createLister, type Lister, megabytes, skippedText } from './report.ts';
import { createSegments } from './segments.ts';

export interface FilesResult {
	readonly files: number;
	readonly indexed: number;
	readonly unchanged: number;
	/** Gone from the folder, and so from the index. */
	readonly removed: number;
	/** By reason. */
	readonly skipped: Readonly<Record<string, number>>;
	/** Of the files indexed. */
	readonly bytes: number;
}

/** How often a file that changes under our hands is read again in one run. */
const TRIES = 5;

export async function indexFiles(job: IndexJob, payload: IndexFilesPayload): Promise<FilesResult> {
	const { report } = job;
	const scope = openFolder(job);
	const db = openIndex(job.home, job.workspace);
	try {
		const catalogue = createCatalogue(db);
		const folder = indexFolder(job.home.paths, job.workspace);
		const segments = createSegments(folder, catalogue, createSegmentTable(db));
		const examiner: Examiner = {
			scope,
			catalogue,
			segments,
			counter: new TermCounter(),
			maxFileBytes:
				catalogue.rules()?.maxFileBytes ?? payload.maxFileBytes ?? DEFAULT_RULES.maxFileBytes,
		};
		const lister = createLister(report.log);
		const files = [...new Set(payload.files)];
		const tally = createTally(files.length, lister);
		const ignored = await findIgnored(job, examiner, files);
		for (const path of ignored) tally.skip(path, 'ignored');

		let seen = ignored.size;
		const progress = (must: boolean): void =>
			report.progress(
				{
					// Files that are read again do not count again.
					current: Math.min(seen, files.length),
					total: files.length,
					unit: 'files',
					message: megabytes(tally.result.bytes),
				},
				must,
			);
		let waiting = files.filter((path) => !ignored.has(path));
		for (let tries = 0; tries < TRIES && waiting.length > 0; tries++) {
			waiting = update(examiner, waiting, tally, () => {
				seen++;
				progress(false);
			});
		}
		for (const path of waiting) lister.add('still being written, left for the next run', path);
		lister.finish();
		if (job.mergeLater === undefined || segments.isCrowded()) segments.merge(false);
		else job.mergeLater();
		progress(true);
		report.log(summary(tally.result));
		report.result({ ...tally.result });
		return tally.result;
	} finally {
		db.close();
	}
}

/**
 * Examines files and writes what it finds; returns those that changed meanwhile and must be
 * looked at again.
 */
function update(
	examiner: Examiner,
	files: readonly string[],
	tally: Tally,
	onSeen: () => void,
): string[] {
	const again: string[] = [];
	let findings: Finding[] = [];
	let bytes = 0;
	const flush = (): void => {
		if (findings.some(({ kind }) => kind === 'remove')) {
			assertMayForget(examiner.scope, examiner.catalogue.lastWalk());
		}
		const outdated = commit(examiner, findings);
		for (const finding of findings) {
			if (outdated.has(finding)) again.push(finding.path);
			else tally.written(finding);
		}
		findings = [];
		bytes = 0;
	};
	for (const path of files) {
		const look = examine(examiner, path);
		if (look.kind === 'unchanged') tally.unchanged();
		else if (look.kind === 'unstable') again.push(path);
		else {
			findings.push(look);
			if (look.kind === 'index') bytes += look.facts.size;
		}
		if (findings.length === BATCH_FILES || bytes >= BATCH_BYTES) flush();
		onSeen();
	}
	if (findings.length > 0) flush();
	return again;
}

/**
 * Files that the rules of the folder leave out. Those in the catalogue have been asked about by a
 * walk.
 */
async function findIgnored(
	job: IndexJob,
	{ scope, catalogue }: Examiner,
	files: readonly string[],
): Promise<Set<string>> {
	const unknown = files.filter((path) => catalogue.get(path) === undefined);
	if (unknown.length === 0) return new Set();
	const { exclude, defaultExcludes } = catalogue.rules() ?? DEFAULT_RULES;
	const isExcluded = excluder(scope, exclude);
	const listing = createListing(scope.root, {
		env: job.env,
		isExcluded,
		defaultExcludes,
		log: job.report.log,
	});
	const listed = new Set(await listing.only(unknown.filter((path) => !isExcluded(path, false))));
	return new Set(unknown.filter((path) => !listed.has(path)));
}

interface Tally {
	readonly result: FilesResult;
	skip(path: string, reason: string): void;
	unchanged(): void;
	written(finding: Finding): void;
}

function createTally(files: number, lister: Lister): Tally {
	const skipped: Record<string, number> = {};
	const result = { files, indexed: 0, unchanged: 0, removed: 0, skipped, bytes: 0 };
	const skip = (path: string, reason: string): void => {
		skipped[reason] = (skipped[reason] ?? 0) + 1;
		lister.add(`skipped, ${reason}`, path);
	};
	return {
		result,
		skip,
		unchanged: () => {
			result.unchanged++;
		},
		written(finding) {
			if (finding.kind === 'skip') skip(finding.path, finding.reason);
			else if (finding.kind === 'confirm') result.unchanged++;
			else if (finding.kind === 'index') {
				result.indexed++;
				result.bytes += finding.facts.size;
			} else {
				result.removed++;
				lister.add('gone', finding.path);
			}
		},
	};
}

function summary({ indexed, bytes, unchanged, removed, skipped }: FilesResult): string {
	const parts = [
		`${counted(indexed, 'file')} indexed (${megabytes(bytes)})`,
		unchanged > 0 ? `${unchanged} unchanged` : '',
		removed > 0 ? `${removed} removed` : '',
		skippedText(skipped),
	];
	return `${parts.filter((part) => part !== '').join(', ')}.`;
}
