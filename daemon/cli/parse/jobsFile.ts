/** A file of jobs in any of the shapes that programs write: one job, a list, {"jobs": […]} or JSON lines. */
import { CliError } from '../errors.ts';

export interface ReadJob {
	readonly spec: Record<string, unknown>;
	/** Where it stands, for messages: `line 17`, `job 3`. */
	readonly place: string;
}

export function parseJobs(input: string): ReadJob[] {
	const text = input.replace(/^\uFEFF/, '');
	const trimmed = text.trim();
	if (trimmed === '') throw new CliError('There is no job in the input.');
	const whole = tryParse(trimmed);
	const jobs = whole === undefined ? parseLines(text) : fromValue(whole.value);
	if (jobs.length === 0) throw new CliError('There is no job in the input.');
	return jobs;
}

function fromValue(value: unknown): ReadJob[] {
	if (Array.isArray(value)) return value.map((item, index) => asJob(item, `job ${index + 1}`));
	if (isObject(value) && Array.isArray(value['jobs'])) return fromValue(value['jobs']);
	return [asJob(value, 'job 1')];
}

function parseLines(text: string): ReadJob[] {
	return text.split('\n').flatMap((line, index) => {
		if (line.trim() === '') return [];
		const place = `line ${index + 1}`;
		const parsed = tryParse(line);
		if (parsed === undefined) {
			throw new CliError(
				`The input is not JSON (${place}). Give one job, an array of jobs, {"jobs": [...]} or one job per line.`,
			);
		}
		return [asJob(parsed.value, place)];
	});
}

function asJob(value: unknown, place: string): ReadJob {
	if (!isObject(value)) throw new CliError(`The ${place} of the input is not a JSON object.`);
	return { spec: value, place };
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tryParse(text: string): { value: unknown } | undefined {
	try {
		return { value: JSON.parse(text) };
	} catch {
		return undefined;
	}
}
