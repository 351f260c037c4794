import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { examples, JSON_OPTION } from './help.ts';

export function addDoctorCommand(program: Command, context: Context): void {
	program
		.command('doctor')
		.summary('look for what could be wrong')
		.description(
			'Checks the daemon, its data folder, its database and how it keeps processes together.',
		)
		.option(...JSON_OPTION)
		.addHelpText('after', examples(['semantica doctor', 'exit code 1 when something is wrong']))
		.action((options: { json?: boolean }) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const result = await connection.request('system/diagnose', {});
				if (result.checks.some((check) => !check.ok)) process.exitCode = EXIT.error;
				if (options.json) {
					context.out.json(result);
					return;
				}
				const { style } = context.out;
				context.out.lines(
					result.checks.map(({ name, ok, message }) => {
						const word = ok ? style.green('ok     ') : style.red('problem');
						return `${word}  ${style.bold(name)}: ${message}`;
					}),
				);
			}),
		);
}
