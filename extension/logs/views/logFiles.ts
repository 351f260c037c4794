/** Logs as files that nobody can change: they can be searched, saved, and are there again when the window is loaded anew. */
import { type FileStat, FileType, Uri } from 'vscode';
import type { LogChunk } from '../../../shared/protocol/logs.ts';
import type { Link } from '../../connection/link.ts';
import { isNotFound } from '../../connection/notFound.ts';
import { LOG_SCHEME } from '../../contributions.ts';
import { isOver } from '../../jobs/store/groups.ts';
import { logName } from '../feed.ts';
import { clockOf, plainText, stampedText } from './logText.ts';

const READ_BYTES = 1_048_576;
/** More than the daemon keeps of one. */
const MAX_READS = 64;
/** A daemon that is away is asked again as if reading had taken that long, ms. */
const AWAY_MS = 250;
/** Behind the id in the query. */
const STAMPED = '&times';

export interface LogOfFile {
	readonly id: string;
	/** Whether each line says when it was written. */
	readonly stamped: boolean;
}

export const logUri = (title: string, id: string): Uri =>
	Uri.from({
		scheme: LOG_SCHEME,
		// A title may hold what a path must not.
		path: `/${logName(title, id)
			.replace(/[\p{C}/\\?#:]+/gu, ' ')
			.trim()}.log`,
		query: id,
	});

export const logOf = ({ query }: Uri): LogOfFile => ({
	id: query.replace(STAMPED, ''),
	stamped: query.endsWith(STAMPED),
});

/** The same log with the times of its lines, or without. */
export const stampedUri = (uri: Uri, stamped: boolean): Uri =>
	uri.with({ query: `${logOf(uri).id}${stamped ? STAMPED : ''}` });

/** What is told of logs that were read. */
export interface LogReads {
	/** It goes on; reading it until here took so long. */
	read(uri: Uri, tookMs: number): void;
	/** All of it was read, and is this. */
	ended(uri: Uri, text: string): void;
}

export function createLogFiles(
	link: Pick<Link, 'request' | 'state' | 'onDidChange'>,
	{ read, ended }: LogReads,
) {
	/** Once there is a daemon to read it from: where none can be started that waits for a person. */
	const again = (uri: Uri): void => {
		if (link.state.kind !== 'failed') {
			read(uri, AWAY_MS);
			return;
		}
		const listening = link.onDidChange(() => {
			listening.dispose();
			read(uri, AWAY_MS);
		});
	};
	const asked = async <T>(uri: Uri, answer: Promise<T>): Promise<T> => {
		try {
			return await answer;
		} catch (error) {
			if (!isNotFound(error)) again(uri);
			throw error;
		}
	};
	return {
		async stat(uri: Uri): Promise<FileStat> {
			const { job } = await asked(uri, link.request('job/get', { id: logOf(uri).id }));
			const changed = isOver(job) ? job.finishedAt : null;
			return {
				type: FileType.File,
				ctime: job.createdAt,
				mtime: changed ?? Date.now(),
				size: job.logBytes,
			};
		},
		async readFile(uri: Uri): Promise<Uint8Array> {
			const { id, stamped } = logOf(uri);
			const began = performance.now();
			const parts: LogChunk[] = [];
			let offset = 0;
			let isWhole = false;
			for (let reads = 0; reads < MAX_READS && !isWhole; reads++) {
				const wanted = { id, offset, maxBytes: READ_BYTES, timestamps: stamped };
				const chunk = await asked(uri, link.request('log/read', wanted));
				parts.push(chunk);
				isWhole = chunk.eof;
				if (chunk.nextOffset === offset) break;
				offset = chunk.nextOffset;
			}
			const text = stamped ? stampedText(parts, clockOf) : plainText(parts);
			if (isWhole) ended(uri, text);
			else read(uri, performance.now() - began);
			return Buffer.from(text);
		},
	};
}
