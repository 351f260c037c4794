/** A file of jobs in any of the shapes that programs write: one job, a list, {"jobs": […]} or JSON lines. */
import { errorMessage } from '../../../shared/errors.ts';
import { type CliError, usageError } from '../errors.ts';
import { oneLine } from '../render/text.ts';

export interface ReadJob {
	readonly spec: Record<string, unknown>;
	/** Where it stands, for messages: `line 17`, `job 3`. */
	readonly place: string;
}

export function parseJobs(input: string): ReadJob[] {
	const text = input.replace(/^\uFEFF/, '');
	if (text.trim() === '') throw usageError('There is no job in the input.');
	const whole = tryParse(text);
	const jobs = 'problem' in whole ? parseLines(text, whole.problem) : fromValue(whole.value);
	if (jobs.length === 0) throw usageError('There is no job in the input.');
	return jobs;
}

function fromValue(value: unknown): ReadJob[] {
	if (Array.isArray(value)) return value.map((item, index) => asJob(item, `job ${index + 1}`));
	if (isObject(value) && Array.isArray(value['jobs'])) return fromValue(value['jobs']);
	return [asJob(value, 'job 1')];
}

/** `problem` is what is wrong with the text as a whole, should it not be one job per line. */
function parseLines(text: string, problem: string): ReadJob[] {
	const jobs: ReadJob[] = [];
	for (const [index, line] of text.split('\n').entries()) {
		if (line.trim() === '') continue;
		const parsed = tryParse(line);
		if (!('problem' in parsed)) jobs.push(asJob(parsed.value, `line ${index + 1}`));
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

function asJob(value: unknown, place: string): ReadJob {
	if (!isObject(value)) throw usageError(`The ${place} of the input is not a JSON object.`);
	return { spec: value, place };
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
