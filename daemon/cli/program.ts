/** The command tree. */
import { type Argument, Command } from 'commander';
import { addAiCommand } from './commands/ai.ts';
import { addAnswerCommand } from './commands/answer.ts';
import { addApproveCommand } from './commands/approve.ts';
import { addCancelCommand } from './commands/cancel.ts';
import { addCompletionsCommand } from './commands/completions.ts';
import { addDaemonCommand } from './commands/daemon.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEmitCommand } from './commands/emit.ts';
import { addEnqueueCommand } from './commands/enqueue.ts';
import { addErrorsCommand } from './commands/errors.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addFleetCommand } from './commands/fleet/fleet.ts';
import { addGraphCommand } from './commands/graph.ts';
import { addGroupCommand } from './commands/group.ts';
import { examples } from './commands/help.ts';
import { addHooksCommand } from './commands/hooks.ts';
import { addIndexCommand } from './commands/indexFolder.ts';
import { addListCommand } from './commands/list.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addMaintainCommand } from './commands/maintain.ts';
import { addMcpCommand } from './commands/mcp.ts';
import { addMetricsCommand } from './commands/metrics.ts';
import { addNowCommand } from './commands/now.ts';
import { addPauseCommand } from './commands/pause.ts';
import { addQueueCommand } from './commands/queue.ts';
import { addRemoveCommand } from './commands/remove.ts';
import { addResumeCommand } from './commands/resume.ts';
import { addRetryCommand } from './commands/retry.ts';
import { addRunCommand } from './commands/run.ts';
import { addScheduleCommand } from './commands/schedule.ts';
import { addSearchCommand } from './commands/search.ts';
import { addServiceCommand } from './commands/service.ts';
import { addSettingsCommand } from './commands/settings.ts';
import { addShowCommand } from './commands/show.ts';
import { addStatusCommand } from './commands/status.ts';
import { addTopCommand } from './commands/top.ts';
import { addUpdateCommand } from './commands/update.ts';
import { addWaitCommand } from './commands/wait.ts';
import { addWorkerCommand } from './commands/worker.ts';
import type { Context } from './context.ts';

/** `quiet` keeps commander's own errors from people: whoever asked for JSON gets them so. */
export function createProgram(context: Context, { quiet }: { readonly quiet: boolean }): Command {
	const { out, err } = context;
	const program = new Command('semantica')
		.description(
			'Hands heavy work to a daemon: indexes folders, runs commands as jobs, shows how they go.',
		)
		.version(context.daemon.build.version, '-V, --version')
		.helpCommand('help [command]', 'the same as --help')
		.helpOption('-h, --help', 'show this help')
		.enablePositionalOptions()
		.exitOverride()
		.configureOutput({
			writeOut: (text) => out.say(text.replace(/\n$/, '')),
			writeErr: (text) => {
				if (!quiet) err.say(text.replace(/\n$/, ''));
			},
			getOutHelpWidth: () => Math.min(100, out.view().width),
			getErrHelpWidth: () => Math.min(100, err.view().width),
			getOutHasColors: () => true,
			getErrHasColors: () => true,
			outputError: (text) => {
				if (!quiet) err.say(withoutPrefix(text.trimEnd()), err.style.red);
			},
		})
		.configureHelp({
			styleTitle: (text) => out.style.bold(text),
			styleCommandText: (text) => out.style.cyan(text),
			styleSubcommandTerm: (text) => out.style.cyan(text),
			styleOptionTerm: (text) => out.style.cyan(text),
			visibleCommands: (command) => [...command.commands],
			subcommandTerm: (command) =>
				[command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
		});
	program.commandsGroup('Index and search:');
	addIndexCommand(program, context);
	addSearchCommand(program, context);
	program.commandsGroup('Start jobs:');
	addRunCommand(program, context);
	addEnqueueCommand(program, context);
	addGraphCommand(program, context);
	addScheduleCommand(program, context);
	addHooksCommand(program, context);
	addWorkerCommand(program, context);
	addEmitCommand(program, context);
	program.commandsGroup('Look at jobs and change them:');
	addListCommand(program, context);
	addShowCommand(program, context);
	addLogsCommand(program, context);
	addErrorsCommand(program, context);
	addExplainCommand(program, context);
	addWaitCommand(program, context);
	addAnswerCommand(program, context);
	addApproveCommand(program, context);
	addCancelCommand(program, context);
	addRetryCommand(program, context);
	addPauseCommand(program, context);
	addResumeCommand(program, context);
	addNowCommand(program, context);
	addUpdateCommand(program, context);
	addRemoveCommand(program, context);
	program.commandsGroup('The daemon:');
	addStatusCommand(program, context);
	addTopCommand(program, context);
	addQueueCommand(program, context);
	addGroupCommand(program, context);
	addDaemonCommand(program, context);
	addServiceCommand(program, context);
	addSettingsCommand(program, context);
	addMaintainCommand(program, context);
	addDoctorCommand(program, context);
	addCompletionsCommand(program, context);
	addMetricsCommand(program, context);
	program.commandsGroup('Several machines:');
	addFleetCommand(program, context);
	program.commandsGroup('For AI tools:');
	addMcpCommand(program, context);
	addAiCommand(program, context);
	program.addHelpText(
		'after',
		examples(
			['semantica index --wait', 'index this folder and watch'],
			['semantica search open socket', 'find it again'],
			['semantica run --wait -- npm test', 'run a command as a job'],
			['semantica list', 'what runs, waits and has ended'],
			['semantica top', 'the same, as it changes'],
		),
	);
	program.addHelpText(
		'after',
		`
Exit codes: 0 done, 1 error, 2 usage, 3 no daemon runs, 4 a job waited for did not succeed, 130 Ctrl-C while waiting.
Data folder: ${context.daemon.paths.home} (change it with SEMANTICA_HOME).
More about a command: semantica COMMAND --help`,
	);
	explainErrors(program);
	return program;
}

export const withoutPrefix = (text: string): string => text.replace(/^error: /, '');

function argumentTerm(argument: Argument): string {
	const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
	return argument.required ? `<${name}>` : `[${name}]`;
}

/** Each command's mistakes end with where to read about it. */
function explainErrors(command: Command): void {
	for (const child of command.commands) {
		const path = command.parent === null ? child.name() : `${command.name()} ${child.name()}`;
		child.showHelpAfterError(`See: semantica ${path} --help`);
		explainErrors(child);
	}
	if (command.parent === null) command.showHelpAfterError('See: semantica --help');
}
