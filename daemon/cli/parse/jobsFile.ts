/** A file of jobs in any of the shapes that programs write: one job, a list, {"jobs": […]} or JSON lines. */
import { isUtf8 } from 'node:buffer';
import { errorMessage } from '../../../shared/errors.ts';
import { jsonItems, jsonMember, skipSpace } from '../../../shared/jsonText.ts';
import { type CliError, usageError } from '../errors.ts';
import { oneLine } from '../render/text.ts';

export interface ReadJob {
	readonly spec: Record<string, unknown>;
	/** Its payload as it is written, for a command to read. */
	readonly payloadText: string | undefined;
	/** Where it stands, for messages: `line 17`, `job 3`. */
	readonly place: string;
	/** As it is written, and the line of the input on which that begins. */
	readonly text: string;
	readonly line: number;
}

/** UTF-8, or UTF-16 as Windows writes it. @throws CliError (usage) */
export function decodeJobs(bytes: Buffer): string {
	const encoding = encodingOf(bytes);
	try {
		return new TextDecoder(encoding, { fatal: true }).decode(bytes);
	} catch {
		const where = encoding === 'utf-8' ? `: see line ${firstBadLine(bytes)}` : '';
		throw usageError(
			`Cannot read the jobs: the input is not text in ${encoding.toUpperCase()}${where}. Write it as UTF-8.`,
		);
	}
}

function encodingOf([first, second]: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
	// A byte order mark, or the first character of JSON in two bytes.
	if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le';
	return (first === 0xfe && second === 0xff) || first === 0 ? 'utf-16be' : 'utf-8';
}

function firstBadLine(bytes: Buffer): number {
	let line = 1;
	for (let at = 0; at < bytes.length; line++) {
		const end = bytes.indexOf(0x0a, at);
		if (end < 0 || !isUtf8(bytes.subarray(at, end))) break;
		at = end + 1;
	}
	return line;
}

export function parseJobs(input: string): ReadJob[] {
	const text = input.replace(/^\uFEFF/, '');
	if (text.trim() === '') throw usageError('There is no job in the input.');
	const whole = tryParse(text);
	const jobs =
		'problem' in whole ? parseLines(text, whole.problem) : fromValue(whole.value, text, 1);
	if (jobs.length === 0) throw usageError('There is no job in the input.');
	return jobs;
}

/** `text` is what `value` was written as, `line` the one on which that begins. */
function fromValue(value: unknown, text: string, line: number): ReadJob[] {
	const at = skipSpace(text, 0);
	const first = line + linesIn(text, 0, at);
	if (Array.isArray(value)) {
		const places = jsonItems(text, at);
		let looked = at;
		let own = first;
		return value.map((item, index) => {
			const { start = 0, end = 0 } = places.next().value ?? {};
			own += linesIn(text, looked, start);
			looked = start;
			return asJob(item, text.slice(start, end), `job ${index + 1}`, own);
		});
	}
	if (isObject(value) && Array.isArray(value['jobs'])) {
		const { start = 0, end = 0 } = jsonMember(text, at, 'jobs') ?? {};
		return fromValue(value['jobs'], text.slice(start, end), first + linesIn(text, at, start));
	}
	return [asJob(value, text.slice(at), 'job 1', first)];
}

function linesIn(text: string, from: number, to: number): number {
	let lines = 0;
	for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1))
		lines++;
	return lines;
}

/** `problem` is what is wrong with the text as a whole, should it not be one job per line. */
function parseLines(text: string, problem: string): ReadJob[] {
	const jobs: ReadJob[] = [];
	for (const [index, line] of text.split('\n').entries()) {
		if (line.trim() === '') continue;
		const parsed = tryParse(line);
		if (!('problem' in parsed))
			jobs.push(asJob(parsed.value, line, `line ${index + 1}`, index + 1));
		else if (jobs.length === 0) throw notJson(problem);
		// The parser counts lines too, but saw only this one.
		else throw notJson(`line ${index + 1}: ${parsed.problem.replace('(line 1 ', '(')}`);
	}
	return jobs;
}

const notJson = (problem: string): CliError =>
	usageError(
		`Cannot read the jobs: ${oneLine(problem)}. Give one job, an array of jobs, {"jobs": [...]} or one job per line.`,
	);

function asJob(value: unknown, text: string, place: string, line: number): ReadJob {
	if (!isObject(value)) throw usageError(`The ${place} of the input is not a JSON object.`);
	return { spec: value, payloadText: payloadText(value, text), place, text, line };
}

/** A string is what it says; anything else is read as it is written. */
function payloadText(spec: Record<string, unknown>, text: string): string | undefined {
	const { payload } = spec;
	if (payload === undefined || typeof payload === 'string') return undefined;
	const found = jsonMember(text, skipSpace(text, 0), 'payload');
	return found === undefined ? undefined : text.slice(found.start, found.end);
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tryParse(text: string): { readonly value: unknown } | { readonly problem: string } {
	try {
		return { value: JSON.parse(text) };
	} catch (error) {
		return { problem: errorMessage(error) };
	}
}
