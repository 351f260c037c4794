/** `log/subscribe`: reads on as the log grows, at the pace of the client. */
import { isFinished } from '../../shared/job.ts';
import type { LogChunk } from '../../shared/protocol/logs.ts';
import { notifications } from '../../shared/protocol/requests.ts';
import type { Feed } from '../queue/feed.ts';
import type { JobLogs } from '../queue/logs.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { Session } from './session.ts';

const CHUNK_BYTES = 64 * 1024;
const MAX_BACKLOG_BYTES = 256 * 1024;

export interface LogDependencies {
	readonly jobs: JobRequests;
	readonly feed: Feed;
	readonly logs: JobLogs;
}

/** @throws SemanticaError NOT_FOUND */
export async function readLog(
	{ jobs, logs }: Pick<LogDependencies, 'jobs' | 'logs'>,
	id: string,
	offset: number,
	maxBytes: number,
): Promise<LogChunk> {
	// The state is read first: a job that is finished writes no more.
	const finished = isFinished(jobs.get(id).job.state);
	const { atEnd, ...chunk } = await logs.read(id, offset, maxBytes);
	return { id, ...chunk, eof: finished && atEnd };
}

/** Follows until the end of the log of a finished job, the session's close, or `end`. */
export function followLog(
	dependencies: LogDependencies,
	id: string,
	from: number,
	session: Session,
): { end(): void } {
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
		} catch {
			// The job was removed while followed: nothing more will come.
			end();
		} finally {
			reading = false;
		}
	}

	async function readOn(): Promise<void> {
		for (;;) {
			const chunk = await readLog(dependencies, id, offset, CHUNK_BYTES);
			if (ended) return;
			const progressed = chunk.nextOffset > offset;
			if (progressed || chunk.eof) session.notify(notifications.logData, chunk);
			offset = chunk.nextOffset;
			if (chunk.eof) end();
			if (chunk.eof || !progressed) return;
			if (session.backlog > MAX_BACKLOG_BYTES) await session.drained();
		}
	}
}
