/** Reading a payload file so that a job never sees one wrong byte of it (docs/design.md section 5). */
import type { FileHandle } from 'node:fs/promises';
import { pipeline, type Readable, Transform } from 'node:stream';
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import { patiently } from '../disks/patience.ts';
import { chunksOf, decompressor, findDamage, isSystemError, writeAll } from './codec.ts';
import type { PayloadFolder, Scratch } from './folder.ts';
import { discarded } from './garbage.ts';

export interface ExpectedFile {
	readonly digest: Buffer;
	/** Length of the content. */
	readonly bytes: number;
}

/** Only these say that the file is not there any more; all else, as a disk that stumbles, may pass. */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
const isGone = (error: unknown): boolean => GONE.has(errorCode(error) ?? '');
/** So long a file that cannot be read is tried again. */
const READ_WITHIN_MS = 2000;

/**
 * Verifies the whole file and then streams it from the same descriptor, so that nothing can be put in its
 * place between the two. The frame's own checksum ends the stream with an error if it changes even then.
 * @throws SemanticaError PAYLOAD_LOST, or SYSTEM where it cannot be read at the moment
 */
export function openVerified(folder: PayloadFolder, expected: ExpectedFile): Promise<Readable> {
	const path = folder.pathOf(expected.digest);
	return readWhole(folder, expected, async (handle) => {
		try {
			const damage = await damageOf(handle, expected);
			if (damage !== undefined) throw lost(`its file ${path} ${damage}`);
			return contentOf(handle, path);
		} catch (error) {
			await handle.close();
			throw error;
		}
	});
}

/**
 * Verifies the whole file while it is copied for a run, so that it is read once. Only a copy that was right to
 * its end is worth anything.
 * @throws SemanticaError as openVerified, and STORE when the copy cannot be written
 */
export function copyVerified(
	folder: PayloadFolder,
	expected: ExpectedFile,
	input: Scratch,
): Promise<void> {
	const path = folder.pathOf(expected.digest);
	return readWhole(folder, expected, async (handle) => {
		try {
			const damage = await damageOf(handle, expected, (chunk, position) =>
				writeInput(input, chunk, position),
			);
			if (damage !== undefined) throw lost(`its file ${path} ${damage}`);
		} finally {
			await handle.close();
		}
	});
}

/** @throws SemanticaError STORE */
export async function writeInput(input: Scratch, bytes: Buffer, position: number): Promise<void> {
	try {
		await writeAll(input.handle, bytes, position);
	} catch (error) {
		throw noRoom(error);
	}
}

export function noRoom(error: unknown): SemanticaError {
	return new SemanticaError(
		'STORE',
		`The payload could not be laid out as the input of the job (${errorMessage(error)}). ` +
			'Free space on the disk that holds the Semantica data folder, then retry the job.',
	);
}

/** The whole content in memory: for content that is small. @throws as openVerified */
export async function readVerified(folder: PayloadFolder, file: ExpectedFile): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of await openVerified(folder, file)) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

/** What is wrong with a file, in words that end a sentence. */
export interface Damage {
	readonly why: string;
	/** It may be whole, and could only not be read now. */
	readonly unread: boolean;
}

/** Undefined when it is as it was stored. */
export async function inspectFile(
	folder: PayloadFolder,
	expected: ExpectedFile,
): Promise<Damage | undefined> {
	const failed = (error: unknown): Damage => ({ why: describe(error), unread: !isGone(error) });
	let handle: FileHandle;
	try {
		handle = await folder.open(expected.digest);
	} catch (error) {
		return failed(error);
	}
	try {
		const why = await damageOf(handle, expected);
		return why === undefined ? undefined : { why, unread: false };
	} catch (error) {
		return failed(error);
	} finally {
		await handle.close();
	}
}

/** From its beginning again where the disk stumbles. */
async function readWhole<T>(
	folder: PayloadFolder,
	{ digest }: ExpectedFile,
	read: (handle: FileHandle) => Promise<T>,
): Promise<T> {
	const mayPass = (error: unknown) => !(error instanceof SemanticaError) && !isGone(error);
	try {
		return await patiently(async () => read(await folder.open(digest)), READ_WITHIN_MS, mayPass);
	} catch (error) {
		throw error instanceof SemanticaError ? error : unreadable(folder.pathOf(digest), error);
	}
}

async function damageOf(
	handle: FileHandle,
	expected: ExpectedFile,
	take?: (chunk: Buffer, position: number) => Promise<void>,
): Promise<string | undefined> {
	if (!(await handle.stat()).isFile()) return 'is not a regular file';
	return await findDamage(handle, expected, take);
}

function contentOf(handle: FileHandle, path: string): Readable {
	const content = new Transform({
		transform(chunk: Buffer, _, done) {
			discarded(chunk.length);
			done(null, chunk);
		},
		destroy: (error, done) => done(error === null ? null : brokenOff(path, error)),
	});
	pipeline(chunksOf(handle), decompressor(), content, () => {
		handle.close().catch(() => {});
	});
	return content;
}

/** It was whole a moment ago. */
function brokenOff(path: string, error: Error): SemanticaError {
	return isSystemError(error)
		? unreadable(path, error)
		: lost(`its file ${path} changed while it was read`);
}

function unreadable(path: string, error: unknown): SemanticaError {
	if (isGone(error)) return lost(`its file ${path} ${describe(error)}`);
	return new SemanticaError(
		'SYSTEM',
		`The payload of this job is kept, but its file ${path} could not be read (${errorMessage(error)}). ` +
			'When the disk can be read again, retry the job.',
	);
}

function describe(error: unknown): string {
	switch (errorCode(error)) {
		case 'ENOENT':
		case 'ENOTDIR':
			return 'is missing';
		case 'ELOOP':
			return 'was replaced by a link';
		default:
			return `cannot be read (${errorMessage(error)})`;
	}
}

export function lost(why: string): SemanticaError {
	return new SemanticaError(
		'PAYLOAD_LOST',
		`The payload of this job is lost: ${why}. Enqueue the work again with its input.`,
	);
}
