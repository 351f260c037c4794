/** Errors that a job reported, as compilers print them: terminals make links of that. */
import { relative, sep } from 'node:path';
import type { Job } from '../../../shared/job.ts';
import type { Problem } from '../../../shared/problems.ts';
import { problemCountsText } from '../../../shared/problemTerms.ts';
import { shortId } from './state.ts';
import type { Style, View } from './style.ts';
import { cut, oneLine } from './text.ts';

/** @param folder Files in it are named from there on. */
export function problemLine(problem: Problem, folder: string | undefined, style?: Style): string {
	const { severity, message, code } = problem;
	const place = placeOf(problem, folder);
	const word = severity === 'info' ? 'note' : severity;
	const paint = { error: style?.red, warning: style?.yellow, info: style?.cyan }[severity];
	const said = `${oneLine(message)}${code === undefined ? '' : ` [${oneLine(code)}]`}`;
	return `${place === '' ? '' : `${place}: `}${paint === undefined ? word : paint(word)}: ${said}`;
}

function placeOf({ file, line, column }: Problem, folder: string | undefined): string {
	if (file === undefined) return '';
	const shown = oneLine(within(file, folder));
	if (line === undefined) return shown;
	return column === undefined ? `${shown}:${line}` : `${shown}:${line}:${column}`;
}

function within(file: string, folder: string | undefined): string {
	if (folder === undefined) return file;
	const path = relative(folder, file);
	return path === '' || path === '..' || path.startsWith(`..${sep}`) ? file : path;
}

/** Those that are told with the job. */
export function problemRows(job: Job, view: View): string[] {
	// A daemon of an older build does not tell.
	const { problems } = job;
	if (!problems) return [];
	const { style } = view;
	const { first, ...counts } = problems;
	const all = counts.errors + counts.warnings + counts.infos;
	const lines = first.map((one) => `  ${problemLine(one, job.command?.cwd ?? undefined, style)}`);
	const more =
		all > first.length ? [style.dim(`  all of them: semantica errors ${shortId(job.id)}`)] : [];
	return ['', `  ${problemCountsText(counts)}`, ...lines, ...more].map((line) =>
		cut(line, view.width, style),
	);
}
