/** A payloadFile that a client names: looked at before anything is written, read by streaming, never trusted. */
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { LIMITS } from '../../shared/jobTerms.ts';
import { answering } from '../disks/answering.ts';
import type { IsLocked } from '../disks/lockedFiles.ts';
import type { PayloadFile } from '../queue/ports/payloadStore.ts';
import { chunksOf } from './codec.ts';

/** A FIFO or a device must not keep us waiting for it to open. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

const OWN = 'in use by Semantica itself, which cannot hand it to a job. Give the job a copy of it.';

/** @throws SemanticaError VALIDATION or TOO_LARGE */
export async function findPayloadFile(path: string, isLocked: IsLocked): Promise<PayloadFile> {
	if (!isAbsolute(path))
		throw refuse(`The payload file ${path} must be named by an absolute path.`);
	const { handle, stats: found } = await openFile(path, isLocked);
	await close(path, handle);
	const bytes = Number(found.size);
	if (found.size > BigInt(LIMITS.payloadFileBytes)) {
		throw new SemanticaError(
			'TOO_LARGE',
			`The payload file ${path} has ${bytes} bytes; at most ${LIMITS.payloadFileBytes} are accepted.`,
			{ path: 'payloadFile' },
		);
	}
	return { bytes, read: () => readUnchanged(path, found, isLocked) };
}

async function* readUnchanged(
	path: string,
	found: BigIntStats,
	isLocked: IsLocked,
): AsyncGenerator<Buffer> {
	const changed = () =>
		refuse(
			`The payload file ${path} changed while it was read. Enqueue the job when the file is complete.`,
		);
	const { handle, stats } = await openFile(path, isLocked);
	try {
		if (!isSame(stats, found)) throw changed();
		let left = found.size;
		const chunks = chunksOf(handle)[Symbol.asyncIterator]();
		for (;;) {
			const { done, value: chunk } = await answering(path, () => chunks.next());
			if (done === true) break;
			left -= BigInt(chunk.length);
			if (left < 0n) throw changed();
			yield chunk;
		}
		const after = await answering(path, () => handle.stat({ bigint: true }));
		if (left > 0n || !isSame(after, found)) throw changed();
	} finally {
		await close(path, handle);
	}
}

// It was open for reading only: nothing is lost where that cannot be done, or not soon.
async function close(path: string, handle: FileHandle): Promise<void> {
	await answering(path, () => handle.close()).catch(() => {});
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
	return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

async function openFile(
	path: string,
	isLocked: IsLocked,
): Promise<{ handle: FileHandle; stats: BigIntStats }> {
	const notRegular = () => refuse(`The payload file ${path} is not a regular file.`);
	try {
		return await answering(path, async () => {
			// Merely opening a device can do something, so it is looked at before.
			const named = await stat(path, { bigint: true });
			if (!named.isFile()) throw notRegular();
			if (isLocked(named)) throw refuse(`The payload file ${path} is ${OWN}`);
			const handle = await open(path, FLAGS);
			const stats = await handle.stat({ bigint: true });
			if (stats.isFile()) return { handle, stats };
			await handle.close();
			throw notRegular();
		});
	} catch (error) {
		if (error instanceof SemanticaError) throw error;
		throw refuse(`The payload file ${path} cannot be read (${errorMessage(error)}).`);
	}
}

function refuse(sentence: string): SemanticaError {
	return new SemanticaError('VALIDATION', sentence, { path: 'payloadFile' });
}
