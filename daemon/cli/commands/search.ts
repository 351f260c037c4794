import { realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { isInside } from '../../../shared/inside.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { connectOrStart, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { renderFiles, renderHits } from '../render/hits.ts';
import { warning } from '../render/text.ts';
import { workspaceUri } from './filters.ts';
import { examples, JSON_OPTION, limitOption } from './help.ts';

interface Options {
	readonly folder?: string;
	readonly all?: boolean;
	readonly text?: boolean;
	readonly regex?: boolean;
	readonly symbols?: boolean;
	readonly caseSensitive?: boolean;
	readonly path?: string[];
	readonly count?: boolean;
	readonly filesWithMatches?: boolean;
	readonly context?: number;
	readonly limit?: number;
	readonly cursor?: string;
	readonly json?: boolean;
}

type Page = Result<'index/search'>;

const STANDARD_LIMIT = 20;
const PAGE = 200;
const MOST_HITS = 10_000;
const MOST_CONTEXT = 5;
const LONGEST_QUERY = 1000;

export function addSearchCommand(program: Command, context: Context): void {
	program
		.command('search')
		.summary('search what was indexed')
		.description(
			'Finds words in indexed folders, best hits first; in an indexed folder, only there. ' +
				'Parts of identifiers count as words: "open socket" finds openSocket and open_socket. ' +
				'A query may also have "a phrase" as it stands, /a pattern/, sym:name, path:src/, lang:ts, ' +
				'case:yes, and - before what must not be in the file.',
		)
		.argument('<words...>', 'what to look for')
		.option('-f, --folder <folder>', 'only in this folder')
		.option('-a, --all', 'in all indexed folders')
		.addOption(new Option('-F, --text', 'the query is one text, as it stands').conflicts('regex'))
		.option('-e, --regex', 'the query is one regular expression (RE2), line by line')
		.addOption(
			new Option(
				'-y, --symbols',
				'names where they are defined: functions, types, constants, headings',
			).conflicts(['text', 'regex', 'caseSensitive']),
		)
		.option('-s, --case-sensitive', 'text and patterns: upper and lower case differ')
		.option('-p, --path <pattern...>', 'only files with this in their path, or a glob like *.ts')
		.option('-c, --count', 'print how many lines of each file match')
		.addOption(
			new Option('-l, --files-with-matches', 'print only the names of the files').conflicts(
				'count',
			),
		)
		.option(
			'-C, --context <lines>',
			`lines around each hit (at most ${MOST_CONTEXT})`,
			parseContext,
		)
		.option(...limitOption('hits', STANDARD_LIMIT))
		.option('--cursor <text>', 'go on where a page ended: nextCursor of --json')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica search parse header', 'words, best hits first'],
				["semantica search 'retry lang:ts -test'", 'fewer files'],
				["semantica search -F 'if (x == NULL)'", 'text as it stands'],
				["semantica search -e 'open_?socket\\(' -c", 'lines of each file that match'],
				['semantica search -y Catalogue.hash', 'where a name is defined'],
				["semantica search 'socket' -n 100 | cut -d: -f1,2", 'plain lines in a pipe'],
			),
		)
		.action((words: string[], options: Options) => {
			const query = words.join(' ').trim();
			if (query === '') throw usageError('Say what to look for.');
			if (query.length > LONGEST_QUERY) {
				throw usageError(`A query of more than ${LONGEST_QUERY} characters is too long.`);
			}
			return using(connectOrStart(context.daemon), (connection) =>
				search(context, connection, query, options),
			);
		});
}

function parseContext(text: string): number {
	const lines = Number(text);
	if (Number.isInteger(lines) && lines >= 0 && lines <= MOST_CONTEXT) return lines;
	throw new InvalidArgumentError(`Give a number of lines from 0 to ${MOST_CONTEXT}.`);
}

async function search(
	context: Context,
	connection: DaemonConnection,
	query: string,
	options: Options,
): Promise<void> {
	const page = await readPages(context, connection, query, options);
	if (options.json) {
		context.out.json(page);
		return;
	}
	for (const problem of page.problems ?? []) {
		context.err.lines(warning(problem, context.err.view()));
	}
	if (page.incomplete) {
		const text =
			'Not every file was looked at: there was not enough time. Ask for something longer.';
		context.err.lines(warning(text, context.err.view()));
	}
	if (page.hits.length === 0) {
		context.err.say(await nothingFound(connection, query));
		return;
	}
	const cwd = here(context);
	if (options.count || options.filesWithMatches) {
		context.out.lines(renderFiles(page.hits, cwd, options.count ?? false));
	} else {
		context.out.lines(renderHits(page.hits, query, cwd, context.out.view()));
	}
	if (page.nextCursor !== null && context.err.stream.isTTY) {
		const text = 'There are more hits: give a higher --limit.';
		context.err.say(`\n${text}`, context.err.style.dim);
	}
}

/** Paths are shown from here; where that is gone, in full. */
function here(context: Context): string {
	try {
		return context.cwd();
	} catch {
		return '/';
	}
}

async function readPages(
	context: Context,
	connection: DaemonConnection,
	query: string,
	options: Options,
): Promise<Page> {
	const workspace = await meantFolder(context, connection, options);
	const counting = options.count || options.filesWithMatches;
	const limit = options.limit ?? (counting ? MOST_HITS : STANDARD_LIMIT);
	const asked = {
		...(workspace === undefined ? {} : { workspace }),
		query,
		kind: kindOf(options),
		...(options.path === undefined ? {} : { path: options.path }),
		...(options.caseSensitive ? { caseSensitive: true } : {}),
		...(options.filesWithMatches ? { perFile: 1 } : {}),
		...(options.context === undefined ? {} : { contextLines: options.context }),
	} as const;
	const hits: Page['hits'] = [];
	let next = options.cursor;
	let last: Page;
	do {
		last = await connection.request('index/search', {
			...asked,
			limit: Math.min(PAGE, limit - hits.length),
			...(next === undefined ? {} : { cursor: next }),
		});
		hits.push(...last.hits);
		next = last.nextCursor ?? undefined;
	} while (next !== undefined && hits.length < limit && !last.incomplete);
	return { ...last, hits };
}

function kindOf({ regex, text, symbols }: Options): 'regex' | 'text' | 'symbols' | 'words' {
	if (regex) return 'regex';
	if (text) return 'text';
	return symbols ? 'symbols' : 'words';
}

/** The folder that was named, else the indexed one around here, else undefined for all. */
async function meantFolder(
	context: Context,
	connection: DaemonConnection,
	{ folder, all }: Options,
): Promise<string | undefined> {
	if (folder !== undefined) return workspaceUri(context, folder);
	if (all) return undefined;
	const { indexes } = await connection.request('index/status', {});
	const path = await realpath(here(context)).catch(() => '/');
	return indexes.find(({ workspace }) => isInside(path, fileURLToPath(workspace)))?.workspace;
}

async function nothingFound(connection: DaemonConnection, query: string): Promise<string> {
	const { indexes } = await connection.request('index/status', {});
	if (indexes.length === 0) {
		return 'No folder is indexed yet. Index one with: semantica index FOLDER --wait';
	}
	return /[\p{L}\p{N}]/u.test(query)
		? `Nothing found for "${query}".`
		: `"${query}" has no letter and no digit, and is not to be found as it stands. Try: grep -rn -F -- '${query}' .`;
}
