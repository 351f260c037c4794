/** What a path in the folder is right now, without reading it. */
import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { errorCode } from '../../../shared/errors.ts';
import type { Scope } from './scope.ts';

/** Why a file that exists is not in the index. */
export type SkipReason =
	| 'binary'
	| 'too-large'
	| 'unreadable'
	| 'outside'
	| 'encoding'
	| 'name'
	| 'not-a-file';

export interface FileProbe {
	readonly kind: 'file';
	readonly size: number;
	/** Epoch ms of the last write. */
	readonly modifiedMs: number;
	/** Equal stamps mean the same content; see `stampOf`. */
	readonly stamp: string;
}

export interface SkipProbe {
	readonly kind: 'skipped';
	readonly reason: SkipReason;
}

export type Probe = FileProbe | SkipProbe | { readonly kind: 'folder' } | { readonly kind: 'gone' };

const GONE: Probe = { kind: 'gone' };

/** A stamp that equals no other: the next look at the file reads it again. */
export const NO_STAMP = '';

/** `path` is relative to the root. Symbolic links are followed to files of the folder only. */
export function probe(scope: Scope, path: string): Probe {
	const file = `${scope.root}/${path}`;
	try {
		const own = lstatSync(file, { throwIfNoEntry: false });
		if (own === undefined) return GONE;
		return own.isSymbolicLink() ? probeLink(scope, file) : describe(own);
	} catch (error) {
		return isGone(error) ? GONE : skipped('unreadable');
	}
}

export function isGone(error: unknown): boolean {
	const code = errorCode(error);
	// ENOTDIR: a folder of the path has become a file.
	return code === 'ENOENT' || code === 'ENOTDIR';
}

function probeLink(scope: Scope, link: string): Probe {
	try {
		if (scope.isOutside(realpathSync.native(link))) return skipped('outside');
		const target = describe(statSync(link));
		return target.kind === 'folder' ? skipped('not-a-file') : target;
	} catch {
		// It points at nothing, or in a circle: the link exists, its content does not.
		return skipped('unreadable');
	}
}

function describe(stats: Stats): Probe {
	if (stats.isDirectory()) return { kind: 'folder' };
	if (!stats.isFile()) return skipped('not-a-file');
	return {
		kind: 'file',
		size: stats.size,
		modifiedMs: stats.mtimeMs,
		stamp: stampOf(stats),
	};
}

function skipped(reason: SkipReason): SkipProbe {
	return { kind: 'skipped', reason };
}

/**
 * ctime is there because a copy or a checkout may keep size and mtime; where it moves in vain, a
 * hash is wasted.
 */
export function stampOf(stats: Stats): string {
	return `${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}:${stats.ino}`;
}

/**
 * The stamp to remember for content read at `readMs`, or NO_STAMP while the file system's clock
 * could give a later write of the same size the same times. Kernels tick every 10 ms or faster,
 * old file systems every 2 s.
 */
export function settledStamp(stats: Stats, readMs: number): string {
	const tickMs = stats.ctimeMs % 1000 === 0 ? 2000 : 20;
	return Math.abs(readMs - stats.ctimeMs) < tickMs ? NO_STAMP : stampOf(stats);
}
