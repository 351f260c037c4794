/** What of the file system belongs to an indexed folder: everything in it but Semantica's own data. */
import { realpathSync, statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { SemanticaError } from '../../../shared/errors.ts';

export interface Scope {
	/** Canonical. */
	readonly root: string;
	/** Whether a canonical path is none of the folder's: it lies elsewhere, or in the data folder. */
	isOutside(real: string): boolean;
	/** Whether a path relative to the root is the data folder, or lies in it. */
	isOwn(path: string): boolean;
}

/** @param own The data folder; canonical, as `root` is. */
export function scopeOf(root: string, own: string): Scope {
	const inside = isInside(root, own) ? relative(root, own).split(sep).join('/') : undefined;
	return {
		root,
		isOutside: (real) => !isInside(root, real) || isWithin(own, real),
		isOwn: (path) => inside !== undefined && (path === inside || path.startsWith(`${inside}/`)),
	};
}

/**
 * @param own The data folder; canonical, as `folder` is.
 * @throws SemanticaError VALIDATION where `folder` is the data folder or lies in it.
 */
export function assertForeign(folder: string, own: string): void {
	if (!isWithin(own, folder)) return;
	throw new SemanticaError(
		'VALIDATION',
		`${folder} belongs to Semantica's own data folder, which is not indexed.`,
		{ path: 'workspace' },
	);
}

/** The canonical path of the data folder, by any of its names. */
export function ownFolder(home: string): string {
	try {
		return realpathSync.native(home);
	} catch {
		return home;
	}
}

const isWithin = (folder: string, path: string): boolean =>
	path === folder || isInside(folder, path);

function isInside(folder: string, path: string): boolean {
	return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Names a folder beyond its path: another that takes its place, as below an unmounted disk, differs. */
export function folderIdentity(root: string): string {
	const { dev, ino } = statSync(root, { bigint: true });
	return `${dev}:${ino}`;
}
