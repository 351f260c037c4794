/**
 * LSP framing with bounds (docs/design.md section 7). The library's own reader would buffer whatever length a
 * header promises and wait forever for headers to end; a hostile or broken client must not get that far.
 */
import { ERROR_CODES, RPC_CODES } from '../errors.ts';
import { LIMITS } from '../jobTerms.ts';

const MAX_HEADER_BYTES = 4096;
const HEADER_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);
const MIN_BUFFER_BYTES = 4096;

/** A frame that breaks the rules; the connection cannot be read any further. */
export class FrameError extends Error {
	override readonly name = 'FrameError';
	/** What the client is told, as in JSON-RPC. */
	readonly code: number;

	constructor(message: string, code: number = RPC_CODES.invalidRequest) {
		super(message);
		this.code = code;
	}
}

/** Turns bytes into frame bodies. Memory is bounded by one frame and one chunk, in however small pieces they come. */
export class FrameParser {
	/** The longest body that is accepted from now on. */
	maxBodyBytes: number = LIMITS.frameBytes;
	#buffer: Buffer = EMPTY;
	#start = 0;
	#end = 0;
	/** Length of the body that is being read; undefined while in the headers. */
	#bodyLength: number | undefined;

	append(chunk: Buffer): void {
		if (this.heldBytes === 0) {
			this.#buffer = chunk;
			this.#start = 0;
			this.#end = chunk.length;
			return;
		}
		if (this.#end + chunk.length > this.#buffer.length) this.#makeRoomFor(chunk.length);
		this.#end += chunk.copy(this.#buffer, this.#end);
	}

	/**
	 * How long the next body is, once all of it has come.
	 * @throws FrameError
	 */
	nextBytes(): number | undefined {
		this.#bodyLength ??= this.#readHeaders();
		if (this.#bodyLength === undefined || this.heldBytes < this.#bodyLength) return undefined;
		return this.#bodyLength;
	}

	/**
	 * The next body that is complete, valid until the next `append`.
	 * @throws FrameError
	 */
	next(): Buffer | undefined {
		const bytes = this.nextBytes();
		if (bytes === undefined) return undefined;
		const body = this.#buffer.subarray(this.#start, this.#start + bytes);
		this.#start += bytes;
		this.#bodyLength = undefined;
		// A large frame must not be kept alive by a client that says nothing more.
		if (this.#start === this.#end) this.#buffer = EMPTY;
		return body;
	}

	/** Bytes that belong to no body returned so far. */
	get heldBytes(): number {
		return this.#end - this.#start;
	}

	/** A frame has begun and not ended. */
	get midFrame(): boolean {
		return this.heldBytes > 0 || this.#bodyLength !== undefined;
	}

	// Doubling keeps the copying proportional to the bytes, also when they come one by one.
	#makeRoomFor(bytes: number): void {
		const grown = Buffer.allocUnsafeSlow(Math.max(MIN_BUFFER_BYTES, 2 * (this.heldBytes + bytes)));
		this.#end = this.#buffer.copy(grown, 0, this.#start, this.#end);
		this.#start = 0;
		this.#buffer = grown;
	}

	#readHeaders(): number | undefined {
		const start = this.#start;
		const end = this.#buffer.indexOf(HEADER_END, start);
		// Behind what is held the buffer may hold bytes of earlier frames.
		const found = end >= 0 && end + HEADER_END.length <= this.#end;
		if ((found ? end : this.#end) - start > MAX_HEADER_BYTES) {
			throw new FrameError(`The headers of a frame are longer than ${MAX_HEADER_BYTES} bytes.`);
		}
		if (!found) return undefined;
		this.#start = end + HEADER_END.length;
		return contentLength(this.#buffer.toString('latin1', start, end), this.maxBodyBytes);
	}
}

const LENGTH = /^content-length\s*:\s*(\d{1,12})\s*$/i;

function lengthIn(line: string): string[] {
	const value = LENGTH.exec(line)?.[1];
	return value === undefined ? [] : [value];
}

function contentLength(headers: string, max: number): number {
	// Most clients send nothing else.
	const only = LENGTH.exec(headers)?.[1];
	const values = only === undefined ? headers.split('\r\n').flatMap(lengthIn) : [only];
	if (values.length !== 1) throw new FrameError('A frame needs exactly one Content-Length header.');
	const length = Number(values[0]);
	if (length > max) {
		throw new FrameError(
			`A frame of ${length} bytes was announced; at most ${max} are accepted. Send less at once.`,
			ERROR_CODES.TOO_LARGE,
		);
	}
	return length;
}
