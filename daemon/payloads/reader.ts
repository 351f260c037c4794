/** `job/payload`: bounded parts of a payload as text. Compressed files are read onward, not anew for each part. */
import type { Readable } from 'node:stream';
import type { Result } from '../../shared/protocol/requests.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { ExpectedFile } from './verified.ts';

/** The longest character: a part must be able to hold one. */
const MAX_CHARACTER_BYTES = 4;
/** How long a file stays open for somebody who reads on. */
const KEEP_OPEN_MS = 5000;

interface Cursor {
	readonly name: string;
	readonly content: Readable;
	readonly chunks: AsyncIterator<Buffer>;
	/** Bytes that were taken from the stream and belong after `offset`. */
	ahead: Buffer;
	/** Where `ahead` begins. */
	offset: number;
}

export interface PartReader {
	/** @throws SemanticaError PAYLOAD_LOST */
	read(file: ExpectedFile, offset: number, maxBytes: number): Promise<Result<'job/payload'>>;
}

/** `open` gives a verified stream. One reader's place is kept, since people page through one payload at a time. */
export function createPartReader(
	open: (file: ExpectedFile) => Promise<Readable>,
	clock: Clock,
): PartReader {
	let kept: Cursor | undefined;
	let timer: Timer | undefined;

	function takeKept(name: string, offset: number): Cursor | undefined {
		const cursor = kept;
		timer?.cancel();
		kept = undefined;
		if (cursor === undefined) return undefined;
		if (cursor.name === name && cursor.offset === offset) return cursor;
		cursor.content.destroy();
		return undefined;
	}

	function keep(cursor: Cursor): void {
		kept?.content.destroy();
		kept = cursor;
		timer?.cancel();
		timer = clock.after(KEEP_OPEN_MS, () => {
			kept?.content.destroy();
			kept = undefined;
		});
	}

	return {
		async read(file, offset, maxBytes) {
			const name = file.digest.toString('hex');
			const from = Math.min(offset, file.bytes);
			let cursor = takeKept(name, from);
			if (cursor === undefined) {
				const content = await open(file);
				const chunks = content[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
				cursor = { name, content, chunks, ahead: Buffer.alloc(0), offset: 0 };
			}
			try {
				await skip(cursor, from);
				const wanted = Math.min(Math.max(maxBytes, MAX_CHARACTER_BYTES), file.bytes - from);
				await fill(cursor, wanted);
				const part = textPart(cursor.ahead.subarray(0, wanted), from, file.bytes);
				cursor.ahead = cursor.ahead.subarray(part.nextOffset - from);
				cursor.offset = part.nextOffset;
				if (part.eof) cursor.content.destroy();
				else keep(cursor);
				return part;
			} catch (error) {
				cursor.content.destroy();
				throw error;
			}
		},
	};
}

async function skip(cursor: Cursor, to: number): Promise<void> {
	while (cursor.offset < to) {
		await fill(cursor, 1);
		const step = Math.min(cursor.ahead.length, to - cursor.offset);
		if (step === 0) return;
		cursor.ahead = cursor.ahead.subarray(step);
		cursor.offset += step;
	}
}

/** Makes `ahead` at least `bytes` long, unless the content ends before. */
async function fill(cursor: Cursor, bytes: number): Promise<void> {
	const parts = [cursor.ahead];
	let length = cursor.ahead.length;
	while (length < bytes) {
		const next = await cursor.chunks.next();
		if (next.done) break;
		parts.push(next.value);
		length += next.value.length;
	}
	if (parts.length > 1) cursor.ahead = Buffer.concat(parts);
}

/**
 * `bytes` as text, cut where a character ends; what is no UTF-8 at all shows as U+FFFD.
 * @param total length of the whole content
 */
export function textPart(bytes: Buffer, offset: number, total: number): Result<'job/payload'> {
	const last = offset + bytes.length >= total;
	const whole = last ? bytes.length : bytes.length - incompleteTail(bytes);
	const used = whole === 0 ? bytes.length : whole;
	const nextOffset = offset + used;
	return { text: bytes.toString('utf8', 0, used), nextOffset, eof: nextOffset >= total };
}

/** How many bytes at the end begin a character that is not complete. */
function incompleteTail(bytes: Buffer): number {
	for (let back = 1; back < MAX_CHARACTER_BYTES && back <= bytes.length; back++) {
		const byte = bytes[bytes.length - back] ?? 0;
		if ((byte & 0xc0) === 0x80) continue;
		const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
		return needed > back ? back : 0;
	}
	return 0;
}
