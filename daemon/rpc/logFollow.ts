/** `log/subscribe`: reads on as the log grows, at the pace of the client. */
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { LogChunk, LogEncoding, LogTime } from '../../shared/protocol/logs.ts';
import { notifications, type Params } from '../../shared/protocol/requests.ts';
import { patiently } from '../disks/patience.ts';
import type { JobLogs, LogHold } from '../queue/ports/logs.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { Feed } from '../queue/views/feed.ts';
import type { Session } from './asking.ts';

const CHUNK_BYTES = 64 * 1024;
const MAX_BACKLOG_BYTES = 256 * 1024;
/** What cannot be read for longer is not waited for. */
const READABLE_WITHIN_MS = 5000;

export interface LogDependencies {
	readonly jobs: JobRequests;
	readonly feed: Feed;
	readonly logs: JobLogs;
}

export interface LogPart {
	readonly id: string;
	readonly offset: number;
	readonly maxBytes: number;
	readonly encoding: LogEncoding;
	readonly timestamps: boolean;
}

/** @throws SemanticaError NOT_FOUND */
export async function readLog(
	{ jobs, logs }: Pick<LogDependencies, 'jobs' | 'logs'>,
	{ id, offset, maxBytes, encoding, timestamps }: LogPart,
): Promise<LogChunk> {
	// The state is read first: a job that is finished writes no more.
	const { finished, bytes, began } = jobs.logFacts(id);
	// What a running one has lost it says itself, where it can write again.
	const produced = finished ? bytes : 0;
	const { atEnd, ...chunk } = await logs.read(id, offset, maxBytes, { encoding, produced });
	const times = timestamps ? { times: await timesOf(logs, id, chunk, began) } : {};
	return { id, ...chunk, ...times, eof: finished && atEnd };
}

/** What a log does not say of its beginning: that was when the first run began. */
async function timesOf(
	logs: JobLogs,
	id: string,
	{ offset, nextOffset }: Pick<LogChunk, 'offset' | 'nextOffset'>,
	began: number,
): Promise<LogTime[]> {
	const times = await logs.times(id, offset, nextOffset);
	const [first] = times;
	return first !== undefined && first.offset <= offset
		? times
		: [{ offset: 0, at: began }, ...times];
}

/** Follows until the end of the log of a finished job, the session's close, or `end`. */
export function followLog(
	dependencies: LogDependencies,
	{ id, offset: from, encoding, timestamps, hold: holds }: Params<'log/subscribe'>,
	session: Session,
): { end(): void } {
	const part = { id, maxBytes: CHUNK_BYTES, encoding, timestamps };
	const hold = holds ? dependencies.logs.hold(id, from) : undefined;
	let offset = from;
	let reading = false;
	let again = false;
	let ended = false;
	const stops = [
		dependencies.logs.follow(id, () => void advance()),
		dependencies.feed.onChanged((ids) => {
			if (ids.includes(id)) void advance();
		}),
		session.onClose(end),
	];
	void advance();
	return { end };

	function end(): void {
		ended = true;
		hold?.release();
		for (const stop of stops.splice(0)) stop();
	}

	async function advance(): Promise<void> {
		again = true;
		if (reading) return;
		reading = true;
		try {
			while (again && !ended) {
				again = false;
				await readOn();
			}
		} catch (error) {
			// A client that connects anew goes on from where it is, or is told why it cannot.
			session.drop(`The log of job ${id} cannot be read: ${errorMessage(error)}`);
			end();
		} finally {
			reading = false;
		}
	}

	/** Undefined once nobody follows any more. */
	async function next(): Promise<LogChunk | undefined> {
		if (ended) return undefined;
		try {
			return await readLog(dependencies, { ...part, offset });
		} catch (error) {
			const isGone = error instanceof SemanticaError && error.kind === 'NOT_FOUND';
			// Removed while followed: whoever waits for the end of its log is told that this is it.
			if (isGone) return { id, offset, nextOffset: offset, text: '', eof: true };
			throw error;
		}
	}

	async function readOn(): Promise<void> {
		for (;;) {
			const chunk = await patiently(next, READABLE_WITHIN_MS);
			if (chunk === undefined || ended) return;
			const progressed = chunk.nextOffset > offset;
			if (progressed || chunk.eof) session.notify(notifications.logData, chunk);
			offset = chunk.nextOffset;
			if (chunk.eof) end();
			if (chunk.eof || !progressed) return;
			if (session.backlog > MAX_BACKLOG_BYTES) await session.drained();
			hold?.moved(offset);
		}
	}
}

export type ExpectedReaders = ReturnType<typeof createExpectedReaders>;

/** Logs that a client is about to follow: a quick job must not print more than is kept before it does. */
export function createExpectedReaders(logs: JobLogs) {
	const expected = new WeakMap<Session, Map<string, LogHold>>();

	function release(session: Session, id: string): void {
		const holds = expected.get(session);
		holds?.get(id)?.release();
		holds?.delete(id);
	}

	return {
		release,
		hold(session: Session, id: string): void {
			const holds = expected.get(session) ?? new Map<string, LogHold>();
			if (!expected.has(session)) {
				session.onClose(() => {
					for (const hold of holds.values()) hold.release();
				});
			}
			expected.set(session, holds);
			if (!holds.has(id)) holds.set(id, logs.hold(id, 0));
		},
	};
}
