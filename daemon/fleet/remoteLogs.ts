/** Logs of jobs elsewhere: the end comes with the report; of what runs, pieces come while somebody looks. */

import type { LogSpan } from '../../shared/protocol/logs.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { JobLogs, LogRead, LogReading } from '../queue/ports/logs.ts';
import { spansIn, unpackPiece } from './pieces.ts';
import type { SharedQueue } from './port.ts';

/** What is known of a log here. */
export interface KnownLog {
	/** How long it is in the end; undefined while the job is open. */
	readonly total: number | undefined;
	/** Its last bytes. */
	readonly tail: Buffer | null;
	/** Who wrote what of them. */
	readonly spans: readonly LogSpan[];
}

export interface RemoteLogsOptions {
	readonly queue: () => Pick<SharedQueue, 'wish' | 'readLog'> | undefined;
	/** Undefined for jobs that are not elsewhere. */
	readonly known: (id: string) => KnownLog | undefined;
	readonly clock: Clock;
}

/** Of one log that is followed. */
interface Seen {
	lease: string;
	bytes: Buffer;
	spans: LogSpan[];
	wishedAt: number;
	readonly listeners: Set<() => void>;
}

const KEPT_BYTES = 4 * 1024 * 1024;
const LOOK_MS = 1000;
const WISH_AGAIN_MS = 30_000;

export function createRemoteLogs({ queue, known, clock }: RemoteLogsOptions) {
	const seen = new Map<string, Seen>();
	let timer: Timer | undefined;

	function look(): void {
		timer = undefined;
		void Promise.all([...seen].map(([id, log]) => fetch(id, log).catch(() => {}))).then(arm);
	}

	function arm(): void {
		const isFollowed = [...seen.values()].some(({ listeners }) => listeners.size > 0);
		if (isFollowed) timer ??= clock.after(LOOK_MS, look);
	}

	async function fetch(id: string, log: Seen): Promise<void> {
		const open = queue();
		if (open === undefined || known(id)?.total !== undefined) return;
		if (clock.monotonic() - log.wishedAt > WISH_AGAIN_MS) {
			log.wishedAt = clock.monotonic();
			await open.wish(id);
		}
		for (;;) {
			const piece = await open.readLog(id, log.bytes.length);
			if (piece === null) return;
			if (piece.lease !== log.lease) {
				// It runs elsewhere now, from its beginning.
				if (log.bytes.length > 0) Object.assign(log, { bytes: Buffer.alloc(0), spans: [] });
				log.lease = piece.lease;
				if (piece.at > 0) continue;
			}
			const data = unpackPiece(piece.data);
			const isNext = piece.at === log.bytes.length && log.bytes.length <= KEPT_BYTES;
			if (data === undefined || data.bytes.length === 0 || !isNext) return;
			log.bytes = Buffer.concat([log.bytes, data.bytes]);
			log.spans.push(...data.spans);
			for (const listener of log.listeners) listener();
		}
	}

	function read(id: string, log: KnownLog, offset: number, max: number, how?: LogReading): LogRead {
		const head = seen.get(id)?.bytes ?? Buffer.alloc(0);
		const end = log.total ?? head.length;
		const tailAt = end - (log.tail?.length ?? 0);
		let from = offset;
		let spans: readonly LogSpan[] = seen.get(id)?.spans ?? [];
		let bytes: Buffer = Buffer.alloc(0);
		if (log.total === undefined || (offset < head.length && offset < tailAt)) {
			bytes = head.subarray(offset, offset + max);
		} else if (offset < end) {
			from = Math.max(offset, tailAt);
			spans = log.spans;
			bytes = log.tail?.subarray(from - tailAt, from - tailAt + max) ?? bytes;
		}
		const nextOffset = from + bytes.length;
		const base64 = how?.encoding === 'base64';
		return {
			text: bytes.toString(base64 ? 'base64' : 'utf8'),
			offset: from,
			nextOffset,
			atEnd: nextOffset >= end,
			...(from > offset ? { dropped: { from: offset, to: from } } : {}),
			...(base64 ? { spans: spansIn(spans, from, nextOffset) } : {}),
		};
	}

	return {
		watched: () => seen.size > 0,
		/** As of any job, wherever it runs. */
		over: (logs: JobLogs): JobLogs => ({
			read: async (id, offset, max, how) => {
				const log = known(id);
				return log === undefined
					? logs.read(id, offset, max, how)
					: read(id, log, offset, max, how);
			},
			times: async (id, from, to) => (known(id) === undefined ? logs.times(id, from, to) : []),
			async lastLines(id, count) {
				const log = known(id);
				if (log === undefined) return logs.lastLines(id, count);
				const bytes = log.tail ?? seen.get(id)?.bytes ?? Buffer.alloc(0);
				const lines = bytes.toString('latin1').split('\n');
				const isWhole = lines.at(-1) === '';
				const kept = lines.slice(-(count + (isWhole ? 1 : 0))).join('\n').length;
				return (log.total ?? bytes.length) - (count === 0 ? 0 : kept);
			},
			hold: (id, offset) =>
				known(id) === undefined ? logs.hold(id, offset) : { moved() {}, release() {} },
			follow(id, listener) {
				if (known(id) === undefined) return logs.follow(id, listener);
				const log = seen.get(id) ?? {
					lease: '',
					bytes: Buffer.alloc(0),
					spans: [],
					wishedAt: Number.NEGATIVE_INFINITY,
					listeners: new Set<() => void>(),
				};
				seen.set(id, log);
				log.listeners.add(listener);
				if (timer === undefined) look();
				return () => {
					log.listeners.delete(listener);
					if (log.listeners.size === 0) seen.delete(id);
				};
			},
		}),
	};
}
