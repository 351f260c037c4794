/**
 * Puts content into files, once per content: pinned before it looks, durable before it resolves
 * (docs/design.md section 5). It also removes files, and only those that nobody needs.
 */
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { FilePlace } from '../queue/ports/payloadStore.ts';
import { type Content, compressInto, digestOf } from './codec.ts';
import type { PayloadFolder } from './folder.ts';
import { Pins } from './pins.ts';
import type { Quota } from './quota.ts';
import { createSlots } from './slots.ts';
import type { PayloadTable } from './table.ts';
import { inspectFile } from './verified.ts';

/** Files written at the same time: each has buffers and a compressor of its own. */
const WRITERS = 2;

export interface FileKeeper {
	readonly pins: Pins;
	/** Durable and pinned when it resolves. @throws SemanticaError STORE or TOO_LARGE */
	keep(content: Content): Promise<FilePlace>;
	/** Gives a pin back; a file that no row refers to then goes. */
	release(place: FilePlace): void;
	/** Removes the file unless it is pinned or has a row. `counted`: bytes that the quota knows of. */
	discard(hash: Buffer, counted: number): Promise<void>;
}

export interface KeeperOptions {
	readonly folder: PayloadFolder;
	readonly table: PayloadTable;
	readonly quota: Quota;
	readonly warn: (sentence: string) => void;
}

export function createFileKeeper({ folder, table, quota, warn }: KeeperOptions): FileKeeper {
	const pins = new Pins();
	const slots = createSlots(WRITERS);

	/** The stored length of an intact file with this content, if there is one. Only for a pinned hash. */
	async function existing(digest: Buffer): Promise<number | undefined> {
		await pins.gone(digest);
		const row = table.file(digest);
		if (row === undefined) return undefined;
		// We hold the very content: a damaged file is best mended now.
		const damage = await inspectFile(folder, { digest, bytes: row.bytes });
		return damage === undefined ? row.stored : undefined;
	}

	async function write(content: Content, digest: Buffer): Promise<number> {
		const draft = await folder.draft();
		const reservation = quota.reserve();
		let given = false;
		try {
			const written = await compressInto(draft.handle, content, (size) => reservation.growTo(size));
			if (written.digest?.equals(digest) === false) throw changed();
			await draft.publish(digest);
			given = true;
			// A damaged file of that name was replaced.
			quota.removed(table.file(digest)?.stored ?? 0);
			return written.stored;
		} finally {
			if (!given) reservation.drop();
			await draft.close();
		}
	}

	async function keep(content: Content): Promise<FilePlace> {
		const digest = await digestOf(content);
		pins.pin(digest);
		try {
			const stored = await pins.once(
				digest,
				async () => (await existing(digest)) ?? (await write(content, digest)),
			);
			return { kind: 'file', digest, stored };
		} catch (error) {
			unpin(digest, 0);
			throw error;
		}
	}

	function unpin(digest: Buffer, counted: number): void {
		if (pins.unpin(digest)) void discard(digest, counted);
	}

	async function discard(hash: Buffer, counted: number): Promise<void> {
		if (pins.isPinned(hash) || table.file(hash) !== undefined) return;
		try {
			await pins.leave(hash, () => folder.remove(hash));
			quota.removed(counted);
		} catch (error) {
			warn(
				`The unused payload file ${folder.pathOf(hash)} could not be removed (${errorMessage(error)}). ` +
					'The next start of the daemon tries again.',
			);
		}
	}

	return {
		pins,
		discard,
		release: ({ digest, stored }) => unpin(digest, stored),
		keep: (content) =>
			slots(() => keep(content)).catch((error: unknown) => {
				throw storageError(error);
			}),
	};
}

function changed(): SemanticaError {
	return new SemanticaError(
		'VALIDATION',
		'The payload changed while it was stored. Enqueue the job when its input is complete.',
	);
}

function storageError(error: unknown): unknown {
	if (error instanceof SemanticaError) return error;
	const code = errorCode(error);
	const full = code === 'ENOSPC' || code === 'EDQUOT';
	return new SemanticaError(
		'STORE',
		full
			? 'The disk that holds the Semantica data folder is full, so nothing was saved. Free space and try again.'
			: `The payload could not be stored, so nothing was saved (${errorMessage(error)}). Check the payloads folder in the Semantica data folder.`,
		{ system: code ?? 'unknown' },
	);
}
