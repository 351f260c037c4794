/** Comparing a folder with its catalogue: what must be read, what is skipped, what is gone. */
import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KnownFile } from '../catalogue/catalogue.ts';
import type { FoundFiles } from '../catalogue/found.ts';
import { createRowSet, type KnownFiles, type RowSet } from '../catalogue/known.ts';
import type { Listing } from '../files/listing.ts';
import type { Names } from '../files/names.ts';
import { type FileProbe, probe, type SkipReason } from '../files/probe.ts';
import type { IsIgnored } from '../files/rules.ts';
import type { Scope } from '../files/scope.ts';

export interface WalkOptions {
	readonly scope: Scope;
	readonly listing: Listing;
	readonly isExcluded: IsIgnored;
	readonly maxFileBytes: number;
	readonly known: KnownFiles;
	/** Is given what must be read, and what is not known to be skipped for that reason. */
	readonly found: FoundFiles;
	/** What is looked up and written meanwhile goes faster together. */
	readonly together: (work: () => void) => void;
	/** The number of files seen so far, now and then. */
	readonly onProgress: (files: number) => void;
}

export interface GoneFile {
	readonly path: string;
	/** As the catalogue had it. */
	readonly stamp: string;
}

export interface Differences {
	/** Files of the set, indexable or not. */
	readonly files: number;
	/** Known, but no longer of the set. */
	readonly gone: GoneFile[];
	/** Whether something was known, and all of it is gone. */
	readonly nothingLeft: boolean;
}

export async function compareFolder(options: WalkOptions): Promise<Differences> {
	const listed = options.listing.list('');
	try {
		const comparison = compare(options);
		for await (const names of listed) comparison.look(names);
		for (const folder of comparison.folders) {
			for await (const names of options.listing.list(folder)) comparison.look(names);
		}
		const unseen: GoneFile[] = [];
		for (const { id, path, stamp } of options.known.each()) {
			if (!comparison.seen.has(id) && !comparison.isHidden(path)) unseen.push({ path, stamp });
		}
		const gone = await onlyGone(unseen, options);
		const { count } = options.known;
		const nothingLeft = count > 0 && gone.length === count;
		return { files: comparison.files(), gone, nothingLeft };
	} finally {
		// Ends git, where an error has left it in the middle.
		await listed.return(undefined);
	}
}

interface Comparison {
	/** Of what is known. */
	readonly seen: RowSet;
	/** Nested repositories, which the listing gives as entries of their own; grows while looking. */
	readonly folders: readonly string[];
	files(): number;
	look(names: Names): void;
	/** Whether a file may be there, in a folder that cannot be read. */
	isHidden(path: string): boolean;
}

function compare(options: WalkOptions): Comparison {
	const { scope, isExcluded, maxFileBytes, known, found, together, onProgress } = options;
	const seen = createRowSet();
	const folders: string[] = [];
	const shut = new Set<string>();
	let files = 0;

	const skip = (path: string, size: number, reason: SkipReason): void => {
		const row = known.find(path);
		const isFirst = row !== undefined && seen.add(row.id);
		const isOther = row?.skipped !== reason && found.skipped({ path, size, reason });
		if (isFirst || (row === undefined && isOther)) files++;
	};
	const keep = (path: string, file: FileProbe): void => {
		const row = known.find(path);
		const isFirst = row !== undefined && seen.add(row.id);
		const isOther = mustRead(scope.root, path, file, row) && found.changed({ path, ...file });
		if (isFirst || (row === undefined && isOther)) files++;
	};
	const lookAt = (path: string): void => {
		if (isExcluded(path, false)) return;
		const there = probe(scope, path);
		if (there.kind === 'folder' && !isExcluded(path, true)) folders.push(path);
		else if (there.kind === 'skipped') skip(path, 0, there.reason);
		else if (there.kind === 'file' && there.size > maxFileBytes) {
			skip(path, there.size, 'too-large');
		} else if (there.kind === 'file') keep(path, there);
	};
	return {
		seen,
		folders,
		files: () => files,
		look({ paths, unprintable, unreadable }) {
			together(() => {
				for (const path of paths) lookAt(path);
				for (const name of unprintable) skip(name, 0, 'name');
				for (const folder of unreadable) {
					if (isExcluded(folder, true)) continue;
					shut.add(folder);
					skip(folder, 0, 'unreadable');
				}
			});
			onProgress(files);
		},
		isHidden: (path) => shut.size > 0 && isIn(shut, path) && !isExcluded(path, false),
	};
}

function isIn(folders: ReadonlySet<string>, path: string): boolean {
	for (let at = dirname(path); at !== '.'; at = dirname(at)) if (folders.has(at)) return true;
	return false;
}

/**
 * A file that is there may have come, and been indexed, only after git had looked: then it stays.
 */
async function onlyGone(unseen: readonly GoneFile[], options: WalkOptions): Promise<GoneFile[]> {
	const { scope, listing, isExcluded } = options;
	const there = unseen.flatMap(({ path }) =>
		isExcluded(path, false) || probe(scope, path).kind !== 'file' ? [] : path,
	);
	const members = new Set(await listing.only(there));
	return unseen.filter(({ path }) => !members.has(path));
}

function mustRead(
	root: string,
	path: string,
	found: FileProbe,
	known: KnownFile | undefined,
): boolean {
	// Rights may change without a trace on the file, and a shard for every walk would be in vain.
	if (known?.skipped === 'unreadable') return isReadable(join(root, path));
	return known?.stamp !== found.stamp;
}

function isReadable(file: string): boolean {
	try {
		accessSync(file, constants.R_OK);
		return true;
	} catch {
		return false;
	}
}
