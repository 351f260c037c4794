/** Logs as files that nobody can change: they can be searched, saved, and are there again when the window is loaded anew. */
import { type FileStat, FileType, Uri } from 'vscode';
import type { Link } from '../../connection/link.ts';
import { LOG_SCHEME } from '../../contributions.ts';
import { isOver } from '../../jobs/store/groups.ts';
import { logName } from '../feed.ts';
import { asDocument } from './asDocument.ts';

const READ_BYTES = 1_048_576;
/** More than the daemon keeps of one. */
const MAX_READS = 64;

export const logUri = (title: string, id: string): Uri =>
	Uri.from({
		scheme: LOG_SCHEME,
		// A title may hold what a path must not.
		path: `/${logName(title, id)
			.replace(/[\p{C}/\\?#:]+/gu, ' ')
			.trim()}.log`,
		query: id,
	});

export function createLogFiles(link: Pick<Link, 'request'>) {
	return {
		async stat({ query: id }: Uri): Promise<FileStat> {
			const { job } = await link.request('job/get', { id });
			const changed = isOver(job) ? job.finishedAt : null;
			return {
				type: FileType.File,
				ctime: job.createdAt,
				mtime: changed ?? Date.now(),
				size: job.logBytes,
			};
		},
		async readFile({ query: id }: Uri): Promise<Uint8Array> {
			const parts: string[] = [];
			let offset = 0;
			for (let read = 0; read < MAX_READS; read++) {
				const chunk = await link.request('log/read', { id, offset, maxBytes: READ_BYTES });
				if (chunk.dropped !== undefined) parts.push('\n[…]\n');
				parts.push(chunk.text);
				if (chunk.eof || chunk.nextOffset === offset) break;
				offset = chunk.nextOffset;
			}
			return Buffer.from(asDocument(parts.join('')));
		},
	};
}
