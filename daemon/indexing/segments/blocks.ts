/** Dividing text into blocks of whole lines. */

/** A block ends with the line in which it gets so long. A longer line is a block of its own. */
const BLOCK_BYTES = 4096;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

export interface Block {
	/** Of its first byte in the text. */
	readonly offset: number;
	readonly end: number;
	/** Its first line, 1-based. */
	readonly line: number;
}

/** Line ends are \n, \r\n, and a lone \r within a block. */
export function* blocksOf(text: Buffer): Iterable<Block> {
	let line = 1;
	for (let offset = 0; offset < text.length; ) {
		const newline = text.indexOf(NEWLINE, Math.max(offset, offset + BLOCK_BYTES - 1));
		const end = newline === -1 ? text.length : newline + 1;
		yield { offset, end, line };
		line += linesIn(text, offset, end);
		offset = end;
	}
}

function linesIn(text: Buffer, from: number, to: number): number {
	let lines = 0;
	for (let at = from; at < to; at++) {
		const byte = text[at];
		if (byte === NEWLINE || (byte === RETURN && text[at + 1] !== NEWLINE)) lines++;
	}
	return lines;
}
