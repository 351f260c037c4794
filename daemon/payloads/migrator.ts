/**
 * Brings existing rows to the current threshold in the background: one payload per transaction, so that
 * nothing waits for it. What is done is in the rows themselves, so it goes on after a kill.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { QueueAccess } from './queueAccess.ts';
import { inMemory, type PayloadRoom } from './store.ts';
import { type ExpectedFile, readVerified } from './verified.ts';

/** Rows looked at, and jobs moved, per step. */
const ROWS = 200;
const JOBS = 20;

export interface Migrator {
	/** Resolves when all rows obey the threshold, or `stopped` says so. */
	run(stopped: () => boolean): Promise<void>;
}

export function createMigrator(
	room: PayloadRoom,
	{ writer, shrink }: Pick<QueueAccess, 'writer' | 'shrink'>,
): Migrator {
	const { db, table, keeper, folder, thresholdBytes, warn } = room;
	const rule = db.prepare<[], { threshold: number | null }>('SELECT threshold FROM payload_rule');
	const setRule = db.prepare<[number]>('UPDATE payload_rule SET threshold = ?');
	// length() of a blob reads its header, not its pages.
	const inlineRows = db.prepare<[number], { job: number; bytes: number }>(
		`SELECT job, length(data) AS bytes FROM payloads WHERE job > ? ORDER BY job LIMIT ${ROWS}`,
	);
	const fileRows = db.prepare<[Buffer], { digest: Buffer; bytes: number }>(
		`SELECT hash AS digest, bytes FROM payload_files WHERE hash > ? AND refs > 0
		 ORDER BY hash LIMIT ${ROWS}`,
	);
	const jobsOf = db.prepare<[Buffer], { job: number }>(
		`SELECT generation AS job FROM jobs WHERE payload_hash = ? LIMIT ${JOBS}`,
	);

	async function moveToFile(job: number): Promise<void> {
		const data = table.inline(job);
		if (data === undefined) return;
		const place = await keeper.keep(inMemory(data));
		try {
			await writer.submit(() => {
				// It may have been removed meanwhile, and its row with it.
				if (table.inlinePart(job, 0, 1).length === 0) return;
				table.refer(job, { hash: place.digest, bytes: data.length, stored: place.stored });
				table.removeInline(job);
			});
		} finally {
			keeper.release(place);
		}
	}

	async function inlineToFiles(stopped: () => boolean): Promise<void> {
		for (let after = -1; ; ) {
			const rows = inlineRows.all(after);
			const last = rows.at(-1);
			if (last === undefined) return;
			for (const { job, bytes } of rows) {
				if (stopped()) return;
				if (bytes >= thresholdBytes) await moveToFile(job);
			}
			after = last.job;
			await turn();
		}
	}

	/** @returns whether nothing is left to be done for it */
	async function moveInline(file: ExpectedFile): Promise<boolean> {
		let data: Buffer;
		try {
			data = await readVerified(folder, file);
		} catch (error) {
			if (!(error instanceof SemanticaError)) throw error;
			// Lost: its jobs say so when they run. Else the next start tries again; no other is to wait for it.
			return error.kind === 'PAYLOAD_LOST';
		}
		// Until no job has it: a retry may share it between two steps.
		while ((await writer.submit(() => moveJobs(file.digest, data), JOBS)) > 0);
		return true;
	}

	function moveJobs(digest: Buffer, data: Buffer): number {
		const jobs = jobsOf.all(digest);
		for (const { job } of jobs) {
			table.unrefer(job);
			table.insertInline(job, data);
		}
		return jobs.length;
	}

	/** @returns whether all of them are done */
	async function filesToInline(stopped: () => boolean): Promise<boolean> {
		let all = true;
		for (let after: Buffer = Buffer.alloc(0); ; ) {
			const rows = fileRows.all(after);
			const last = rows.at(-1);
			if (last === undefined) return all;
			for (const file of rows) {
				if (stopped()) return false;
				if (file.bytes < thresholdBytes && !(await moveInline(file))) all = false;
			}
			after = last.digest;
			await turn();
		}
	}

	return {
		async run(stopped) {
			if (rule.get()?.threshold === thresholdBytes) return;
			try {
				await inlineToFiles(stopped);
				const all = await filesToInline(stopped);
				if (stopped()) return;
				await shrink();
				if (all) await writer.submit(() => setRule.run(thresholdBytes));
			} catch (error) {
				if (stopped()) return;
				warn(
					`Existing payloads could not all be brought to the threshold of ${thresholdBytes} bytes ` +
						`(${errorMessage(error)}) The next start of the daemon goes on with it.`,
				);
			}
		},
	};
}
