import { type Command, Option } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { ParamsInput, Result } from '../../../shared/protocol/requests.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { TERM_NAMES, withTerms } from '../parse/terms.ts';
import { formatCount } from '../render/format.ts';
import { renderJobTable } from '../render/list.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './filters.ts';
import { examples, JSON_OPTION, limitOption } from './help.ts';

interface Options extends FilterOptions {
	readonly all?: boolean;
	readonly fleet?: boolean;
	readonly on?: string;
	readonly sort: NonNullable<ParamsInput<'job/list'>['sort']>;
	readonly limit?: number;
	readonly cursor?: string;
	readonly json?: boolean;
}

type Page = Result<'job/list'>;

const STANDARD_LIMIT = 30;
/** Jobs per request; longer lists are several requests. */
const PAGE = 200;
const SORTS = [
	'createdAt',
	'-createdAt',
	'finishedAt',
	'-finishedAt',
	'priority',
	'-priority',
	'cost',
	'-cost',
];

export function addListCommand(program: Command, context: Context): void {
	addFilterOptions(
		program
			.command('list')
			.alias('ls')
			.summary('list jobs, newest first')
			.description(
				'Lists jobs, newest first. Children of other jobs are left out unless asked for.',
			),
	)
		.argument('[filters...]', `words such as group:my-tests; also ${TERM_NAMES.slice(1).join(' ')}`)
		.option('-a, --all', 'children too')
		.option('--fleet', 'what is in the shared queue, wherever it runs')
		.option('--on <machine>', 'what runs on that machine of the shared queue, or is meant for it')
		.addOption(
			new Option('--sort <order>', 'a minus sign means descending')
				.choices(SORTS)
				.default('-createdAt'),
		)
		.option(...limitOption('jobs', STANDARD_LIMIT))
		.option('--cursor <text>', 'go on where a page ended: nextCursor of --json')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica list', 'what happened last'],
				['semantica list -s open', 'what is waiting or running'],
				['semantica list -s failed --since 1d', 'what failed today'],
				['semantica list group:my-tests', 'the jobs of a group'],
				['semantica list --sort=-cost --since 7d', 'what took most CPU time this week'],
				['semantica list --parent 1a2b3c4d', 'the children of a job'],
			),
		)
		.action((words: string[], options: Options) => {
			const wanted = withTerms(words, options);
			return using(connectToRunning(context.daemon), (connection) =>
				list(context, connection, wanted),
			);
		});
}

async function list(
	context: Context,
	connection: DaemonConnection,
	options: Options,
): Promise<void> {
	const wanted = await filterOf(context, connection, options);
	const topLevel = options.all !== true && options.parent === undefined;
	// A job sees its own children.
	const parentId = context.daemon.caller?.jobId ?? null;
	const machine = options.on ?? (options.fleet === true ? '*' : undefined);
	const here = topLevel ? { ...wanted, parentId } : wanted;
	const filter = machine === undefined ? here : { ...wanted, machine };
	const limit = options.limit ?? STANDARD_LIMIT;
	const page = await readPages(connection, filter, options, limit);
	if (options.json) {
		context.out.json(page);
		return;
	}
	if (page.jobs.length === 0) {
		const filtered = Object.keys(wanted).length > 0;
		context.err.say(filtered ? 'No job matches.' : 'No jobs yet. Try: semantica run -- echo hello');
		return;
	}
	context.out.lines(
		renderJobTable(page.jobs, Date.now(), context.out.view(), options.sort.endsWith('cost')),
	);
	if (page.nextCursor !== null) context.err.say(moreText(page, options), context.err.style.dim);
}

async function readPages(
	connection: DaemonConnection,
	filter: ParamsInput<'job/list'>['filter'],
	{ sort, cursor }: Options,
	limit: number,
): Promise<Page> {
	let page: Page | undefined;
	let next = cursor;
	do {
		const answer: Page = await connection.request('job/list', {
			filter,
			sort,
			limit: Math.min(PAGE, limit - (page?.jobs.length ?? 0)),
			...(next === undefined ? {} : { cursor: next }),
		});
		page = { ...answer, jobs: [...(page?.jobs ?? []), ...answer.jobs] };
		next = answer.nextCursor ?? undefined;
	} while (next !== undefined && page.jobs.length < limit);
	return page;
}

function moreText(page: Page, { cursor }: Options): string {
	const { value, exact } = page.total;
	const total = `${exact ? '' : 'more than '}${formatCount(value)}`;
	// Who pages goes on paging; everybody else is spared the cursor.
	return cursor === undefined
		? `The first ${formatCount(page.jobs.length)} of ${total}. More with a higher --limit.`
		: `There are more (${total} in all): --cursor ${page.nextCursor}`;
}
