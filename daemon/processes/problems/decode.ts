/** The text of a line: UTF-8, else what Western programs wrote before there was UTF-8. */
import { isUtf8 } from 'node:buffer';

const western = new TextDecoder('windows-1252');

/** A line may have been cut within a character. */
export function decodeLine(bytes: Buffer): string {
	return isUtf8(withoutCutEnd(bytes)) ? bytes.toString('utf8') : western.decode(bytes);
}

function withoutCutEnd(bytes: Buffer): Buffer {
	for (let back = 1; back <= Math.min(4, bytes.length); back++) {
		const byte = bytes[bytes.length - back] ?? 0;
		if ((byte & 0xc0) === 0x80) continue;
		return byte >= 0xc0 ? bytes.subarray(0, bytes.length - back) : bytes;
	}
	return bytes;
}
