/**
 * The files of vectors: written whole or not at all, and never changed.
 *
 * head     "SMV1", dimension, count (32 bits each), four bytes of zero
 * vectors  of each: its scale (a 32-bit float), then a byte for each dimension
 * end      CRC-32 of all before
 */
import {
	closeSync,
	existsSync,
	fstatSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	readSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { errorCode } from '../../../shared/errors.ts';
import type { SmallVector } from './vectors.ts';

const MAGIC = 'SMV1';
const HEAD = 16;
const END = 4;
/** So much of a file is held in memory while it is searched. */
const PIECE_BYTES = 1024 * 1024;
const UNFINISHED = '.tmp';

/** The folder of an index's vectors; it is there where somebody has switched them on. @param index The folder of the index. */
export const meaningFolder = (index: string): string => join(index, 'meaning');

export const isThere = (folder: string): boolean => existsSync(folder);

export const makeFolder = (folder: string): void =>
	void mkdirSync(folder, { recursive: true, mode: 0o700 });

const vectorFile = (folder: string, id: number): string => join(folder, `${id}.vec`);

/** On disk when it returns, or not there. @returns Its size. */
export function writeVectors(folder: string, id: number, vectors: readonly SmallVector[]): number {
	const dimension = vectors[0]?.bytes.length ?? 0;
	const bytes = Buffer.alloc(HEAD + vectors.length * (4 + dimension) + END);
	bytes.write(MAGIC, 'latin1');
	bytes.writeUInt32LE(dimension, 4);
	bytes.writeUInt32LE(vectors.length, 8);
	let at = HEAD;
	for (const vector of vectors) {
		at = bytes.writeFloatLE(vector.scale, at);
		bytes.set(new Uint8Array(vector.bytes.buffer, vector.bytes.byteOffset, dimension), at);
		at += dimension;
	}
	bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at);
	const file = vectorFile(folder, id);
	const fd = openSync(file + UNFINISHED, 'w', 0o600);
	try {
		writeFileSync(fd, bytes);
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
	renameSync(file + UNFINISHED, file);
	return bytes.length;
}

/** All of a file; undefined where it is gone, or not as it was written. */
export function readVectors(folder: string, id: number): SmallVector[] | undefined {
	let bytes: Buffer;
	try {
		bytes = readFileSync(vectorFile(folder, id));
	} catch (error) {
		if (errorCode(error) !== 'ENOENT') throw error;
		return undefined;
	}
	const head = headOf(bytes);
	if (head === undefined || bytes.length !== HEAD + head.count * (4 + head.dimension) + END) {
		return undefined;
	}
	const end = bytes.length - END;
	if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) return undefined;
	return Array.from({ length: head.count }, (_, slot) => {
		const at = HEAD + slot * (4 + head.dimension);
		const from = bytes.byteOffset + at + 4;
		return {
			scale: bytes.readFloatLE(at),
			bytes: new Int8Array(bytes.buffer, from, head.dimension),
		};
	});
}

/** Piece by piece, `visit` with the bytes and where in them a vector's begin. Ends where the file does. */
export function* scanVectors(
	folder: string,
	id: number,
	dimension: number,
	visit: (slot: number, scale: number, bytes: Int8Array, at: number) => void,
): Generator<void> {
	let fd: number;
	try {
		fd = openSync(vectorFile(folder, id), 'r');
	} catch (error) {
		// Merged away since its row was read, or lost: the next job finds that out.
		if (errorCode(error) !== 'ENOENT') throw error;
		return;
	}
	try {
		const row = 4 + dimension;
		const start = Buffer.alloc(HEAD);
		readSync(fd, start, 0, HEAD, 0);
		const head = headOf(start);
		const { size } = fstatSync(fd);
		if (head?.dimension !== dimension || size < HEAD + head.count * row) return;
		const perPiece = Math.max(1, Math.floor(PIECE_BYTES / row));
		const piece = Buffer.allocUnsafeSlow(perPiece * row);
		const signed = new Int8Array(piece.buffer);
		for (let slot = 0; slot < head.count; ) {
			const count = Math.min(perPiece, head.count - slot);
			const read = readSync(fd, piece, 0, count * row, HEAD + slot * row);
			if (read < count * row) return;
			for (let i = 0; i < count; i++) {
				visit(slot + i, piece.readFloatLE(i * row), signed, i * row + 4);
			}
			slot += count;
			yield;
		}
	} finally {
		closeSync(fd);
	}
}

function headOf(bytes: Buffer): { dimension: number; count: number } | undefined {
	if (bytes.length < HEAD || bytes.toString('latin1', 0, 4) !== MAGIC) return undefined;
	return { dimension: bytes.readUInt32LE(4), count: bytes.readUInt32LE(8) };
}

/** A search may still read it: where that forbids it, the next job takes it. */
export function removeVectors(folder: string, id: number): void {
	try {
		rmSync(vectorFile(folder, id), { force: true });
	} catch (error) {
		if (!['EPERM', 'EBUSY', 'EACCES'].includes(errorCode(error) ?? '')) throw error;
	}
}

/** Removes what no row names; to be called by whoever holds the write lock. */
export function removeStrayVectors(folder: string, known: ReadonlySet<number>): void {
	for (const name of readdirSync(folder)) {
		const id = /^(\d+)\.vec$/.exec(name)?.[1];
		if (id !== undefined && !known.has(Number(id))) removeVectors(folder, Number(id));
		else if (name.endsWith(UNFINISHED)) rmSync(join(folder, name), { force: true });
	}
}

/** Of all in the folder. */
export function meaningBytes(folder: string): number {
	return readdirSync(folder).reduce(
		(sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
		0,
	);
}
