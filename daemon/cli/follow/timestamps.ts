/** When each line of a log was written, in front of it. */
import type { LogChunk, LogSource } from '../../../shared/protocol/logs.ts';
import { formatMoment } from '../render/format.ts';

/**
 * Puts times into chunks of bytes (base64): each source goes on with its own line.
 * @param only The one source that is shown, where it is one.
 */
export function createTimestamps(only?: LogSource): (chunk: LogChunk) => LogChunk {
	/** What was shown last has not ended its line. */
	let open = false;
	const midLine = new Set<LogSource>();
	return (chunk) => {
		const bytes = Buffer.from(chunk.text, 'base64');
		const { offset, times = [], spans = [{ offset, source: 'stdout' }] } = chunk;
		const parts: Buffer[] = [];
		const placed: { offset: number; source: LogSource }[] = [];
		let length = 0;
		const push = (part: Buffer) => {
			parts.push(part);
			length += part.length;
		};
		let mark = 0;
		const timeAt = (at: number): number => {
			while (mark + 1 < times.length && (times[mark + 1]?.offset ?? 0) <= at) mark++;
			return times[mark]?.at ?? 0;
		};
		for (const [i, { offset: begin, source }] of spans.entries()) {
			if (only !== undefined && source !== only) continue;
			placed.push({ offset: offset + length, source });
			const end = (spans[i + 1]?.offset ?? chunk.nextOffset) - offset;
			let at = begin - offset;
			while (at < end) {
				// Another source ends where it is: a time stands at the beginning of a line.
				if (!midLine.has(source))
					push(Buffer.from(`${open ? '\n' : ''}${formatMoment(timeAt(offset + at))} `));
				const newline = bytes.indexOf(0x0a, at);
				const stop = newline < 0 || newline >= end ? end : newline + 1;
				push(bytes.subarray(at, stop));
				open = bytes[stop - 1] !== 0x0a;
				if (!open) midLine.delete(source);
				else midLine.add(source);
				at = stop;
			}
		}
		const text = Buffer.concat(parts).toString('base64');
		return { ...chunk, text, nextOffset: offset + length, spans: placed };
	};
}
