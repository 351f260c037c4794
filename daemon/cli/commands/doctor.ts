import type { Command } from 'commander';
import type { Result } from '../../../shared/protocol/requests.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import type { View } from '../render/style.ts';
import { oneLine, padEnd, wrap } from '../render/text.ts';
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
				const view = context.out.view();
				context.out.lines(result.checks.flatMap((check) => renderCheck(check, view)));
			}),
		);
}

type Check = Result<'system/diagnose'>['checks'][number];

const LABEL = 'problem  '.length;

function renderCheck({ name, ok, message }: Check, { style, width }: View): string[] {
	const label = ok ? style.green('ok') : style.red('problem');
	const [first = '', ...rest] = wrap(
		`${style.bold(`${name}:`)} ${oneLine(message)}`,
		width - LABEL,
	);
	return [padEnd(label, LABEL) + first, ...rest.map((line) => ' '.repeat(LABEL) + line)];
}
