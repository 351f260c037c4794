/** Reading job logs, as a port: the processes room keeps them. */
import type { LogChunk } from '../../shared/protocol/logs.ts';

export type LogRead = Omit<LogChunk, 'id' | 'eof'> & {
	/** `nextOffset` is the end of what is there now. */
	readonly atEnd: boolean;
};

export interface JobLogs {
	/** `offset` counts bytes of the stream as produced; text is cut at character boundaries. */
	read(id: string, offset: number, maxBytes: number): Promise<LogRead>;
	/** Calls back after bytes were appended; returns how to stop. */
	follow(id: string, listener: () => void): () => void;
}
