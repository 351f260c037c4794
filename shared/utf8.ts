/** Cutting bytes at character boundaries, so that no reader ever sees half a character. */

export interface Cut {
	readonly text: string;
	/** Bytes passed over at the start: the rest of a character whose beginning was dropped. */
	readonly skipped: number;
	/** Bytes consumed, `skipped` included. */
	readonly used: number;
}

/**
 * @param midway the bytes may begin inside a character
 * @param final nothing follows, so an incomplete last character is taken as it is; else it is left, and up to
 *   three bytes that are nothing but its beginning are left altogether
 */
export function completeUtf8(
	bytes: Buffer,
	{ midway, final }: { midway: boolean; final: boolean },
): Cut {
	let skipped = 0;
	if (midway) while (skipped < 3 && isContinuation(bytes[skipped])) skipped++;
	const end = final ? bytes.length : bytes.length - incompleteTail(bytes);
	const used = Math.max(end, skipped);
	return { text: bytes.toString('utf8', skipped, used), skipped, used };
}

function isContinuation(byte: number | undefined): boolean {
	return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** How many bytes at the end begin a character that is not complete. */
function incompleteTail(bytes: Buffer): number {
	for (let back = 1; back <= Math.min(3, bytes.length); back++) {
		const byte = bytes[bytes.length - back];
		if (byte === undefined || isContinuation(byte)) continue;
		const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
		return needed > back ? back : 0;
	}
	return 0;
}
