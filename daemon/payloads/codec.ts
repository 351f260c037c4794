/**
 * The form of a payload file: one zstd frame with a checksum. zstd keeps blocks that do not shrink as they
 * are, so random bytes cost three bytes in 128 KiB and need no second format.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import {
	constants,
	createZstdCompress,
	createZstdDecompress,
	type ZstdDecompress,
} from 'node:zlib';
import { errorCode, SemanticaError } from '../../shared/errors.ts';
import { discarded } from './garbage.ts';

/** The unit of reading, hashing and compressing: a fraction of a millisecond of the main thread. */
const CHUNK_BYTES = 64 * 1024;
/** What is in memory is compressed on a thread of its own, in pieces that cost few changes of threads. */
const PIECE_BYTES = 512 * 1024;
/** 1 MiB of history, which bounds the memory of both directions. */
const WINDOW_LOG = 20;
const LEVEL = 1;

/** @throws SemanticaError SYSTEM where Node is too old to have zstd: better at the start than at a payload. */
export function assertNodeCompresses(): void {
	if (typeof createZstdCompress === 'function') return;
	throw new SemanticaError(
		'SYSTEM',
		`Semantica needs Node 22.15 or newer (zstd in node:zlib); this is Node ${process.versions.node}. ` +
			'Install a newer Node, or start Semantica through its npm scripts, which bring their own.',
	);
}

/** Content that can be read from its beginning more than once. */
export interface Content {
	read(): Iterable<Buffer> | AsyncIterable<Buffer>;
	/** All of it, where it is in memory: nobody changes it. */
	readonly whole?: Buffer;
}

export interface Written {
	/** Of what was written; undefined where it was in memory, and cannot be anything else. */
	readonly digest: Buffer | undefined;
	/** Length of the file. */
	readonly stored: number;
}

/** Cuts bytes that are in memory into chunks, so that no step holds the main thread for long. */
export function* inChunks(content: Buffer, bytes: number = CHUNK_BYTES): Generator<Buffer> {
	for (let at = 0; at < content.length; at += bytes) yield content.subarray(at, at + bytes);
}

/**
 * Reads a descriptor from its beginning, whatever its own position is. All chunks share one buffer: each
 * stands until the next is asked for.
 */
export async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
	const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
	for (let position = 0; ; ) {
		const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, position);
		if (bytesRead === 0) return;
		position += bytesRead;
		yield buffer.subarray(0, bytesRead);
	}
}

/** Of what is in memory, up to this length is copied in one step for another thread to hash. */
const COPIED_BYTES = 1024 * 1024;

/** SHA-256 of content; other work goes on meanwhile, or between its chunks. */
export async function digestOf(content: Content): Promise<Buffer> {
	const { whole } = content;
	if (whole !== undefined && whole.length <= COPIED_BYTES && isOwn(whole)) {
		return Buffer.from(await crypto.subtle.digest('SHA-256', whole));
	}
	const hash = createHash('sha256');
	for await (const chunk of content.read()) {
		hash.update(chunk);
		await turn();
	}
	return hash.digest();
}

/** What crossed from another thread stands in memory that is shared, which the other digest does not take. */
function isOwn(whole: Buffer): whole is Buffer<ArrayBuffer> {
	return whole.buffer instanceof ArrayBuffer;
}

/**
 * Compresses content into the file.
 * @param onGrowth called with the length of the file so far; what it throws ends the writing
 */
export async function compressInto(
	handle: FileHandle,
	content: Content,
	onGrowth: (stored: number) => void,
): Promise<Written> {
	const { whole } = content;
	const hash = whole === undefined ? createHash('sha256') : undefined;
	const chunkSize = whole === undefined ? CHUNK_BYTES : PIECE_BYTES;
	let stored = 0;
	async function* hashed(): AsyncGenerator<Buffer> {
		for await (const chunk of content.read()) {
			hash?.update(chunk);
			yield chunk;
		}
	}
	const source = whole === undefined ? hashed() : inChunks(whole, PIECE_BYTES);
	const compressor = createZstdCompress({
		chunkSize,
		params: {
			[constants.ZSTD_c_compressionLevel]: LEVEL,
			[constants.ZSTD_c_windowLog]: WINDOW_LOG,
			[constants.ZSTD_c_checksumFlag]: 1,
		},
	});
	await pipeline(source, compressor, async (frames: AsyncIterable<Buffer>) => {
		for await (const frame of frames) {
			onGrowth(stored + frame.length);
			await writeAll(handle, frame, stored);
			stored += frame.length;
			discarded(frame.length);
		}
	});
	return { digest: hash?.digest(), stored };
}

// A disk that is nearly full takes a part and says so only on the next attempt.
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
	for (let at = 0; at < bytes.length; ) {
		at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
	}
}

export function decompressor(): ZstdDecompress {
	return createZstdDecompress({
		chunkSize: CHUNK_BYTES,
		// A damaged header must not make us reserve a window that we never wrote.
		params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
	});
}

/**
 * Reads the whole file and compares. Resolves with what is wrong, in words that end a sentence, or
 * undefined when it is the content that was stored.
 * @param take is given the content as it comes, before it is known to be right; a SemanticaError of it is passed on
 */
export async function findDamage(
	handle: FileHandle,
	expected: { readonly digest: Buffer; readonly bytes: number },
	take: (chunk: Buffer, position: number) => Promise<void> = async () => {},
): Promise<string | undefined> {
	const hash = createHash('sha256');
	let bytes = 0;
	try {
		await pipeline(
			chunksOf(handle),
			decompressor(),
			async (content: AsyncIterable<Buffer>): Promise<void> => {
				for await (const chunk of content) {
					const position = bytes;
					bytes += chunk.length;
					if (bytes > expected.bytes) return;
					hash.update(chunk);
					await take(chunk, position);
					discarded(chunk.length);
				}
			},
		);
	} catch (error) {
		if (error instanceof SemanticaError || isSystemError(error)) throw error;
		return 'is damaged or cut short';
	}
	if (bytes !== expected.bytes) return 'has another length than what was stored';
	return hash.digest().equals(expected.digest) ? undefined : 'is not what was stored';
}

/** An error of the operating system (`EIO`), not of zlib (`ZSTD_error_…`) or of a stream (`ERR_…`). */
export function isSystemError(error: unknown): boolean {
	return /^E[A-Z0-9]+$/.test(errorCode(error) ?? '');
}
