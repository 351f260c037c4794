import { join } from 'node:path';
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { usageError } from '../../errors.ts';
import { collect } from '../../parse/values.ts';
import { examples, JSON_OPTION } from '../help.ts';
import { addPasswordOptions, type PasswordOptions, passwordOf } from './password.ts';

interface Options extends PasswordOptions {
	readonly printSql?: boolean;
	readonly login?: string[];
	readonly json?: boolean;
}

export function addInitCommand(fleet: Command, context: Context): void {
	addPasswordOptions(
		fleet
			.command('init')
			.summary('make a shared queue in a PostgreSQL, or bring it up to date')
			.description(
				'For whoever owns the database, once and after updates: makes the tables, the functions that machines may call, and ' +
					'the roles fleet_submit, fleet_work and fleet_watch. A database of its own is best. Nothing is changed on this machine.',
			)
			.argument('[address]', 'of the owner, as in postgres://owner@db.example.com/semantica'),
	)
		.option(
			'--login <name>',
			'make a login for a machine and print its address (repeatable)',
			collect,
		)
		.option('--print-sql', 'print what would be run, and run nothing')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica fleet init postgres://owner@db/semantica --login box', 'and one for box'],
				['semantica fleet init --print-sql > fleet.sql', 'to be read, and run by hand'],
			),
		)
		.action(async (address: string | undefined, options: Options) => {
			const { out, daemon } = context;
			const { initFleet, schemaStatements } = await import('../../../fleet/owner.ts');
			const folder = join(daemon.distFolder, 'fleet');
			if (options.printSql === true) {
				out.stream.write(schemaStatements(folder));
				return;
			}
			if (address === undefined) {
				throw usageError(
					'Say where: semantica fleet init postgres://owner@db.example.com/semantica',
				);
			}
			const owner = { address, password: passwordOf(context, options), ca: options.ca };
			const made = await initFleet(owner, folder, options.login ?? []);
			if (options.json === true) out.json(made);
			else {
				out.say(
					made.applied.length === 0
						? 'The shared queue was up to date.'
						: 'The shared queue is ready.',
				);
				for (const { login, address: joinAs } of made.logins) {
					out.say(`On ${login}: semantica fleet join '${joinAs}' --name ${login}`);
				}
				if (made.logins.length > 0) {
					out.say('Each address holds a password: hand it to nobody else, it is not kept here.');
				}
			}
		});
}
