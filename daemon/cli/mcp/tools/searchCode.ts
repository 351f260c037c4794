import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInside } from '../../../../shared/inside.ts';
import type { Hit, IndexStatus } from '../../../../shared/protocol/indexing.ts';
import { formatAge, plural } from '../../render/format.ts';
import { fenced } from '../answers/output.ts';
import { plainLine } from '../answers/plain.ts';
import type { ToolArguments } from './arguments.ts';
import type { Answer, ToolContext } from './context.ts';
import { folderOf, uriOf } from './folders.ts';

const SNIPPET = 200;
const SHOWN_INDEXES = 20;

export async function searchCode(
	args: ToolArguments<'search_code'>,
	{ link, root, now }: ToolContext,
): Promise<Answer> {
	const folder = args.folder === undefined ? undefined : await folderOf('folder', args.folder);
	const { indexes } = await link.request('index/status', {});
	const meant = meantBy(indexes, folder, root);
	if (meant === undefined) return { text: whichOf(indexes, folder ?? root) };
	const {
		hits,
		nextCursor,
		incomplete,
		problems = [],
	} = await link.request('index/search', {
		workspace: folder === undefined ? meant.workspace : uriOf(folder),
		query: args.query,
		kind: args.kind,
		limit: args.limit,
		contextLines: args.context_lines,
		...(args.path === undefined ? {} : { path: [args.path] }),
		...(args.cursor === undefined ? {} : { cursor: args.cursor }),
	});
	const lines = [
		hits.length === 0
			? `NOTHING FOUND for "${plainLine(args.query)}".`
			: `FOUND ${plural(hits.length, 'place')}, best first.`,
		...problems.map((problem) => plainLine(problem, 300)),
		...(incomplete ? ['INCOMPLETE: not every file was looked at in time.'] : []),
		freshness(meant, now()),
	];
	if (hits.length > 0) {
		const separator = args.context_lines > 0 ? '\n--\n' : '\n';
		lines.push(fenced('path:line:column text', hits.map(hitText).join(separator)));
	}
	lines.push(nextOf(hits.length, nextCursor));
	return { text: lines.join('\n') };
}

/** The innermost index that holds the folder, else the one of where this server was started, else the only one. */
export function meantBy(
	indexes: readonly IndexStatus[],
	folder: string | undefined,
	root: string,
): IndexStatus | undefined {
	const innermostFirst = indexes.toSorted((a, b) => b.workspace.length - a.workspace.length);
	const holding = (path: string) =>
		innermostFirst.find(({ workspace }) => isInside(path, fileURLToPath(workspace)));
	if (folder !== undefined) return holding(folder);
	return holding(root) ?? (indexes.length === 1 ? indexes[0] : undefined);
}

function whichOf(indexes: readonly IndexStatus[], folder: string): string {
	const lines = [`NOT INDEXED: ${plainLine(folder, 500)}.`];
	const others = indexes.slice(0, SHOWN_INDEXES).map(({ workspace }) => fileURLToPath(workspace));
	if (others.length > 0) lines.push('Indexed are:', ...others.map((path) => plainLine(path, 500)));
	lines.push(
		`Next: index_folder ${JSON.stringify({ folder })}, then search again with that folder; or use grep.`,
	);
	return lines.join('\n');
}

function freshness({ workspace, files, pending, walkedAt }: IndexStatus, now: number): string {
	const age = walkedAt === null ? 'not complete yet' : `as of ${formatAge(walkedAt, now)}`;
	const behind = pending === 0 ? '' : `, ${plural(pending, 'changed file')} not yet read`;
	return `Index of ${plainLine(fileURLToPath(workspace))}: ${plural(files, 'file')}, ${age}${behind}.`;
}

function hitText(hit: Hit): string {
	const { workspace, path, line, column, snippet, symbol, kind, before = [], after = [] } = hit;
	const place = plainLine(join(fileURLToPath(workspace), path), 500);
	const around = (text: string) => `  ${cut(text)}`;
	return [
		`${place}:${line}:${column}${symbolText(symbol)}${kind === 'meaning' ? ' [by meaning]' : ''} ${plainLine(snippet, SNIPPET)}`,
		...(before.length > 0 ? ['before:', ...before.map(around)] : []),
		...(after.length > 0 ? ['after:', ...after.map(around)] : []),
	].join('\n');
}

/** Such as ` [method of Box]`. */
function symbolText(symbol: Hit['symbol']): string {
	if (symbol === undefined) return '';
	const of = symbol.container === undefined ? '' : ` of ${plainLine(symbol.container, 100)}`;
	return ` [${symbol.kind}${of}]`;
}

/** Lines around keep what they are set in by. */
function cut(text: string): string {
	const indent = /^[\t ]*/.exec(text)?.[0].slice(0, 40) ?? '';
	return indent + plainLine(text, SNIPPET);
}

function nextOf(count: number, cursor: string | null): string {
	if (cursor !== null) {
		return `Next: read the files; for more hits repeat it with "cursor": "${cursor}".`;
	}
	if (count > 0) return 'Next: read the files.';
	return 'Next: other words, or another kind; grep for files that are not indexed.';
}
