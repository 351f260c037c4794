import { homedir } from 'node:os';
import { l10n, window, workspace } from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import { indexedFolder } from '../indexing/folders.ts';
import { AT_ANY_CHARGE } from '../jobs/enqueue.ts';
import { createEnqueueOnce } from '../jobs/enqueueOnce.ts';
import type { JobLogs } from '../logs/channels.ts';
import type { Reporter } from '../status/reporter.ts';
import { type CommandLine, parseCommandLine } from './commandLine.ts';
import type { CommandBody } from './register.ts';

const WINDOWS = process.platform === 'win32';

/** Asks for a command line and runs it as a job, with its output in a channel of its own. */
export function runCommand(link: Link, logs: JobLogs, reporter: Reporter): CommandBody {
	let last = '';
	const enqueue = createEnqueueOnce(link, () => performance.now());
	return async (given) => {
		const text = typeof given === 'string' ? given : await askForLine(last);
		if (text === undefined) return;
		const parsed = parseCommandLine(text, WINDOWS);
		if ('problem' in parsed) throw new SemanticaError('VALIDATION', problemText(parsed.problem));
		const shell = await askForShell(parsed.line);
		if (shell === undefined) return;
		const folder = await chooseCwd();
		if (folder === undefined) return;
		last = text;
		const spec: JobSpecInput = {
			type: 'command',
			title: text.trim().slice(0, 200),
			workspace: folder.uri,
			constraints: AT_ANY_CHARGE,
			command: {
				command: shell ? text.trim() : parsed.line.command,
				args: shell ? [] : [...parsed.line.args],
				cwd: folder.path,
				// The daemon's PATH is that of whoever started it; this is the one the person sees.
				env: process.env['PATH'] === undefined ? {} : { PATH: process.env['PATH'] },
				shell,
			},
		};
		const id = await enqueue(spec);
		reporter.command(id);
		await logs.show(id);
	};
}

function askForLine(last: string): Thenable<string | undefined> {
	return window.showInputBox({
		title: l10n.t('Run Command as Job'),
		prompt: l10n.t('It goes on when this window closes.'),
		placeHolder: l10n.t('For example: npm run build -- --verbose'),
		value: last,
		ignoreFocusOut: true,
		validateInput: (text) => {
			const parsed = parseCommandLine(text, WINDOWS);
			// An empty field is no mistake yet, only nothing to run.
			return 'problem' in parsed && text.trim() !== '' ? problemText(parsed.problem) : undefined;
		},
	});
}

function problemText(problem: 'empty' | 'quote'): string {
	return problem === 'empty'
		? l10n.t('There is no command to run: type a program and its arguments.')
		: l10n.t('A quote is not closed.');
}

/** Whether to use a shell: false without a question where the line has nothing for one. */
async function askForShell(line: CommandLine): Promise<boolean | undefined> {
	if (line.shellSyntax.length === 0) return false;
	const found = [...new Set(line.shellSyntax)].join(' ');
	const picked = await window.showQuickPick(
		[
			{
				label: l10n.t('Run in a Shell'),
				detail: l10n.t('The shell interprets {0}.', found),
				shell: true,
			},
			{
				label: l10n.t('Run Directly'),
				detail: l10n.t('{0} is passed to the program as it stands.', found),
				shell: false,
			},
		],
		{
			title: l10n.t('Run Command as Job'),
			placeHolder: l10n.t('This line has shell syntax: {0}', found),
			ignoreFocusOut: true,
		},
	);
	return picked?.shell;
}

/** Where it runs: the folder of the window, the chosen one of several, or the home folder without any. */
async function chooseCwd(): Promise<{ path: string; uri: string | null } | undefined> {
	const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
	const [only] = folders;
	if (only === undefined) return { path: homedir(), uri: null };
	if (folders.length === 1) return indexedFolder(only.uri);
	const picked = await window.showWorkspaceFolderPick({
		placeHolder: l10n.t('Choose the folder to run the command in'),
	});
	return picked === undefined ? undefined : indexedFolder(picked.uri);
}
