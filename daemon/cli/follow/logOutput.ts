import { once } from 'node:events';
import type { LogChunk } from '../../../shared/protocol/logs.ts';
import type { Context } from '../context.ts';
import { formatBytes } from '../render/format.ts';
import type { LogSink } from './log.ts';
import type { Presenter } from './presenter.ts';

/**
 * Log text goes to standard output exactly as the job wrote it, at the reader's pace; on a terminal
 * with a live view it is printed above the view.
 */
export function writeLogTo(context: Context, presenter?: Presenter): LogSink {
	return async (chunk) => {
		const gap = droppedNote(chunk);
		if (presenter?.log !== undefined) {
			if (gap !== undefined) presenter.note(gap);
			presenter.log(chunk.text);
			return;
		}
		if (gap !== undefined) context.err.say(gap);
		if (!context.out.stream.write(chunk.text)) await once(context.out.stream, 'drain');
	};
}

function droppedNote({ dropped }: LogChunk): string | undefined {
	if (dropped === undefined) return undefined;
	const size = formatBytes(dropped.to - dropped.from);
	return `[${size} of this log are no longer kept: only its beginning and its end are]`;
}
