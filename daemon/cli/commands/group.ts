import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { LIMITS } from '../../../shared/jobTerms.ts';
import type { GroupInfo } from '../../../shared/protocol/groups.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { orDefault } from '../parse/values.ts';
import { plural } from '../render/format.ts';
import { renderGroups } from '../render/queues.ts';
import { oneLine } from '../render/text.ts';
import { examples, JSON_OPTION } from './help.ts';

interface Options {
	readonly limit?: number | 'default';
	readonly json?: boolean;
}

export function addGroupCommand(program: Command, context: Context): void {
	program
		.command('group')
		.summary('show groups of jobs, and set how many of one run at once')
		.description(
			'Shows groups that have unfinished jobs or a limit of their own. A job joins one with run --group NAME; of a ' +
				'group so many run at once, whatever their queues and folders: the limit that was set here, else the ' +
				'smallest that one of its jobs asks for, else one.',
		)
		.argument('[name]', 'of a group')
		.option(
			'-l, --limit <number>',
			'run so many of it at once; default takes it back',
			orDefault(1, LIMITS.groupLimit),
		)
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica group', 'which there are'],
				['semantica group my-tests --limit 2', 'two of them at once'],
				['semantica list group:my-tests', 'its jobs'],
			),
		)
		.action((name: string | undefined, options: Options) =>
			using(connectToRunning(context.daemon), (connection) =>
				group(context, connection, name, options),
			),
		);
}

async function group(
	context: Context,
	connection: DaemonConnection,
	name: string | undefined,
	{ limit, json }: Options,
): Promise<void> {
	if (limit !== undefined && name === undefined) throw usageError('Name the group to limit.');
	if (limit !== undefined && name !== undefined) {
		const changed = await connection.request('group/update', {
			name,
			limit: limit === 'default' ? null : limit,
		});
		if (json) context.out.json(changed);
		else context.out.say(sentence(changed));
		return;
	}
	const groups = await allGroups(connection);
	const shown = name === undefined ? groups : groups.filter((one) => one.name === name);
	if (json) context.out.json({ groups: shown });
	else if (shown.length > 0) context.out.lines(renderGroups(shown, context.out.view()));
	else if (name === undefined) context.out.say('No job that is not finished is in a group.');
	else context.out.say(`No unfinished job is in group ${oneLine(name)}, and no limit is set.`);
}

async function allGroups(connection: DaemonConnection): Promise<GroupInfo[]> {
	const groups: GroupInfo[] = [];
	for (;;) {
		const after = groups.at(-1)?.name ?? '';
		const page = await connection.request('group/list', { after });
		groups.push(...page.groups);
		if (!page.more || page.groups.length === 0) return groups;
	}
}

function sentence({ name, limit, set, running }: GroupInfo): string {
	const own = set ? '' : ', as its jobs say';
	const now = running > limit ? `; ${running} still run` : '';
	return `Of group ${oneLine(name)} ${plural(limit, 'job')} may run at once${own}${now}.`;
}
