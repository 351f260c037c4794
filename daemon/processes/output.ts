/** A run's output on its way to the log, without its secrets: stdout lines that begin with `::semantica ` speak to us instead. */
import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import {
	type AskedAgain,
	askedAgainSchema,
	type Progress,
	progressSchema,
} from '../../shared/job.ts';
import { LIMITS } from '../../shared/jobTerms.ts';
import { depthWithin } from '../../shared/jobValues.ts';
import { askedSchema } from '../../shared/question.ts';
import type { LogWriter } from './log/writer.ts';
import type { MaskedStream } from './masks.ts';
import { githubProblem, type SaidProblem, semanticaProblem, unescaped } from './problems/said.ts';
import type { OutputWatch } from './readiness/watch.ts';

const MARK = Buffer.from('::semantica ');
/** As jobs say it to GitHub. */
const ADD_MASK = Buffer.from('::add-mask::');
const GITHUB = ['::error', '::warning', '::notice'].map((mark) => Buffer.from(mark));
const MARKS = [MARK, ADD_MASK, ...GITHUB];
/** Every mark begins so. */
const COLONS = Buffer.from('::');
const LINE_OF_COLONS = Buffer.from('\n::');
/** The largest is a checkpoint, with what stands around it. */
const MAX_MESSAGE_BYTES = LIMITS.checkpointBytes + 64;
const NEWLINE = 0x0a;
const READY = /^ready *\r?\n?$/;

export interface Messages {
	progress(progress: Progress): void;
	/** JSON text. */
	result(json: string): void;
	/** JSON text of what the next run is to find. */
	checkpoint(json: string): void;
	/** It is to be tried again once it has ended. */
	again(asked: AskedAgain): void;
	ready(): void;
	/** JSON text of what it asks of a person, well-formed. */
	ask(json: string): void;
	/** It reports an error, a warning, a note. */
	problem(problem: SaidProblem): void;
	/** Not to be shown from now on. */
	mask(secret: string): void;
}

/** A chunk with more messages than this is one of a flood. */
const FLOOD = 200;
/** So long the rest of a flood waits in the pipe, and the job with it: each message takes a moment to understand. */
const FLOOD_PAUSE_MS = 20;

/** Resolves when the stream has ended or was destroyed, and all of it is in the log. */
export async function captureStderr(
	stream: Readable,
	log: LogWriter,
	masked: MaskedStream,
	watch: OutputWatch | undefined,
): Promise<void> {
	const take = async (shown: Buffer) => {
		await log.append(shown, 'stderr');
		await watch?.take('stderr', shown);
	};
	await pump(stream, (chunk) => take(masked.push(chunk)));
	await take(masked.end());
	await watch?.end('stderr');
}

export async function captureStdout(
	stream: Readable,
	log: LogWriter,
	messages: Messages,
	masked: MaskedStream,
	watch: OutputWatch | undefined,
): Promise<void> {
	const take = async (shown: Buffer) => {
		await log.append(shown);
		await watch?.take('stdout', shown);
	};
	const splitter = new MessageSplitter(messages);
	await pump(stream, async (chunk) => {
		const before = splitter.understood;
		await take(masked.push(splitter.push(chunk)));
		if (splitter.understood - before > FLOOD) await wait(FLOOD_PAUSE_MS);
	});
	await take(masked.push(splitter.end()));
	await take(masked.end());
	await watch?.end('stdout');
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
	/** Messages so far. */
	understood = 0;

	constructor(messages: Messages) {
		this.#messages = messages;
	}

	/** Returns what belongs into the log. */
	push(chunk: Buffer): Buffer {
		const data = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
		this.#held = Buffer.alloc(0);
		// The usual chunk holds no message at all: pass it on untouched.
		const has = (this.#atLineStart && begins(data, COLONS)) || data.includes(LINE_OF_COLONS);
		if (!has && !this.#mayEndInMessage(data)) {
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
			if (this.#atLineStart && newline >= 0 && !isMessage && this.#isProblem(line))
				this.understood++;
			if (isMessage) this.understood++;
			if (!isMessage) kept.push(line);
			this.#atLineStart = newline >= 0;
		}
		return Buffer.concat(kept);
	}

	end(): Buffer {
		const rest = this.#held;
		this.#held = Buffer.alloc(0);
		if (this.#understand(rest)) return Buffer.alloc(0);
		this.#isProblem(rest);
		return rest;
	}

	#mayEndInMessage(data: Buffer): boolean {
		const lineStart = data.lastIndexOf(NEWLINE) + 1;
		if (lineStart === 0 && !this.#atLineStart) return false;
		const line = data.subarray(lineStart);
		return line.length > 0 && couldBeMessage(line);
	}

	// One that is too short to be masked is not shown all the same.
	#mask(rest: string): boolean {
		this.#messages.mask(rest.replace(/\r?\n?$/, ''));
		return true;
	}

	/** A line for GitHub says the same to who reads the log: it stays there. */
	#isProblem(line: Buffer): boolean {
		if (line.length > MAX_MESSAGE_BYTES || !GITHUB.some((mark) => begins(line, mark))) return false;
		const problem = githubProblem(line.toString('utf8'));
		if (problem !== undefined) this.#messages.problem(problem);
		return problem !== undefined;
	}

	// Malformed messages are logged as they are: the person debugging the job should see them.
	#understand(line: Buffer): boolean {
		if (line.length > MAX_MESSAGE_BYTES) return false;
		if (begins(line, ADD_MASK))
			return this.#mask(unescaped(line.toString('utf8', ADD_MASK.length)));
		if (!begins(line, MARK)) return false;
		const said = line.toString('utf8', MARK.length);
		if (said.startsWith('mask ')) return this.#mask(said.slice('mask '.length));
		if (READY.test(said)) {
			this.#messages.ready();
			return true;
		}
		const match = /^(progress|result|checkpoint|ask|error|retry)(?: (.*?))?\r?\n?$/s.exec(said);
		const [, kind, written] = match ?? [];
		const json = kind === 'retry' ? written?.trim() || '{}' : written;
		if (json === undefined) return false;
		try {
			// Decoding would put U+FFFD where a byte is wrong, and nobody would ever know.
			if (!isUtf8(line)) return false;
			const value: unknown = JSON.parse(json);
			if (kind === 'error') {
				const problem = semanticaProblem(json);
				if (problem === undefined) return false;
				this.#messages.problem(problem);
			} else if (kind === 'retry') this.#messages.again(askedAgainSchema.parse(value));
			else if (kind === 'progress') this.#messages.progress(progressSchema.parse(value));
			else if (kind === 'ask') {
				askedSchema.parse(value);
				this.#messages.ask(json.trim());
			} else if (kind === 'checkpoint') {
				if (!fits(json, value, LIMITS.checkpointBytes)) return false;
				this.#messages.checkpoint(json.trim());
			} else if (!fits(json, value, LIMITS.resultBytes)) return false;
			else this.#messages.result(json.trim());
			return true;
		} catch {
			return false;
		}
	}
}

// Bounded in depth as well: what is nested too deep can be read but not written again.
function fits(json: string, value: unknown, bytes: number): boolean {
	return Buffer.byteLength(json) <= bytes && depthWithin(value, LIMITS.payloadDepth);
}

function couldBeMessage(line: Buffer): boolean {
	if (line.length > MAX_MESSAGE_BYTES) return false;
	return MARKS.some((mark) => begins(line, mark.subarray(0, line.length)));
}

function begins(line: Buffer, mark: Buffer): boolean {
	return line.subarray(0, mark.length).equals(mark);
}
