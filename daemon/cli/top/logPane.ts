/** The end of a job's log, as it grows, over a connection of its own. */
import { StringDecoder } from 'node:string_decoder';
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import { followLog } from '../../../shared/client/followLog.ts';
import { errorMessage } from '../../../shared/errors.ts';
import type { LogChunk } from '../../../shared/protocol/logs.ts';
import { oneLine } from '../render/text.ts';

/** What a person looks back at; the rest is for `semantica logs`. */
const LINES = 1000;
const LINE_CHARS = 2000;

export interface LogPane {
	readonly id: string;
	readonly title: string;
	readonly lines: readonly string[];
	/** Why no more comes, a sentence. */
	readonly problem: string | undefined;
}

export const NO_LOG: LogPane = { id: '', title: '', lines: [], problem: undefined };

/** As a terminal would show it: what stands behind the last carriage return, without codes. */
const plain = (line: string): string => oneLine(line.replace(/^.*\r(?=.)/, ''));

/** Calls `show` with each new state until the connection is disposed; never rejects. */
export async function followPane(
	connection: DaemonConnection,
	job: { readonly id: string; readonly title: string },
	show: (pane: LogPane) => void,
): Promise<void> {
	const { id, title } = job;
	let lines: string[] = [];
	let last = '';
	const decoder = new StringDecoder();
	const pane = (problem?: string): LogPane => {
		const unfinished = plain(last);
		return { id, title, lines: unfinished === '' ? lines : [...lines, unfinished], problem };
	};
	const add = (chunk: LogChunk) => {
		const text = decoder.write(Buffer.from(chunk.text, 'base64'));
		const [first = '', ...more] = text.split(/\r?\n/);
		const all = [last + first, ...more].map((line) => line.slice(0, LINE_CHARS));
		last = all.pop() ?? '';
		lines = [...lines, ...all.map(plain)].slice(-LINES);
		show(pane());
	};
	try {
		const encoding = 'base64';
		const tail = await connection.request('log/read', {
			id,
			encoding,
			tailLines: LINES,
			maxBytes: 1024 * 1024,
		});
		add(tail);
		if (!tail.eof) await followLog(connection, id, tail.nextOffset, add, { encoding });
	} catch (error) {
		const closed = error instanceof ConnectionClosed;
		show(pane(closed ? 'The daemon ended: q goes back.' : errorMessage(error)));
	}
}
