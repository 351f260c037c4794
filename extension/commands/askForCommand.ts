/** Asks for a command line and where it runs; what comes of it is a job's specification. */
import { l10n, type QuickInputButton, ThemeIcon, window } from 'vscode';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { editorSurroundings } from '../../shared/surroundings.ts';
import { chooseEnvironment, keptText, namesText } from '../environment/chooseEnvironment.ts';
import type { KeptEnvironments } from '../environment/kept.ts';
import { showWarning } from '../messages.ts';
import { fileUri } from './arguments.ts';
import type { CommandHistory } from './commandHistory.ts';
import { type CommandLine, parseCommandLine } from './commandLine.ts';
import { nameCommand, pickEarlier } from './earlierCommands.ts';
import { chooseCwd, folderOf, placeOf, type WhereItRuns } from './whereItRuns.ts';

const WINDOWS = process.platform === 'win32';

export interface Question {
	readonly title: string;
	readonly prompt: string;
	/** What stands in the field at first. */
	readonly last: string;
	/** What was run from this workspace before. */
	readonly history: CommandHistory;
	readonly environments: KeptEnvironments;
}

/** Undefined when the person changed their mind. */
export async function askForCommand(
	given: unknown,
	question: Question,
): Promise<{ readonly line: string; readonly spec: JobSpecInput } | undefined> {
	const target = fileUri(given);
	const folder = target === undefined ? await chooseCwd() : await folderOf(target);
	if (folder === undefined) return undefined;
	const text = typeof given === 'string' ? given : await askForLine(question, folder);
	if (text === undefined) return undefined;
	const parsed = parseCommandLine(text, WINDOWS);
	if ('problem' in parsed) throw new SemanticaError('VALIDATION', problemText(parsed.problem));
	const { history } = question;
	const line = text.trim();
	// What a preset has been told once it is not asked again.
	const known = history.shellOf(line);
	const shell = known ?? (await askForShell(question.title, parsed.line));
	if (shell === undefined) return undefined;
	const spec: JobSpecInput = {
		type: 'command',
		title: history.titleOf(line),
		workspace: folder.uri,
		command: {
			command: shell ? line : parsed.line.command,
			args: shell ? [] : [...parsed.line.args],
			cwd: folder.path,
			// The daemon's PATH is that of whoever started it; this is the one the person sees.
			env: {
				...(process.env['PATH'] === undefined ? {} : { PATH: process.env['PATH'] }),
				...question.environments.of(placeOf(folder).key)?.variables,
			},
			shell,
		},
		surroundings: editorSurroundings(process.env),
	};
	await history.used(line);
	if (known === undefined && parsed.line.shellSyntax.length > 0) await history.answer(line, shell);
	return { line: text, spec };
}

function askForLine(question: Question, folder: WhereItRuns): Promise<string | undefined> {
	const { title, prompt, last, history, environments } = question;
	const place = placeOf(folder);
	const earlier: QuickInputButton = {
		iconPath: new ThemeIcon('history'),
		tooltip: l10n.t('Presets and Earlier Commands'),
	};
	const keep: QuickInputButton = {
		iconPath: new ThemeIcon('pin'),
		tooltip: l10n.t('Keep as Preset…'),
	};
	const surround: QuickInputButton = {
		iconPath: new ThemeIcon('server-environment'),
		tooltip: l10n.t('Environment of the Job…'),
	};
	const input = window.createInputBox();
	input.title = title;
	const tellPrompt = () => {
		const kept = environments.of(place.key);
		const what = kept && l10n.t('With {0}: {1}.', keptText(kept), namesText(kept));
		input.prompt = [prompt, what].filter((part) => part !== undefined).join(' ');
	};
	tellPrompt();
	input.placeholder = l10n.t('For example: npm run build -- --verbose');
	input.value = last;
	input.ignoreFocusOut = true;
	const check = () => {
		const parsed = parseCommandLine(input.value, WINDOWS);
		// An empty field is no mistake yet, only nothing to run.
		const isWrong = 'problem' in parsed && input.value.trim() !== '';
		input.validationMessage = isWrong ? problemText(parsed.problem) : undefined;
		const buttons = [
			...(WINDOWS ? [] : [surround]),
			...('problem' in parsed ? [] : [keep]),
			...(history.all().length > 0 ? [earlier] : []),
		];
		// The same ones again would take the focus from one that has it.
		if (buttons.length !== input.buttons.length) input.buttons = buttons;
		return !isWrong;
	};
	return new Promise((resolve) => {
		// The pick takes the place of the field, which comes back after it.
		let away = false;
		input.onDidChangeValue(check);
		input.onDidTriggerButton(async (button) => {
			away = true;
			try {
				if (button === keep) await nameCommand(history, input.value.trim());
				else if (button === surround) await chooseEnvironment(environments, place);
				else input.value = (await pickEarlier(history, title)) ?? input.value;
			} catch (error) {
				void showWarning(errorMessage(error));
			}
			away = false;
			tellPrompt();
			check();
			input.show();
		});
		input.onDidAccept(() => {
			if (!check()) return;
			resolve(input.value);
			input.hide();
		});
		input.onDidHide(() => {
			if (away) return;
			resolve(undefined);
			input.dispose();
		});
		check();
		input.show();
	});
}

function problemText(problem: 'empty' | 'quote'): string {
	return problem === 'empty'
		? l10n.t('There is no command to run: type a program and its arguments.')
		: l10n.t('A quote is not closed.');
}

/** Whether to use a shell: false without a question where the line has nothing for one. */
async function askForShell(title: string, line: CommandLine): Promise<boolean | undefined> {
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
			title,
			placeHolder: l10n.t('This line has shell syntax: {0}', found),
			ignoreFocusOut: true,
		},
	);
	return picked?.shell;
}
