/** Payload storage, as a port (docs/design.md section 5): the payloads room keeps what jobs get on stdin. */
import type { Result } from '../../../shared/protocol/requests.ts';

/** Content that is stored and pinned: nothing removes it before it is released. */
export interface StoredPayload {
	/** Length of the content. */
	readonly bytes: number;
	readonly place: InlinePlace | FilePlace;
}

/** In memory, on its way into the database. */
export interface InlinePlace {
	readonly kind: 'inline';
	readonly data: Buffer;
}

export interface FilePlace {
	readonly kind: 'file';
	/** SHA-256 of the content, 32 bytes. */
	readonly digest: Buffer;
	/** Length of the file. */
	readonly stored: number;
}

/** A payload that a run will read. */
export interface PayloadSource {
	/**
	 * Lays the whole content, verified, into a file of the run's own.
	 * @throws SemanticaError PAYLOAD_LOST with a sentence about what is missing or damaged, SYSTEM where it cannot be
	 * read at the moment, STORE where there is no room for it.
	 */
	layOut(): Promise<InputFile>;
	/** Its content where it lies in the database; undefined where it is a file. */
	inlineText(): string | undefined;
}

/** What a run has as its stdin. */
export interface InputFile {
	/** Absolute. */
	readonly path: string;
	remove(): Promise<void>;
}

/** A payloadFile that was found acceptable; nothing of it was read yet. */
export interface PayloadFile {
	readonly bytes: number;
	/**
	 * A chunk stands until the next is asked for.
	 * @throws SemanticaError VALIDATION when it is no longer what was found, or changes meanwhile.
	 */
	read(): AsyncIterable<Buffer>;
}

export interface PayloadStore {
	/** Looks at a payloadFile that a client names. @throws SemanticaError VALIDATION or TOO_LARGE */
	findFile(path: string): Promise<PayloadFile>;
	/** Durable and pinned when it resolves. @throws SemanticaError STORE or TOO_LARGE */
	store(content: Buffer | PayloadFile): Promise<StoredPayload>;
	/** Inside a transaction: the job's row, by generation, takes the payload. */
	attach(job: number, payload: StoredPayload): void;
	/** Inside a transaction: a job that was just inserted shares the payload of another. */
	share(from: number, to: number): void;
	/** After the transaction, however it went: files that no row took are removed. */
	release(payloads: readonly StoredPayload[]): void;
	/** The payload of a job, by generation. */
	source(job: number): PayloadSource;
	/** A bounded part as text, cut at UTF-8 boundaries. @throws SemanticaError PAYLOAD_LOST */
	read(job: number, offset: number, maxBytes: number): Promise<Result<'job/payload'>>;
}
