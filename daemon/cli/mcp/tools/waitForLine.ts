/** Waiting until jobs print a line that matches: the daemon says when there is more, and searches in linear time. */
import { ConnectionClosed, type DaemonConnection } from '../../../../shared/client/connection.ts';
import type { Job } from '../../../../shared/job.ts';
import { isRunMark, plainLine } from '../answers/plain.ts';
import type { ToolContext } from './context.ts';
import { HEARTBEAT_MS } from './outcome.ts';

export interface Found {
	readonly id: string;
	readonly line: string;
}

export interface LineWanted {
	readonly pattern: string;
	readonly mode: 'any' | 'all';
	readonly seconds: number;
	readonly since: number;
}

/** @returns those that matched, when it is enough of them, all have ended, one asks its person, or the time is over */
export async function waitForLine(
	context: Pick<ToolContext, 'link' | 'signal' | 'progress' | 'questions'>,
	ids: readonly string[],
	{ pattern, mode, seconds, since }: LineWanted,
): Promise<readonly Found[]> {
	const { link, signal, progress, questions } = context;
	const found: Found[] = [];
	const open = new Set(ids);
	const begun = performance.now();
	const beat = setInterval(() => {
		progress?.((performance.now() - begun) / 1000, 'waiting for a line of output');
	}, HEARTBEAT_MS);
	try {
		// Of its own: what it subscribes to ends with it.
		await link.own((connection) => {
			signal.throwIfAborted();
			return listen(connection);
		});
		return found;
	} finally {
		clearInterval(beat);
	}

	async function listen(connection: DaemonConnection): Promise<void> {
		const [id = ''] = ids;
		const from = since === 0 ? 0 : await lineStart(connection, id, since);
		signal.throwIfAborted();
		const timeoutMs = Math.max(0, seconds * 1000 - (performance.now() - begun));
		return new Promise<void>((resolve, reject) => {
			const timer = setTimeout(resolve, timeoutMs);
			const settle = (error?: unknown) => {
				clearTimeout(timer);
				if (error === undefined) resolve();
				else reject(error);
			};
			signal.addEventListener('abort', () => settle(signal.reason), { once: true });
			void connection.closed.then(() => settle(new ConnectionClosed()));
			const over = (id: string, line: string | undefined) => {
				open.delete(id);
				if (line !== undefined) found.push({ id, line });
				if (open.size === 0 || (mode === 'any' && found.length > 0)) settle();
			};
			const watched = [...open];
			const watches = new Map(
				watched.map((id) => [
					id,
					createWatch(connection, { id, pattern, from, over, fail: settle }),
				]),
			);
			connection.onNotification('log/data', ({ id, eof }) => watches.get(id)?.(eof));
			const asks = questions.after(ids);
			const asksNow = ({ id, question }: Job) => (question?.askedAt ?? 0) > (asks[id] ?? 0);
			// Where it goes wrong the wait for the line says so.
			connection
				.request('job/wait', { ids: [...ids], asks, timeoutMs: Math.round(timeoutMs) })
				.then(
					({ jobs }) => jobs.some(asksNow) && settle(),
					() => {},
				);
			for (const id of watched) {
				connection.request('log/subscribe', { id, offset: from }).catch(settle);
			}
		});
	}
}

/** A line of which the beginning was shown already; of a longer one only what is new is looked at. */
const LINE_BYTES = 8192;

/** Where the line begins in which the offset stands. */
async function lineStart(
	connection: DaemonConnection,
	id: string,
	offset: number,
): Promise<number> {
	const from = Math.max(0, offset - LINE_BYTES);
	const asked = { id, offset: from, maxBytes: LINE_BYTES, encoding: 'base64' } as const;
	const chunk = await connection.request('log/read', asked);
	const before = Buffer.from(chunk.text, 'base64').subarray(0, Math.max(0, offset - chunk.offset));
	const at = before.lastIndexOf('\n');
	if (at >= 0) return chunk.offset + at + 1;
	return chunk.offset === 0 && before.length > 0 ? 0 : offset;
}

interface Watch {
	readonly id: string;
	readonly pattern: string;
	readonly from: number;
	readonly over: (id: string, line: string | undefined) => void;
	readonly fail: (error: unknown) => void;
}

/** @returns to be called when there is more to look at */
function createWatch(
	connection: DaemonConnection,
	{ id, pattern, from: begin, over, fail }: Watch,
): (ended: boolean) => void {
	let from = begin;
	let looking = false;
	let again = false;
	let ended = false;
	let done = false;

	async function look(): Promise<void> {
		do {
			again = false;
			const asked = { id, pattern, kind: 'regex', from, limit: 1 } as const;
			const { matches, scannedTo } = await connection.request('log/search', asked);
			const match = matches.find(({ text }) => !isRunMark(text));
			// A mark that is still being written is looked at again when more of it comes.
			if (match === undefined && matches.length > 0 && scannedTo > from) again = true;
			from = scannedTo;
			if (match !== undefined || (ended && !again)) {
				done = true;
				over(id, match === undefined ? undefined : plainLine(match.text, 300));
				return;
			}
		} while (again);
	}

	return (eof) => {
		ended ||= eof;
		again = true;
		if (looking || done) return;
		looking = true;
		look()
			.catch(fail)
			.finally(() => {
				looking = false;
			});
	};
}
