/** Reading a file as text: one consistent version of it, as UTF-8, or the reason why not. */
import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isGone, isInside, NO_STAMP, type SkipReason, settledStamp, stampOf } from './probe.ts';

export interface Content {
	readonly kind: 'text';
	/** UTF-8, without a byte order mark. */
	readonly text: Buffer;
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

/** `root` is canonical; `path` is relative to it. */
export function readContent(root: string, path: string, maxBytes: number): ReadResult {
	let fd: number;
	try {
		const real = realpathSync.native(join(root, path));
		if (!isInside(root, real)) return unindexable('outside');
		fd = openSync(real, OPEN_FLAGS);
	} catch (error) {
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
		: { kind: 'text', text, ...facts };
}

/** UTF-8 or UTF-16 with its byte order mark; everything with a NUL is binary, as git has it. */
export function decode(bytes: Buffer): Buffer | 'binary' | 'encoding' {
	if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes, 'utf-16le');
	if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes, 'utf-16be');
	if (bytes.includes(0)) return 'binary';
	if (!isUtf8(bytes)) return 'encoding';
	return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function decodeUtf16(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be'): Buffer | 'encoding' {
	try {
		return Buffer.from(new TextDecoder(encoding, { fatal: true }).decode(bytes));
	} catch {
		return 'encoding';
	}
}

function unindexable(reason: SkipReason): Unindexable {
	return { kind: 'skipped', reason, size: 0, stamp: NO_STAMP, settled: NO_STAMP };
}
