/** What `doctor` tells about payloads: every file read and compared, and what could be freed. */
import { lstat } from 'node:fs/promises';
import { describeBytes } from './quota.ts';
import type { PayloadRoom } from './store.ts';
import { inspectFile } from './verified.ts';

const ROWS = 200;
/** Ids shown per damaged file. */
const JOBS_SHOWN = 10;

/** What an inspection of every payload file found. */
export interface PayloadReport {
	readonly files: number;
	readonly damaged: readonly {
		readonly path: string;
		/** Words that end a sentence which begins with the path. */
		readonly why: string;
		/** It may be whole, and could only not be read now. */
		readonly unread: boolean;
		/** Ids of jobs whose payload it is, ten at the most. */
		readonly jobs: readonly string[];
	}[];
	/** Files that no job needs: space that collection frees. */
	readonly unused: { readonly files: number; readonly storedBytes: number };
}

export async function inspectPayloads(room: PayloadRoom): Promise<PayloadReport> {
	const { db, table, folder, keeper } = room;
	const rows = db.prepare<[Buffer], { digest: Buffer; bytes: number; refs: number }>(
		`SELECT hash AS digest, bytes, refs FROM payload_files WHERE hash > ? ORDER BY hash LIMIT ${ROWS}`,
	);
	const jobs = db.prepare<[Buffer], { id: string }>(
		`SELECT id FROM jobs WHERE payload_hash = ? ORDER BY generation LIMIT ${JOBS_SHOWN}`,
	);
	const schedules = db.prepare<[Buffer], { id: string }>(
		`SELECT 'schedule ' || name AS id FROM schedules WHERE payload_hash = ? LIMIT ${JOBS_SHOWN}`,
	);
	let files = 0;
	const damaged: PayloadReport['damaged'][number][] = [];
	for (let after: Buffer = Buffer.alloc(0); ; ) {
		const batch = rows.all(after);
		const last = batch.at(-1);
		if (last === undefined) break;
		for (const { digest, bytes, refs } of batch) {
			if (refs === 0) continue;
			files++;
			const damage = await inspectFile(folder, { digest, bytes });
			// Its last job may have been removed while it was read.
			const affected =
				damage === undefined
					? []
					: [...schedules.all(digest), ...jobs.all(digest)].map(({ id }) => id);
			if (damage !== undefined && affected.length > 0) {
				damaged.push({ path: folder.pathOf(digest), ...damage, jobs: affected });
			}
		}
		after = last.digest;
	}
	const free = { ...table.unusedTotals() };
	for await (const hash of folder.scan()) {
		if (keeper.pins.isPinned(hash) || table.file(hash) !== undefined) continue;
		const found = await lstat(folder.pathOf(hash)).catch(() => undefined);
		if (found === undefined) continue;
		free.files++;
		free.stored += found.size;
	}
	return { files, damaged, unused: { files: free.files, storedBytes: free.stored } };
}

/** The report as a finding of `doctor`. */
export function describeReport({ files, damaged, unused }: PayloadReport): {
	ok: boolean;
	message: string;
} {
	const space =
		unused.files === 0
			? ''
			: ` ${unused.files} files that no job needs take ${describeBytes(unused.storedBytes)}; the next start frees them.`;
	if (damaged.length === 0) {
		return { ok: true, message: `${files} payload files are as they were stored.${space}` };
	}
	const said = (unread: boolean, what: string, then: string): string => {
		const those = damaged.filter((one) => one.unread === unread);
		if (those.length === 0) return '';
		const each = those.map(({ path, why, jobs }) => `${path} ${why} (job ${jobs.join(', ')})`);
		return `${those.length} of ${files} payload files ${what}: ${each.join('; ')}. ${then} `;
	};
	const lost = said(false, 'are lost', 'Jobs that need them fail; enqueue their work again.');
	const unread = said(
		true,
		'cannot be read',
		'When the disk can be read again, so can they; retry what failed for them.',
	);
	return { ok: false, message: `${lost}${unread}`.trimEnd() + space };
}
