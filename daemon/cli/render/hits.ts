/** Search hits: grouped by file on a terminal, `path:line:column:text` anywhere else. */
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Hit } from '../../../shared/protocol/indexing.ts';
import type { Style, View } from './style.ts';
import { cut, oneLine } from './text.ts';

export function renderHits(hits: readonly Hit[], query: string, cwd: string, view: View): string[] {
	if (view.plain) {
		return hits.flatMap((hit) => {
			const path = quoted(shownPath(hit, cwd));
			const { line, column, before = [], after = [] } = hit;
			const around = (text: string, at: number) => `${path}-${at}-${oneLine(text)}`;
			return [
				...before.map((text, index) => around(text, line - before.length + index)),
				`${path}:${line}:${column}:${oneLine(hit.snippet)}`,
				...after.map((text, index) => around(text, line + 1 + index)),
			];
		});
	}
	const { style } = view;
	const lines: string[] = [];
	for (const [path, group] of groupByFile(hits, cwd)) {
		if (lines.length > 0) lines.push('');
		lines.push(cut(style.magenta(oneLine(path)), view.width, style, 'start'));
		for (const hit of group) {
			const place = `${style.green(String(hit.line))}:${style.dim(String(hit.column))}:`;
			const snippet = highlight(oneLine(hit.snippet), query, style);
			const around = (text: string) =>
				lines.push(cut(style.dim(`  ${oneLine(text)}`), view.width, style));
			hit.before?.forEach(around);
			const how = hit.kind === 'meaning' ? style.dim('by meaning: ') : '';
			lines.push(cut(`${place} ${how}${snippet}`, view.width, style));
			hit.after?.forEach(around);
		}
	}
	return lines;
}

/** Each file once, with the number of its lines that were found where that is wanted. */
export function renderFiles(hits: readonly Hit[], cwd: string, counted: boolean): string[] {
	return [...groupByFile(hits, cwd)].map(([path, group]) =>
		counted ? `${quoted(path)}:${group.length}` : quoted(path),
	);
}

/** Files in the order of their best hit; within a file by line, as one reads. */
function groupByFile(hits: readonly Hit[], cwd: string): Map<string, Hit[]> {
	const groups = new Map<string, Hit[]>();
	for (const hit of hits) {
		const path = shownPath(hit, cwd);
		groups.set(path, [...(groups.get(path) ?? []), hit]);
	}
	for (const group of groups.values()) group.sort((a, b) => a.line - b.line || a.column - b.column);
	return groups;
}

/** Relative below the current folder, absolute elsewhere: either way it can be opened. */
function shownPath(hit: Hit, cwd: string): string {
	const path = join(fileURLToPath(hit.workspace), hit.path);
	const near = relative(cwd, path);
	return near === '..' || near.startsWith(`..${sep}`) || isAbsolute(near) ? path : near;
}

/** As git writes names with line breaks and the like, so that a hit stays one line. */
function quoted(path: string): string {
	return /\p{Cc}/u.test(path) ? JSON.stringify(path) : path;
}

export function highlight(snippet: string, query: string, style: Style): string {
	const words = queryWords(query);
	if (words.length === 0) return snippet;
	const pattern = new RegExp(words.join('|'), 'giu');
	return snippet.replace(pattern, (match) => style.bold(style.red(match)));
}

/** The longest first, so that `openSocket` is marked whole and not as `open`. */
function queryWords(query: string): string[] {
	const words = query.match(/[\p{L}\p{N}_]+/gu) ?? [];
	// Other forms of a long word are found as well: "parsing" also marks the beginning of "parser".
	const stems = words.filter((word) => word.length > 5).map((word) => word.slice(0, -3));
	return [...new Set([...words, ...stems])].sort((a, b) => b.length - a.length);
}
