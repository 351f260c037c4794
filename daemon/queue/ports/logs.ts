/** Reading job logs, as a port: the processes room keeps them. */
import type { LogChunk, LogEncoding, LogTime } from '../../../shared/protocol/logs.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';

export type LogRead = Omit<LogChunk, 'id' | 'eof' | 'times'> & {
	/** `nextOffset` is the end of what is there now. */
	readonly atEnd: boolean;
};

export interface LogReading {
	readonly encoding?: LogEncoding;
	/** How many bytes are known to have been produced: what is missing at the end is told as dropped. */
	readonly produced?: number;
}

/** A reader that the job's output waits for, within bounds. */
export interface LogHold {
	moved(offset: number): void;
	release(): void;
}

export interface JobLogs {
	/** `offset` counts bytes of the stream as produced; text (not base64) is cut at character boundaries. */
	read(id: string, offset: number, maxBytes: number, how?: LogReading): Promise<LogRead>;
	/** When what stands between two offsets was written; empty where only the beginning of its run is known. */
	times(id: string, from: number, to: number): Promise<LogTime[]>;
	/** Where the last `count` lines begin. */
	lastLines(id: string, count: number): Promise<number>;
	/** Keeps the job from printing more than is kept before the reader has it. */
	hold(id: string, offset: number): LogHold;
	/** Calls back after bytes were appended; returns how to stop. */
	follow(id: string, listener: () => void): () => void;
}

/** A part of a log, by the offset of its first byte. */
export interface LogPiece {
	readonly offset: number;
	readonly bytes: Uint8Array;
}

/**
 * @param pieces What there is of a log that is not on this disk.
 * @throws SemanticaError VALIDATION for a pattern that cannot be used; the reason of the signal.
 */
export type SearchLog = (
	params: Params<'log/search'>,
	signal: AbortSignal,
	pieces?: readonly LogPiece[],
) => Promise<Result<'log/search'>>;
