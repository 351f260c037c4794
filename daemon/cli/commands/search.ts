import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { connectOrStart, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { renderHits } from '../render/hits.ts';
import { warning } from '../render/text.ts';
import { workspaceUri } from './filters.ts';
import { examples, JSON_OPTION, limitOption } from './help.ts';

interface Options {
	readonly folder?: string;
	readonly limit?: number;
	readonly cursor?: string;
	readonly json?: boolean;
}

type Page = Result<'index/search'>;

const STANDARD_LIMIT = 20;
const PAGE = 200;
const LONGEST_QUERY = 1000;

export function addSearchCommand(program: Command, context: Context): void {
	program
		.command('search')
		.summary('search what was indexed')
		.description(
			'Finds words in indexed folders, best hits first. Parts of identifiers count as words: ' +
				'"open socket" finds openSocket and open_socket.',
		)
		.argument('<words...>', 'what to look for')
		.option('-f, --folder <folder>', 'only in this folder')
		.option(...limitOption('hits', STANDARD_LIMIT))
		.option('--cursor <text>', 'go on where a page ended: nextCursor of --json')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica search parse header', 'in all indexed folders'],
				['semantica search retry backoff -f ~/src/app', 'in one of them'],
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
	if (page.hits.length === 0) {
		context.err.say(await nothingFound(connection, query));
		return;
	}
	context.out.lines(renderHits(page.hits, query, here(context), context.out.view()));
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
	const scope =
		options.folder === undefined ? {} : { workspace: await workspaceUri(context, options.folder) };
	const limit = options.limit ?? STANDARD_LIMIT;
	const hits: Page['hits'] = [];
	let next = options.cursor;
	let last: Page;
	do {
		last = await connection.request('index/search', {
			...scope,
			query,
			limit: Math.min(PAGE, limit - hits.length),
			...(next === undefined ? {} : { cursor: next }),
		});
		hits.push(...last.hits);
		next = last.nextCursor ?? undefined;
	} while (next !== undefined && hits.length < limit);
	return { ...last, hits };
}

async function nothingFound(connection: DaemonConnection, query: string): Promise<string> {
	const { indexes } = await connection.request('index/status', {});
	if (indexes.length === 0) {
		return 'No folder is indexed yet. Index one with: semantica index FOLDER --wait';
	}
	return /[\p{L}\p{N}]/u.test(query)
		? `Nothing found for "${query}".`
		: `"${query}" has no letter and no digit, and words are what an index holds. Try: grep -rn -F -- '${query}' .`;
}
