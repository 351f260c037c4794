/** Logs of jobs elsewhere: the end comes with the report; of what runs, pieces come while somebody looks. */

import type { LogSpan } from '../../shared/protocol/logs.ts';
import { completeUtf8 } from '../../shared/utf8.ts';
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
	/** Where `bytes` begin: of a long log the newest are kept. */
	start: number;
	bytes: Buffer;
	spans: LogSpan[];
	wishedAt: number;
	/** Somebody read it: it is looked at that long, ms of the monotonic clock. */
	until: number;
	readonly listeners: Set<() => void>;
}

const KEPT_BYTES = 4 * 1024 * 1024;
const NOTHING = { start: 0, bytes: Buffer.alloc(0), spans: [] as LogSpan[] };
const LOOK_MS = 1000;
const WISH_AGAIN_MS = 30_000;
/** Whoever read a log may read on; pieces come meanwhile. */
const READ_ON_MS = 60_000;
/** Its machine hears of the first look with its next sync: so long is waited for what is there by then. */
const FIRST_MS = 6000;

interface Piece extends LogPiece {
	readonly bytes: Buffer;
	readonly spans: readonly LogSpan[];
}

/** All but the newest bytes. */
function forget(log: Seen, kept: number): void {
	const cut = log.bytes.length - kept;
	// A copy: a part of it would keep the whole.
	log.bytes = Buffer.from(log.bytes.subarray(cut));
	log.start += cut;
	log.spans = spansIn(log.spans, log.start, log.start + log.bytes.length);
}

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
			...NOTHING,
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

	/** What is here of a log, in order: what came while somebody looked, and its end. */
	function pieces(id: string, { total, tail, spans }: KnownLog): Piece[] {
		const { start, bytes, spans: own } = seen.get(id) ?? NOTHING;
		const tailAt = total === undefined ? Number.POSITIVE_INFINITY : total - (tail?.length ?? 0);
		const head = {
			offset: start,
			bytes: bytes.subarray(0, Math.max(0, tailAt - start)),
			spans: own,
		};
		const end = tail === null ? [] : [{ offset: tailAt, bytes: tail, spans }];
		return [head, ...(total === undefined ? [] : end)].filter((piece) => piece.bytes.length > 0);
	}

	async function fetch(id: string, log: Seen): Promise<void> {
		const open = queue();
		if (open === undefined || known(id)?.total !== undefined) return;
		if (clock.monotonic() - log.wishedAt > WISH_AGAIN_MS) {
			log.wishedAt = clock.monotonic();
			await open.wish(id);
		}
		for (;;) {
			const end = log.start + log.bytes.length;
			const piece = await open.readLog(id, end);
			if (piece === null) return;
			if (piece.lease !== log.lease) {
				// It runs elsewhere now, from its beginning.
				Object.assign(log, NOTHING, { lease: piece.lease });
				if (end > 0) continue;
			}
			const data = unpackPiece(piece.data);
			if (data === undefined || data.bytes.length === 0) return;
			// What lies between is not kept there any more.
			if (piece.at > end) Object.assign(log, NOTHING, { start: piece.at });
			log.bytes = Buffer.concat([log.bytes, data.bytes]);
			log.spans = [...log.spans, ...data.spans];
			if (log.bytes.length > KEPT_BYTES) forget(log, KEPT_BYTES / 2);
			for (const listener of log.listeners) listener();
		}
	}

	function read(id: string, log: KnownLog, offset: number, max: number, how?: LogReading): LogRead {
		const all = pieces(id, log);
		const last = all.at(-1);
		const end = log.total ?? (last === undefined ? 0 : last.offset + last.bytes.length);
		const [first, ...others] = all.filter((one) => one.offset + one.bytes.length > offset);
		const from = first === undefined ? Math.max(offset, end) : Math.max(offset, first.offset);
		const stretch = first === undefined ? [] : [first];
		let stretchEnd = first === undefined ? from : first.offset + first.bytes.length;
		for (const one of others) {
			if (one.offset !== stretchEnd) break;
			stretch.push(one);
			stretchEnd += one.bytes.length;
		}
		const bytes = Buffer.concat(
			stretch.map((one) =>
				one.bytes.subarray(Math.max(0, from - one.offset), Math.max(0, from + max - one.offset)),
			),
		);
		const reachesEnd = from + bytes.length >= end;
		const dropped = (to: number) => (from > offset ? { dropped: { from: offset, to } } : {});
		if (how?.encoding === 'base64') {
			const nextOffset = from + bytes.length;
			const own = stretch.flatMap((one) => one.spans);
			const spans = spansIn(own, from, nextOffset);
			const text = bytes.toString('base64');
			return { text, offset: from, nextOffset, atEnd: reachesEnd, ...dropped(from), spans };
		}
		const { text, skipped, used } = completeUtf8(bytes, {
			midway: from > offset,
			// What still grows has the rest of a character to come; behind a gap none comes.
			final: from + bytes.length >= stretchEnd && log.total !== undefined,
		});
		const nextOffset = from + used;
		const atEnd = nextOffset >= end;
		return { text, offset: from + skipped, nextOffset, atEnd, ...dropped(from + skipped) };
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
				const { start, bytes: head } = seen.get(id) ?? NOTHING;
				const bytes = log.tail ?? head;
				const lines = bytes.toString('latin1').split('\n');
				const isWhole = lines.at(-1) === '';
				const kept = lines.slice(-(count + (isWhole ? 1 : 0))).join('\n').length;
				return (log.total ?? start + bytes.length) - (count === 0 ? 0 : kept);
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
