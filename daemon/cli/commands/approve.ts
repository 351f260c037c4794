import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { exactWord, exactWords } from '../../../shared/exactText.ts';
import type { Job } from '../../../shared/job.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { resolveId } from '../ids.ts';
import { agrees, assertPerson } from '../person.ts';
import { row } from '../render/show.ts';
import { shortId } from '../render/state.ts';
import type { View } from '../render/style.ts';
import { examples, ID_HINT } from './help.ts';

/** So many that wait are looked for. */
const LIMIT = 200;

export function addApproveCommand(program: Command, context: Context): void {
	program
		.command('approve')
		.summary('let a command start that an AI tool asked for')
		.description(
			'Shows exactly what an AI tool wants to run, and lets it start after a yes. Without an id: what waits for ' +
				'that. It is asked for where the policy is "ask": semantica ai policy',
		)
		.argument('[id]', ID_HINT)
		.addHelpText('after', examples(['semantica approve 1a2b3c4d', 'look at it, and decide']))
		.action((id: string | undefined) =>
			using(connectToRunning(context.daemon), (connection) =>
				id === undefined ? listWaiting(context, connection) : approve(context, connection, id),
			),
		);
}

async function listWaiting(context: Context, connection: DaemonConnection): Promise<void> {
	const jobs = await unapproved(connection);
	if (jobs.length === 0) context.out.say('Nothing waits for an approval.');
	for (const job of jobs) {
		const view = context.out.view();
		context.out.lines([...row('id', shortId(job.id), view), ...renderAsked(job, view), '']);
	}
}

export async function unapproved(connection: DaemonConnection): Promise<Job[]> {
	const { jobs } = await connection.request('job/list', {
		filter: { state: ['queued'], origin: ['mcp/'] },
		limit: LIMIT,
	});
	return jobs.filter(({ needsApproval }) => needsApproval);
}

async function approve(
	context: Context,
	connection: DaemonConnection,
	given: string,
): Promise<void> {
	assertPerson(context);
	const id = await resolveId(connection, given);
	const { job } = await connection.request('job/get', { id });
	if (!job.needsApproval) throw usageError(`Job ${shortId(id)} waits for no approval.`);
	const { out } = context;
	out.lines(['', ...renderAsked(job, out.view()), '']);
	if (!(await agrees(context, 'Let it run?'))) {
		out.say(`It goes on waiting. To end it: semantica cancel ${shortId(id)}`);
		return;
	}
	await connection.request('ai/approve', { id });
	out.say(`Approved. To watch it: semantica logs -f ${shortId(id)}`);
}

/** Whatever it will be given, and nothing that it says of itself. */
function renderAsked({ command, origin, machine }: Job, view: View): string[] {
	if (command === null) return [];
	const words = [command.command, ...command.args];
	return [
		...row('asked by', exactWord(origin), view),
		...row('command', command.shell ? exactWord(words.join(' ')) : exactWords(words), view),
		...(command.shell ? row('', 'a line for a shell', view) : []),
		...(machine ? row('on', exactWord(machine), view) : []),
		...row('folder', folderOf(command.cwd, machine), view),
		...(command.env.length === 0 ? [] : row('variables', exactWords(command.env), view)),
	];
}

function folderOf(cwd: string | null, machine: string | undefined): string {
	if (cwd === null && machine) return 'an empty one of its own';
	return exactWord(cwd ?? '');
}
