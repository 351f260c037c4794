/** Logs of what runs here for others: pieces for who looks at one, and the end that travels with a report. */
import type { Job } from '../../shared/job.ts';
import type { LogSpan } from '../../shared/protocol/logs.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { JobLogs } from '../queue/ports/logs.ts';
import { packPiece } from './pieces.ts';
import type { SharedQueue } from './port.ts';
import type { FleetTable, HeldRow } from './table.ts';

export interface RunnerLogsOptions {
	readonly queue: Pick<SharedQueue, 'putLog'>;
	readonly table: Pick<FleetTable, 'local'>;
	readonly logs: Pick<JobLogs, 'read'>;
	readonly clock: Pick<Clock, 'monotonic'>;
}

const TAIL_BYTES = 64 * 1024;
/** A log that changes hands more often is told without. */
const MOST_SPANS = 500;
const PIECE_BYTES = 32 * 1024;
/** Bounded: who looks at a long log gets it at the pace of the looks. */
const MOST_PIECES = 16;

/** Pieces of what nobody looks at are removed ten minutes later (migrations/fleet); until then they are not put anew. */
const FORGOTTEN_MS = 11 * 60_000;

export type RunnerLogs = ReturnType<typeof createRunnerLogs>;

export function createRunnerLogs({ queue, table, logs, clock }: RunnerLogsOptions) {
	/** By lease: how far, and when somebody looked last. */
	const uploaded = new Map<string, { at: number; lookedAt: number }>();

	return {
		async upload(wishes: readonly string[], held: readonly HeldRow[]): Promise<void> {
			const now = clock.monotonic();
			for (const [lease, { lookedAt }] of uploaded) {
				// Whoever looks again gets it from its beginning.
				if (now - lookedAt > FORGOTTEN_MS) uploaded.delete(lease);
			}
			for (const row of held) {
				if (!wishes.includes(row.id) || row.state !== null) continue;
				const local = table.local(row);
				if (local === undefined) continue;
				const done = uploaded.get(row.lease) ?? { at: 0, lookedAt: now };
				uploaded.set(row.lease, done);
				done.lookedAt = now;
				for (let pieces = 0; pieces < MOST_PIECES; pieces++) {
					const piece = await logs.read(local.id, done.at, PIECE_BYTES, { encoding: 'base64' });
					if (piece.text === '') break;
					if (!(await queue.putLog(row, piece.offset, packPiece(piece)))) break;
					done.at = piece.nextOffset;
				}
			}
		},
		/** Nothing more goes up for this tenure. */
		ended: (lease: string) => void uploaded.delete(lease),
		async tailOf({ id, logBytes }: Job): Promise<{ tail: Buffer; spans: LogSpan[] }> {
			let at = Math.max(0, logBytes - TAIL_BYTES);
			let pieces: Buffer[] = [];
			let spans: LogSpan[] = [];
			for (;;) {
				const piece = await logs
					.read(id, at, TAIL_BYTES, { encoding: 'base64' })
					.catch(() => undefined);
				if (piece === undefined || piece.text === '') break;
				// What was dropped in between would move what stands before it.
				if (piece.dropped !== undefined) [pieces, spans] = [[], []];
				pieces.push(Buffer.from(piece.text, 'base64'));
				spans.push(...(piece.spans ?? []));
				at = piece.nextOffset;
				if (piece.atEnd) break;
			}
			const tail = Buffer.concat(pieces).subarray(-TAIL_BYTES);
			return { tail, spans: spans.slice(0, MOST_SPANS) };
		},
	};
}
