/** Reading a file as text: one consistent version of it, as UTF-8, or the reason why not. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isShortage } from '../../../shared/errors.ts';
import { decode } from './encoding.ts';
import { isGone, NO_STAMP, type SkipReason, settledStamp, stampOf } from './probe.ts';
import type { Scope } from './scope.ts';

export interface Content {
	readonly kind: 'text';
	/** UTF-8, without a byte order mark. */
	readonly text: Buffer;
	/** Bytes of the file before the text; undefined where the text is not the file's bytes. */
	readonly lead: number | undefined;
	readonly size: number;
	/** As the file was when read; compare with `probe` to see whether it still is. */
	readonly stamp: string;
	/** The stamp to remember. */
	readonly settled: string;
}

export interface Unindexable {
	readonly kind: 'skipped';
	readonly reason: SkipReason;
	readonly size: number;
	readonly stamp: string;
	readonly settled: string;
}

export type ReadResult =
	| Content
	| Unindexable
	| { readonly kind: 'gone' }
	/** Written to while we read, several times over. */
	| { readonly kind: 'unstable' };

const READS = 3;
// Never wait for the writer of a named pipe, and never follow a link that was put there after
// realpath looked.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** `path` is relative to the root. @throws where there are no descriptors left */
export function readContent(scope: Scope, path: string, maxBytes: number): ReadResult {
	let fd: number;
	try {
		const real = realpathSync.native(join(scope.root, path));
		if (scope.isOutside(real)) return unindexable('outside');
		fd = openSync(real, OPEN_FLAGS);
	} catch (error) {
		// A file must not leave the index because too many others are open.
		if (isShortage(error)) throw error;
		return isGone(error) ? { kind: 'gone' } : unindexable('unreadable');
	}
	try {
		for (let attempt = 0; attempt < READS; attempt++) {
			const result = readOnce(fd, maxBytes);
			if (result !== undefined) return result;
		}
		return { kind: 'unstable' };
	} catch {
		return unindexable('unreadable');
	} finally {
		closeSync(fd);
	}
}

function readOnce(fd: number, maxBytes: number): Content | Unindexable | undefined {
	const before = fstatSync(fd);
	if (!before.isFile()) return unindexable('not-a-file');
	const facts = {
		size: before.size,
		stamp: stampOf(before),
		settled: settledStamp(before, Date.now()),
	};
	if (before.size > maxBytes) {
		// Nothing about the content: another limit must look again.
		return { kind: 'skipped', reason: 'too-large', ...facts, settled: NO_STAMP };
	}
	const bytes = Buffer.allocUnsafe(before.size);
	let filled = 0;
	while (filled < bytes.length) {
		const count = readSync(fd, bytes, filled, bytes.length - filled, filled);
		if (count === 0) break;
		filled += count;
	}
	if (filled !== bytes.length || stampOf(fstatSync(fd)) !== facts.stamp) return undefined;
	const text = decode(bytes);
	return typeof text === 'string'
		? { kind: 'skipped', reason: text, ...facts }
		: { kind: 'text', text, lead: leadOf(text, bytes), ...facts };
}

function leadOf(text: Buffer, bytes: Buffer): number | undefined {
	// Small buffers of any origin lie in one pool: it is a part of the bytes where it ends with them.
	const isPart =
		text.buffer === bytes.buffer &&
		text.byteOffset >= bytes.byteOffset &&
		text.byteOffset + text.length === bytes.byteOffset + bytes.length;
	return isPart ? text.byteOffset - bytes.byteOffset : undefined;
}

function unindexable(reason: SkipReason): Unindexable {
	return { kind: 'skipped', reason, size: 0, stamp: NO_STAMP, settled: NO_STAMP };
}
