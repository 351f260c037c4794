/** cancel, retry, pause …: the same targets, the same report. */
import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { ManyResult } from '../../../shared/protocol/jobs.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import type { Context } from '../context.ts';
import { EXIT, usageError } from '../errors.ts';
import { resolveIds } from '../ids.ts';
import { formatCount } from '../render/format.ts';
import { shortenIds } from '../render/show.ts';
import { shortId } from '../render/state.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './filters.ts';
import { ID_HINT, JSON_OPTION } from './help.ts';

/** Of the jobs that a filter chose and that were left as they are. */
const EXAMPLES = 5;

export interface TargetOptions extends FilterOptions {
	readonly all?: boolean;
	readonly json?: boolean;
}

export function addTargets(command: Command, all: string): Command {
	return addFilterOptions(command.argument('[ids...]', ID_HINT))
		.option('--all', all)
		.option(...JSON_OPTION);
}

/** Ids, or a filter, or all: exactly one of them. */
export async function targetsOf(
	context: Context,
	connection: DaemonConnection,
	ids: readonly string[],
	options: TargetOptions,
): Promise<ParamsInput<'job/cancel'>> {
	const filter = await filterOf(context, connection, options);
	const filtered = Object.keys(filter).length > 0;
	const ways = [ids.length > 0, filtered, options.all === true].filter(Boolean).length;
	if (ways === 0) throw usageError('Name jobs by id, by a filter such as --tag, or with --all.');
	if (ways > 1) throw usageError('Name jobs in one way only: by id, by a filter, or with --all.');
	if (ids.length > 0) return { ids: await resolveIds(connection, ids) };
	return filtered ? { filter } : { all: true };
}

/** Says what was done and what was not; asking for particular jobs and reaching none is an error. */
export function reportChange(
	context: Context,
	result: ManyResult,
	done: string,
	options: TargetOptions,
	asked: readonly string[],
): void {
	if (asked.length > 0 && result.count === 0) process.exitCode = EXIT.error;
	if (options.json) {
		context.out.json(result);
		return;
	}
	const jobs = result.count === 1 ? 'job' : 'jobs';
	context.out.lines([`${done} ${formatCount(result.count)} ${jobs}.`]);
	// Of jobs that were named, each is answered for.
	const told = asked.length > 0 ? result.skipped : result.skipped.slice(0, EXAMPLES);
	for (const { id, reason } of told) {
		context.err.say(`  ${shortId(id)}: ${shortenIds(reason)}`);
	}
	const others = result.skippedCount - told.length;
	if (others > 0) context.err.say(`  and ${formatCount(others)} more were left as they are`);
}
