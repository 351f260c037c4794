/** `fleet migrate`: what waits here goes into the shared queue, or comes back. */
import type { Command } from 'commander';
import type { ParamsInput } from '../../../../shared/protocol/requests.ts';
import { connectOrStart, using } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../errors.ts';
import { oneLine } from '../../render/text.ts';
import { examples, JSON_OPTION } from '../help.ts';

interface MigrateOptions {
	readonly on?: string;
	readonly pool?: string;
	readonly repo?: boolean;
	readonly scratch?: boolean;
	readonly queue?: string;
	readonly back?: boolean;
	readonly dryRun?: boolean;
	readonly json?: boolean;
}

export function addMigrateCommand(fleet: Command, context: Context): void {
	fleet
		.command('migrate')
		.summary('move jobs that wait here into the shared queue, or back')
		.description(
			'Moves commands that wait and have not begun: here they end as superseded, there they wait for the machine or pool. What ' +
				'cannot leave is listed with the reason and stays. Interrupted at any moment, nothing is lost or doubled; say it again to go on.',
		)
		.option('--on <machine>', 'for this machine')
		.option('--pool <name>', 'for whichever machine works for this pool')
		.option(
			'--repo',
			'folders are relative to a checkout of the same repository there (default: to the home folder)',
		)
		.option('--scratch', 'in an empty folder there, wherever they were to run here')
		.option('-q, --queue <name>', 'only those of this queue')
		.option('--back', 'what this machine asked for and nobody has taken comes back')
		.option('-n, --dry-run', 'say what would be moved')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				[
					'semantica fleet migrate --pool eval --repo --dry-run',
					'what would go, and why the rest stays',
				],
				['semantica fleet migrate --back', 'the other way'],
			),
		)
		.action(async (options: MigrateOptions) => {
			const asked = paramsOf(options);
			await using(connectOrStart(context.daemon), async (connection) => {
				const answer = await connection.request('fleet/migrate', asked);
				if (options.json === true) return context.out.json(answer);
				const { count, skipped, skippedCount } = answer;
				const jobs = count === 1 ? '1 job' : `${count} jobs`;
				const way = options.back === true ? 'back to this machine' : 'to the shared queue';
				context.out.say(
					options.dryRun === true ? `${jobs} would be moved ${way}.` : `${jobs} moved ${way}.`,
				);
				if (skippedCount > 0) context.out.say(`${skippedCount} stay:`);
				for (const { id, title, reason } of skipped) {
					context.out.say(`  ${id}  ${oneLine(title)}: ${oneLine(reason)}`);
				}
				if (skippedCount > skipped.length) {
					context.out.say(`  … and ${skippedCount - skipped.length} more`);
				}
			});
		});
}

function paramsOf(options: MigrateOptions): ParamsInput<'fleet/migrate'> {
	const { on, pool, repo, scratch, queue, back, dryRun = false } = options;
	if (back === true) {
		if ([on, pool, repo, scratch, queue].some((one) => one !== undefined)) {
			throw usageError('--back takes back everything that can be; it goes with --dry-run only.');
		}
		return { direction: 'back', dryRun };
	}
	if ((on === undefined) === (pool === undefined)) {
		throw usageError('Say where they go: --on MACHINE or --pool NAME. Or say --back.');
	}
	if (repo === true && scratch === true) throw usageError('--repo and --scratch name two places.');
	return {
		direction: 'out',
		...(on === undefined ? {} : { on }),
		...(pool === undefined ? {} : { pool }),
		place: repo === true ? 'repo' : scratch === true ? 'scratch' : 'home',
		...(queue === undefined ? {} : { queue }),
		dryRun,
	};
}
