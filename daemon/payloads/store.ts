/** The payload store: small content inline in the database, large content in files. */

import type { IsLocked } from '../disks/lockedFiles.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { PayloadFile, PayloadStore } from '../queue/ports/payloadStore.ts';
import type { Sqlite } from '../sqlite/open.ts';
import { assertNodeCompresses, type Content, inChunks } from './codec.ts';
import { createPayloadFolder, type PayloadFolder, type Scratch } from './folder.ts';
import { discarded } from './garbage.ts';
import { createFileKeeper, type FileKeeper } from './keeper.ts';
import { findPayloadFile } from './payloadFile.ts';
import { Quota } from './quota.ts';
import { createPartReader, textPart } from './reader.ts';
import { createPayloadTable, type PayloadTable } from './table.ts';
import {
	copyVerified,
	type ExpectedFile,
	lost,
	noRoom,
	openVerified,
	writeInput,
} from './verified.ts';

/** How often a payload that came in a message stood in memory: frame, text, value, JSON, bytes. */
const TRACES = 5;

export interface PayloadOptions {
	readonly db: Sqlite;
	readonly clock: Clock;
	/** `payloads/` in the data folder. */
	readonly folder: string;
	/** Content of at least this length goes into a file. */
	readonly thresholdBytes: number;
	/** Files that nobody may open here to read them. */
	readonly isLocked: IsLocked;
	/** What all payload files together may take on disk. */
	readonly quotaBytes: () => number;
	readonly warn: (sentence: string) => void;
}

/** What the room works with; the maintenance of the room shares it. */
export interface PayloadRoom {
	readonly db: Sqlite;
	readonly folder: PayloadFolder;
	readonly table: PayloadTable;
	readonly keeper: FileKeeper;
	readonly quota: Quota;
	readonly thresholdBytes: number;
	readonly warn: (sentence: string) => void;
	readonly store: PayloadStore;
}

export function createPayloadRoom(options: PayloadOptions): PayloadRoom {
	const { db, thresholdBytes, warn } = options;
	assertNodeCompresses();
	const table = createPayloadTable(db);
	const folder = createPayloadFolder(options.folder);
	const quota = new Quota(options.quotaBytes, table.storedBytes());
	const keeper = createFileKeeper({ folder, table, quota, warn });
	const { pins } = keeper;

	/** Nothing removes the file meanwhile. */
	async function pinned<T>(file: ExpectedFile, use: () => Promise<T>): Promise<T> {
		pins.pin(file.digest);
		try {
			return await use();
		} finally {
			keeper.release({ kind: 'file', digest: file.digest, stored: 0 });
		}
	}

	// Once it is open, its descriptor keeps it.
	const reader = createPartReader(
		(file) => pinned(file, () => openVerified(folder, file)),
		options.clock,
	);

	async function fill(input: Scratch, job: number): Promise<void> {
		const found = table.locate(job);
		if (found.kind === 'file') {
			await pinned(found, () => copyVerified(folder, found, input));
			return;
		}
		const data = table.inline(job);
		if (data !== undefined) await writeInput(input, data, 0);
		else if (found.kind === 'inline') throw lost('its row in the database is missing');
	}

	const store: PayloadStore = {
		findFile: (path) => findPayloadFile(path, options.isLocked),
		async store(content) {
			const source = Buffer.isBuffer(content) ? inMemory(content) : content;
			if (source.bytes >= thresholdBytes) {
				const place = await keeper.keep(source);
				if (Buffer.isBuffer(content)) discarded(TRACES * content.length);
				return { bytes: source.bytes, place };
			}
			const data = Buffer.isBuffer(content) ? content : await wholeOf(content);
			return { bytes: data.length, place: { kind: 'inline', data } };
		},
		attach(job, { bytes, place }) {
			if (place.kind === 'file') {
				table.refer(job, { hash: place.digest, bytes, stored: place.stored });
			} else if (bytes > 0) {
				table.insertInline(job, place.data);
			}
		},
		share: (from, to) => table.share(from, to),
		release(payloads) {
			for (const { place } of payloads) if (place.kind === 'file') keeper.release(place);
		},
		source: (job) => ({
			inlineText: () => table.inlineText(job),
			async layOut() {
				const input = await folder.input().catch((error: unknown) => {
					throw noRoom(error);
				});
				try {
					await fill(input, job);
					await input.seal();
					return { path: input.path, remove: () => input.close() };
				} catch (error) {
					await input.close();
					throw error;
				}
			},
		}),
		async read(job, offset, maxBytes) {
			const found = table.locate(job);
			if (found.kind === 'none') return { text: '', nextOffset: 0, eof: true };
			if (found.kind === 'file') return await reader.read(found, offset, maxBytes);
			const from = Math.min(offset, found.bytes);
			return textPart(table.inlinePart(job, from, Math.max(maxBytes, 4)), from, found.bytes);
		},
	};
	return { db, folder, table, keeper, quota, thresholdBytes, warn, store };
}

/** Bytes in memory, as content. */
export function inMemory(data: Buffer): Content & { readonly bytes: number } {
	return { bytes: data.length, whole: data, read: () => inChunks(data) };
}

async function wholeOf(file: PayloadFile): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of file.read()) chunks.push(Buffer.from(chunk));
	return Buffer.concat(chunks);
}
