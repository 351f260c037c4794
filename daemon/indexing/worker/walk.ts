/** Comparing a folder with its catalogue: what must be read, what is skipped, what is gone. */
import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Catalogue, KnownFile } from '../catalogue/catalogue.ts';
import type { Listing } from '../files/listing.ts';
import type { Names } from '../files/names.ts';
import { type FileProbe, probe, type SkipReason } from '../files/probe.ts';
import type { IsIgnored } from '../files/rules.ts';
import type { Scope } from '../files/scope.ts';
import type { ChangedFile } from './shards.ts';

export interface WalkOptions {
	readonly scope: Scope;
	readonly listing: Listing;
	readonly isExcluded: IsIgnored;
	readonly maxFileBytes: number;
	readonly catalogue: Catalogue;
	/** The number of files seen so far, now and then. */
	readonly onProgress: (files: number) => void;
}

export interface SkippedFile {
	readonly path: string;
	readonly size: number;
	readonly reason: SkipReason;
}

export interface GoneFile {
	readonly path: string;
	/** As the catalogue had it. */
	readonly stamp: string;
}

export interface Differences {
	/** Files of the set, indexable or not. */
	readonly files: number;
	readonly changed: ChangedFile[];
	/** Not known to be skipped for that reason until now. */
	readonly skipped: SkippedFile[];
	/** Known, but no longer of the set. */
	readonly gone: GoneFile[];
	/** Whether something was known, and all of it is gone. */
	readonly nothingLeft: boolean;
}

export async function compareFolder(options: WalkOptions): Promise<Differences> {
	const listed = options.listing.list('');
	try {
		// git begins here, and works while the catalogue is read.
		const begun = listed.next();
		const known = options.catalogue.all();
		const comparison = compare(options, known);
		const first = await begun;
		if (!first.done) comparison.look(first.value);
		for await (const names of listed) comparison.look(names);
		for (const folder of comparison.folders) {
			for await (const names of options.listing.list(folder)) comparison.look(names);
		}
		const { seen, changed, skipped } = comparison;
		const unseen = [...known].flatMap(([path, { stamp }]) =>
			seen.has(path) || comparison.isHidden(path) ? [] : { path, stamp },
		);
		const gone = await onlyGone(unseen, options);
		const nothingLeft = known.size > 0 && gone.length === known.size;
		return { files: seen.size, changed, skipped, gone, nothingLeft };
	} finally {
		// Ends git, where an error has left it in the middle.
		await listed.return(undefined);
	}
}

interface Comparison {
	readonly seen: ReadonlySet<string>;
	readonly changed: ChangedFile[];
	readonly skipped: SkippedFile[];
	/** Nested repositories, which the listing gives as entries of their own; grows while looking. */
	readonly folders: readonly string[];
	look(names: Names): void;
	/** Whether a file may be there, in a folder that cannot be read. */
	isHidden(path: string): boolean;
}

function compare(options: WalkOptions, known: ReadonlyMap<string, KnownFile>): Comparison {
	const { scope, isExcluded, maxFileBytes, onProgress } = options;
	const seen = new Set<string>();
	const changed: ChangedFile[] = [];
	const skipped: SkippedFile[] = [];
	const folders: string[] = [];
	const shut = new Set<string>();

	const skip = (path: string, size: number, reason: SkipReason): void => {
		seen.add(path);
		if (known.get(path)?.skipped !== reason) skipped.push({ path, size, reason });
	};
	const lookAt = (path: string): void => {
		if (seen.has(path) || isExcluded(path, false)) return;
		const found = probe(scope, path);
		if (found.kind === 'folder' && !isExcluded(path, true)) folders.push(path);
		else if (found.kind === 'skipped') skip(path, 0, found.reason);
		else if (found.kind === 'file' && found.size > maxFileBytes) {
			skip(path, found.size, 'too-large');
		} else if (found.kind === 'file') {
			seen.add(path);
			if (mustRead(scope.root, path, found, known.get(path))) changed.push({ path, ...found });
		}
	};
	return {
		seen,
		changed,
		skipped,
		folders,
		look({ paths, unprintable, unreadable }) {
			for (const path of paths) lookAt(path);
			for (const name of unprintable) skip(name, 0, 'name');
			for (const folder of unreadable) {
				if (isExcluded(folder, true)) continue;
				shut.add(folder);
				skip(folder, 0, 'unreadable');
			}
			onProgress(seen.size);
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
