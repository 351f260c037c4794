import { once } from 'node:events';
import type { LogSink } from '../../../shared/client/followLog.ts';
import type { LogChunk, LogSource, LogSpan } from '../../../shared/protocol/logs.ts';
import type { Context } from '../context.ts';
import type { Output } from '../output.ts';
import { formatBytes } from '../render/format.ts';
import type { Presenter } from './presenter.ts';

/** Where what a job wrote goes; undefined: nowhere. */
export type LogRoute = (source: LogSource) => Output | undefined;

/** As if the command ran here: its two outputs are ours. What Semantica says of it is for people. */
export function asIfHere({ out, err }: Context): LogRoute {
	return (source) => (source === 'stdout' || (source === 'semantica' && out.terminal) ? out : err);
}

/** The log as it is kept, or one of its two streams alone. */
export function asKept({ out, err }: Context, only?: 'stdout' | 'stderr'): LogRoute {
	return (source) => {
		if (source === 'semantica') return out.terminal ? out : err;
		return only === undefined || only === source ? out : undefined;
	};
}

/**
 * Writes the bytes of the job exactly, at the reader's pace, wherever that is not the terminal with the live
 * view: there they appear above the view.
 * @param shown What becomes of them elsewhere, where they are not written as they are.
 */
export function writeLog(
	context: Context,
	route: LogRoute,
	presenter?: Presenter,
	shown = (bytes: Buffer, _source: LogSource): Uint8Array | string => bytes,
): LogSink {
	return async (chunk) => {
		const gap = droppedNote(chunk);
		if (gap !== undefined) {
			if (presenter?.log === undefined) context.err.say(gap);
			else presenter.note(gap);
		}
		for (const { bytes, source } of pieces(chunk)) {
			const target = route(source);
			if (target === undefined) continue;
			if (presenter?.log !== undefined && target.terminal) presenter.log(bytes, source);
			else if (!target.stream.write(shown(bytes, source))) await once(target.stream, 'drain');
		}
	};
}

function* pieces({ text, offset, nextOffset, spans = [] }: LogChunk) {
	const bytes = Buffer.from(text, 'base64');
	const first: LogSpan = { offset, source: 'stdout' };
	for (const [i, span] of (spans.length > 0 ? spans : [first]).entries()) {
		const end = spans[i + 1]?.offset ?? nextOffset;
		yield { bytes: bytes.subarray(span.offset - offset, end - offset), source: span.source };
	}
}

function droppedNote({ dropped }: LogChunk): string | undefined {
	if (dropped === undefined) return undefined;
	const size = formatBytes(dropped.to - dropped.from);
	return `[${size} of the output are missing here: of a long log only its beginning and its end are kept, and nothing that the disk had no room for]`;
}
