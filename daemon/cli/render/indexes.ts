/** What an index holds, one fact a line. */
import { fileURLToPath } from 'node:url';
import type { FolderRules, IndexStatus } from '../../../shared/protocol/indexing.ts';
import type { MeaningStatus } from '../../../shared/protocol/meaning.ts';
import { formatAge, formatBytes, formatCount, plural } from './format.ts';
import type { View } from './style.ts';
import { oneLine, warning } from './text.ts';

const REASONS: Readonly<Record<string, string>> = {
	binary: 'binary',
	'too-large': 'too large',
	unreadable: 'not readable',
	outside: 'a link out of the folder',
	'not-a-file': 'not a file',
	encoding: 'of no known encoding',
	name: 'of a name that is no text',
};

export function renderIndex(index: IndexStatus, now: number, view: View): string[] {
	const { style } = view;
	const { workspace, files, bytes, skipped, skippedPaths = {}, pending, databaseBytes } = index;
	const reasons = Object.entries(skipped).sort(([, a], [, b]) => b - a);
	const total = reasons.reduce((sum, [, count]) => sum + count, 0);
	const fact = (name: string, value: string): string => `  ${style.dim(name.padEnd(10))}${value}`;
	const lines = [
		style.bold(oneLine(fileURLToPath(workspace))),
		fact('files', `${formatCount(files)}, ${formatBytes(bytes)} of text`),
	];
	for (const [reason, count] of reasons) {
		lines.push(fact('left out', `${formatCount(count)} ${REASONS[reason] ?? reason}`));
		const paths = skippedPaths[reason] ?? [];
		for (const path of paths) lines.push(`${' '.repeat(14)}${oneLine(path)}`);
		if (paths.length > 0 && paths.length < count) {
			lines.push(`${' '.repeat(14)}and ${formatCount(count - paths.length)} more`);
		}
	}
	if (total === 0) lines.push(fact('left out', 'none'));
	if (index.rules !== undefined)
		lines.push(...rulesOf(index.rules).map((rule) => fact('rule', rule)));
	lines.push(
		fact('stale', pending === 0 ? 'none known' : `${plural(pending, 'changed file')} not yet read`),
		...(index.meaning === undefined ? [] : [fact('meaning', meaningOf(index.meaning))]),
		fact('size', `${formatBytes(databaseBytes)} on disk`),
		fact('last run', index.walkedAt === null ? 'not complete yet' : formatAge(index.walkedAt, now)),
	);
	return index.problem === null ? lines : [...lines, ...warning(index.problem, view)];
}

/** By what it is searched by meaning, and how far that is. */
function meaningOf({ on, url, model, chunks, waiting, bytes }: MeaningStatus): string {
	const parts = `${plural(chunks, 'part')} by ${oneLine(model)}, ${formatBytes(bytes)}`;
	if (!on) return `off; kept are ${parts}`;
	const left = waiting === 0 ? '' : `; ${plural(waiting, 'file')} not embedded yet`;
	return `on, ${oneLine(url ?? '')}: ${parts}${left}`;
}

/** What a person has said of the folder. */
function rulesOf({ exclude, defaultExcludes, maxFileBytes }: FolderRules): string[] {
	return [
		...exclude.map((pattern) => `not ${oneLine(pattern)}`),
		...(defaultExcludes ? [] : ['also what is left out elsewhere, like node_modules']),
		`files up to ${formatBytes(maxFileBytes)}`,
	];
}
