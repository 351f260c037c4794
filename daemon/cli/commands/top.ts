import { setTimeout as delay } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { LIMITS } from '../../../shared/jobTerms.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { jobTable } from '../top/draw.ts';
import { askOnce } from '../top/feed.ts';
import { OLDER, renderSummary } from '../top/head.ts';
import { EMPTY_MODEL, type TopModel, withSnapshot } from '../top/model.ts';
import { ratesOf } from '../top/rates.ts';
import { listedJobs, SORTS, type Sort } from '../top/rows.ts';
import { runTop } from '../top/session.ts';
import { examples, JSON_OPTION } from './help.ts';

interface Options {
	readonly once?: boolean;
	readonly json?: boolean;
	readonly sort: Sort;
}

/** Speeds are what happens in this time. */
const MEASURED_MS = 1000;

export function addTopCommand(program: Command, context: Context): void {
	program
		.command('top')
		.summary('watch what runs and why the rest waits')
		.description(
			'Shows what runs, what waits and why, the queues, and what the daemon takes, as it changes. ? shows the keys.',
		)
		.addOption(new Option('--sort <order>', 'what comes first').choices(SORTS).default('state'))
		.option('--once', 'print it once, after a second of measuring')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica top', 'to leave open'],
				['semantica top --once', 'a report'],
				['semantica top --once --json | jq .now.waiting', 'for scripts'],
			),
		)
		.action(async (options: Options) => {
			if (options.json && !options.once) throw usageError('--json goes with --once.');
			if (options.once) return printOnce(context, options);
			if (!context.out.live || !context.stdin.isTTY) {
				throw usageError('top needs a terminal. To print it once: semantica top --once');
			}
			await runTop(context, options.sort);
		});
}

async function printOnce(context: Context, { json, sort }: Options): Promise<void> {
	const model = await using(connectToRunning(context.daemon), measure);
	const { stats } = model;
	if (stats === undefined) throw new CliError(OLDER);
	const now = Date.now();
	const jobs = listedJobs(model, { sort, filter: '', ended: false }, now);
	if (json) {
		context.out.json({ now: stats, rates: ratesOf(model.samples) ?? null, jobs });
		return;
	}
	const view = context.out.view();
	context.out.lines(renderSummary(model, stats, now, view));
	if (jobs.length > 0) context.out.lines(jobTable(model, jobs, now, view));
}

async function measure(connection: DaemonConnection): Promise<TopModel> {
	let model: TopModel = { ...EMPTY_MODEL, version: connection.server.version };
	const asked = {
		connection,
		change: (how: (model: TopModel) => TopModel) => {
			model = how(model);
		},
		filter: () => '',
	};
	await askOnce({ ...asked, seen: () => [] });
	await delay(MEASURED_MS);
	const { jobs } = await connection.request('job/list', {
		filter: { state: ['running', 'paused'] },
		sort: 'createdAt',
		limit: LIMITS.listLimit,
	});
	model = withSnapshot(model, jobs);
	await askOnce({ ...asked, seen: () => model.waiting });
	return model;
}
