import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { resolveId } from '../ids.ts';
import { renderExplanation } from '../render/explanation.ts';
import { examples, ID_HINT, JSON_OPTION } from './help.ts';

export function addExplainCommand(program: Command, context: Context): void {
	program
		.command('explain')
		.summary('say why a job does not run')
		.argument('<id>', ID_HINT)
		.option(...JSON_OPTION)
		.addHelpText('after', examples(['semantica explain 1a2b3c4d', 'what it is waiting for']))
		.action((given: string, options: { json?: boolean }) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const id = await resolveId(connection, given);
				const explanation = await connection.request('job/explain', { id });
				if (options.json) context.out.json(explanation);
				else context.out.lines(renderExplanation(explanation, Date.now(), context.out.view()));
			}),
		);
}
