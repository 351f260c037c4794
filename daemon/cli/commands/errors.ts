import type { Command } from 'commander';
import { problemCountsText } from '../../../shared/problemTerms.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { resolveId } from '../ids.ts';
import { problemLine } from '../render/problems.ts';
import { examples, ID_HINT, JSON_OPTION } from './help.ts';

export function addErrorsCommand(program: Command, context: Context): void {
	program
		.command('errors')
		.summary('show the errors and warnings that a job reported')
		.description(
			'Shows the errors and warnings that the last run of a job reported: those that it said itself, and those ' +
				'that were found in what it printed.',
		)
		.argument('<id>', ID_HINT)
		.option(...JSON_OPTION)
		.addHelpText('after', examples(['semantica errors 1a2b3c4d', 'as compilers print them']))
		.action((id: string, options: { json?: boolean }) => showErrors(context, id, options));
}

async function showErrors(
	{ daemon, out, err, cwd }: Context,
	given: string,
	{ json }: { json?: boolean },
): Promise<void> {
	const answer = await using(connectToRunning(daemon), async (connection) => {
		const id = await resolveId(connection, given);
		return connection.request('job/errors', { id });
	});
	if (json === true) {
		out.json(answer);
		return;
	}
	const { counts, problems } = answer;
	const { style } = out.view();
	out.lines(problems.map((problem) => problemLine(problem, cwd(), style)));
	const all = counts.errors + counts.warnings + counts.infos;
	if (all === 0) err.say('It reported no errors.');
	else if (all > problems.length) {
		err.say(`${problemCountsText(counts)}; ${problems.length} of them are kept.`);
	}
}
