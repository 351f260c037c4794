import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { addInitCommand } from './init.ts';
import { addLeaveCommand } from './leave.ts';
import { addAcceptCommand, addForgetCommand, addJoinCommand, addKeyCommand } from './membership.ts';
import { addMigrateCommand } from './migrate.ts';
import { addStatusCommand, addWorkCommand } from './status.ts';

export function addFleetCommand(program: Command, context: Context): void {
	const fleet = program
		.command('fleet')
		.summary('share jobs with other machines through a PostgreSQL')
		.description(
			'Several machines meet in a PostgreSQL: jobs wait there for the machine or pool they are meant for. ' +
				'See docs/fleet.md; to run something on one other machine, `ssh box semantica run --wait -- …` is enough.',
		);
	addInitCommand(fleet, context);
	addJoinCommand(fleet, context);
	addKeyCommand(fleet, context);
	addAcceptCommand(fleet, context);
	addWorkCommand(fleet, context);
	addStatusCommand(fleet, context);
	addMigrateCommand(fleet, context);
	addLeaveCommand(fleet, context);
	addForgetCommand(fleet, context);
}
