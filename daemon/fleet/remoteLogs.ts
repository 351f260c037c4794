/** Logs of jobs elsewhere: the end comes with the report; of what runs, pieces come while somebody looks. */

import type { LogSpan } from '../../shared/protocol/logs.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { JobLogs, LogPiece, LogRead, LogReading, SearchLog } from '../queue/ports/logs.ts';
import { spansIn, unpackPiece } from './pieces.ts';
import type { SharedQueue } from './port.ts';

/** What is known of a log here. */
export interface KnownLog {
	/** How long it is in the end; undefined while the job is open. */
	readonly total: number | undefined;
	/** Its last bytes. */
	readonly tail: Buffer | null;
	/** It may grow. */
	readonly runs: boolean;
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
	/** Somebody read it: it is looked at that long, ms of the monotonic clock. */
	until: number;
	readonly listeners: Set<() => void>;
}

const KEPT_BYTES = 4 * 1024 * 1024;
const LOOK_MS = 1000;
const WISH_AGAIN_MS = 30_000;
/** Whoever read a log may read on; pieces come meanwhile. */
const READ_ON_MS = 60_000;
/** Its machine hears of the first look with its next sync: so long is waited for what is there by then. */
const FIRST_MS = 6000;

export function createRemoteLogs({ queue, known, clock }: RemoteLogsOptions) {
	const seen = new Map<string, Seen>();
	let timer: Timer | undefined;

	function look(): void {
		timer = undefined;
		for (const [id, { listeners, until }] of seen) {
			if (listeners.size === 0 && until <= clock.monotonic()) seen.delete(id);
		}
		void Promise.all([...seen].map(([id, log]) => fetch(id, log).catch(() => {}))).then(arm);
	}

	function arm(): void {
		if (seen.size > 0) timer ??= clock.after(LOOK_MS, look);
	}

	function entry(id: string): Seen {
		const log = seen.get(id) ?? {
			lease: '',
			bytes: Buffer.alloc(0),
			spans: [],
			wishedAt: Number.NEGATIVE_INFINITY,
			until: clock.monotonic() + LOOK_MS,
			listeners: new Set<() => void>(),
		};
		seen.set(id, log);
		if (timer === undefined) look();
		return log;
	}

	/** For one look at what runs: what there is, or what comes within a moment. */
	async function fetched(id: string): Promise<void> {
		const isNew = !seen.has(id);
		const log = entry(id);
		log.until = clock.monotonic() + READ_ON_MS;
		if (!isNew) return;
		await new Promise<void>((resolve) => {
			const over = () => {
				late.cancel();
				log.listeners.delete(over);
				resolve();
			};
			const late = clock.after(FIRST_MS, over);
			log.listeners.add(over);
		});
	}

	/** What is known of a log elsewhere, looked for where it may grow; undefined for those that are here. */
	async function toRead(id: string): Promise<KnownLog | undefined> {
		const log = known(id);
		if (log === undefined || log.total !== undefined || !log.runs) return log;
		await fetched(id);
		return known(id) ?? log;
	}

	function pieces(id: string, { total, tail }: KnownLog): LogPiece[] {
		const head = seen.get(id)?.bytes ?? Buffer.alloc(0);
		if (total === undefined || tail === null) return [{ offset: 0, bytes: head }];
		const tailAt = total - tail.length;
		const own = head.subarray(0, tailAt);
		return [
			...(own.length > 0 ? [{ offset: 0, bytes: own }] : []),
			{ offset: tailAt, bytes: tail },
		];
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
				const log = await toRead(id);
				return log === undefined
					? logs.read(id, offset, max, how)
					: read(id, log, offset, max, how);
			},
			times: async (id, from, to) => (known(id) === undefined ? logs.times(id, from, to) : []),
			async lastLines(id, count) {
				const log = await toRead(id);
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
				const log = entry(id);
				log.listeners.add(listener);
				return () => {
					log.listeners.delete(listener);
				};
			},
		}),
		/** The same for lines that match. */
		search:
			(search: SearchLog): SearchLog =>
			async (params, signal) => {
				const log = await toRead(params.id);
				return log === undefined
					? search(params, signal)
					: search(params, signal, pieces(params.id, log));
			},
	};
}
