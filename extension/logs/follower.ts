/** Puts a job's log together from chunks that may overlap, skip what is no longer kept, or leave a gap. */
import type { LogChunk } from '../../shared/protocol/logs.ts';

export type LogStep =
	| {
			readonly kind: 'text';
			readonly text: string;
			/** Bytes in front of `text` that the daemon no longer keeps. */
			readonly dropped: number;
			readonly end: boolean;
	  }
	/** Something is missing: subscribe again from `offset`. */
	| { readonly kind: 'gap' };

export class LogFollower {
	/** The next byte that is wanted. */
	offset = 0;

	accept(chunk: Pick<LogChunk, 'text' | 'offset' | 'nextOffset' | 'eof' | 'dropped'>): LogStep {
		const from = chunk.dropped?.from ?? chunk.offset;
		if (from > this.offset) return { kind: 'gap' };
		const dropped = Math.max(0, chunk.offset - this.offset);
		const seen = Math.max(0, this.offset - chunk.offset);
		const text = seen === 0 ? chunk.text : skipBytes(chunk.text, seen);
		this.offset = Math.max(this.offset, chunk.nextOffset);
		return { kind: 'text', text, dropped, end: chunk.eof };
	}
}

function skipBytes(text: string, bytes: number): string {
	return Buffer.from(text).subarray(bytes).toString();
}
