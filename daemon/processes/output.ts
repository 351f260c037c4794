/** A run's output on its way to the log: stdout lines that begin with `::semantica ` speak to us instead. */
import type { Readable } from 'node:stream';
import { depthWithin, LIMITS, type Progress, progressSchema } from '../../shared/job.ts';
import type { LogWriter } from './log/writer.ts';

const MARK = Buffer.from('::semantica ');
const MAX_MESSAGE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface Messages {
	progress(progress: Progress): void;
	/** JSON text. */
	result(json: string): void;
}

/** Resolves when the stream has ended or was destroyed, and all of it is in the log. */
export async function captureStream(stream: Readable, log: LogWriter): Promise<void> {
	await pump(stream, (chunk) => log.append(chunk));
}

export async function captureStdout(
	stream: Readable,
	log: LogWriter,
	messages: Messages,
): Promise<void> {
	const splitter = new MessageSplitter(messages);
	await pump(stream, (chunk) => log.append(splitter.push(chunk)));
	await log.append(splitter.end());
}

async function pump(stream: Readable, take: (chunk: Buffer) => Promise<void>): Promise<void> {
	try {
		for await (const chunk of stream) await take(chunk as Buffer);
	} catch {
		// A stream destroyed because an escapee holds it open is an ordinary end.
	}
}

/** Takes messages out of a byte stream without holding back anything that cannot be one. */
export class MessageSplitter {
	readonly #messages: Messages;
	/** A line that may still turn out to be a message. */
	#held: Buffer = Buffer.alloc(0);
	#atLineStart = true;

	constructor(messages: Messages) {
		this.#messages = messages;
	}

	/** Returns what belongs into the log. */
	push(chunk: Buffer): Buffer {
		const data = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
		this.#held = Buffer.alloc(0);
		// The usual chunk holds no message at all: pass it on untouched.
		if (!data.includes(MARK) && !this.#mayEndInMessage(data)) {
			this.#atLineStart = data.at(-1) === NEWLINE;
			return data;
		}
		const kept: Buffer[] = [];
		let at = 0;
		while (at < data.length) {
			const newline = data.indexOf(NEWLINE, at);
			const line = data.subarray(at, newline < 0 ? data.length : newline + 1);
			at += line.length;
			if (newline < 0 && this.#atLineStart && couldBeMessage(line)) {
				this.#held = Buffer.from(line);
				break;
			}
			const isMessage = this.#atLineStart && newline >= 0 && this.#understand(line);
			if (!isMessage) kept.push(line);
			this.#atLineStart = newline >= 0;
		}
		return Buffer.concat(kept);
	}

	end(): Buffer {
		const rest = this.#held;
		this.#held = Buffer.alloc(0);
		return this.#understand(rest) ? Buffer.alloc(0) : rest;
	}

	#mayEndInMessage(data: Buffer): boolean {
		const lineStart = data.lastIndexOf(NEWLINE) + 1;
		if (lineStart === 0 && !this.#atLineStart) return false;
		const line = data.subarray(lineStart);
		return line.length > 0 && couldBeMessage(line);
	}

	// Malformed messages are logged as they are: the person debugging the job should see them.
	#understand(line: Buffer): boolean {
		if (line.length > MAX_MESSAGE_BYTES || !line.subarray(0, MARK.length).equals(MARK))
			return false;
		const match = /^(progress|result) (.*?)\r?\n?$/s.exec(line.toString('utf8', MARK.length));
		const [, kind, json] = match ?? [];
		if (json === undefined) return false;
		try {
			const value: unknown = JSON.parse(json);
			if (kind === 'progress') this.#messages.progress(progressSchema.parse(value));
			else if (!fits(json, value)) return false;
			else this.#messages.result(JSON.stringify(value));
			return true;
		} catch {
			return false;
		}
	}
}

// Bounded in depth as well: what is nested too deep can be read but not written again.
function fits(json: string, value: unknown): boolean {
	return Buffer.byteLength(json) <= LIMITS.resultBytes && depthWithin(value, LIMITS.payloadDepth);
}

function couldBeMessage(line: Buffer): boolean {
	if (line.length > MAX_MESSAGE_BYTES) return false;
	const length = Math.min(line.length, MARK.length);
	return line.subarray(0, length).equals(MARK.subarray(0, length));
}
