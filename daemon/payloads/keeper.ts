/**
 * Puts content into files, once per content: pinned before it looks, durable before it resolves
 * (docs/design.md section 5). It also removes files, and only those that nobody needs.
 */
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { FilePlace } from '../queue/ports/payloadStore.ts';
import { type Content, compressInto, digestOf, type Written } from './codec.ts';
import type { PayloadFolder } from './folder.ts';
import { Pins } from './pins.ts';
import type { Quota } from './quota.ts';
import { createSlots } from './slots.ts';
import type { PayloadTable } from './table.ts';
import { inspectFile } from './verified.ts';

/** Files written at the same time: each has buffers and a compressor of its own. */
const WRITERS = 2;

/** Up to this length it is compressed while its digest is still being taken. */
const AHEAD_BYTES = 8 * 1024 * 1024;

export interface SizedContent extends Content {
	readonly bytes: number;
}

interface Drawn extends Written {
	/** Durable under its name when it resolves. */
	publish(digest: Buffer): Promise<void>;
	drop(): Promise<void>;
}

export interface FileKeeper {
	readonly pins: Pins;
	/** Durable and pinned when it resolves. @throws SemanticaError STORE or TOO_LARGE */
	keep(content: SizedContent): Promise<FilePlace>;
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

	/** Compresses it into a draft, which is published or dropped. */
	async function draw(content: Content): Promise<Drawn> {
		const draft = await folder.draft();
		const reservation = quota.reserve();
		async function drop(): Promise<void> {
			reservation.drop();
			await draft.close();
		}
		try {
			const written = await compressInto(draft.handle, content, (size) => reservation.growTo(size));
			return { ...written, publish: draft.publish, drop };
		} catch (error) {
			await drop();
			throw error;
		}
	}

	async function publish(drawn: Drawn, digest: Buffer): Promise<number> {
		try {
			if (drawn.digest?.equals(digest) === false) throw changed();
			await drawn.publish(digest);
		} catch (error) {
			await drawn.drop();
			throw error;
		}
		// A damaged file of that name was replaced.
		quota.removed(table.file(digest)?.stored ?? 0);
		return drawn.stored;
	}

	async function keep(content: SizedContent): Promise<FilePlace> {
		// What is here already is drawn in vain: of a small one that costs little.
		let ahead = content.bytes <= AHEAD_BYTES ? draw(content) : undefined;
		try {
			const digest = await digestBeside(content, ahead);
			return await pinned(digest, async () => {
				const there = await existing(digest);
				if (there !== undefined) return there;
				const drawn = ahead ?? draw(content);
				ahead = undefined;
				return publish(await drawn, digest);
			});
		} finally {
			ahead?.then((drawn) => drawn.drop()).catch(() => {});
		}
	}

	async function pinned(digest: Buffer, store: () => Promise<number>): Promise<FilePlace> {
		pins.pin(digest);
		try {
			return { kind: 'file', digest, stored: await pins.once(digest, store) };
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

/** In memory: meanwhile. Of what is read: by the same pass. */
async function digestBeside(content: Content, ahead: Promise<Drawn> | undefined): Promise<Buffer> {
	if (ahead !== undefined && content.whole === undefined) {
		const digest = await ahead.then(
			(drawn) => drawn.digest,
			// There may be no room for another copy of what is here already.
			() => undefined,
		);
		if (digest !== undefined) return digest;
	}
	ahead?.catch(() => {});
	return await digestOf(content);
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
