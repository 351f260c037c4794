import { Argument, type Command, Option } from 'commander';
import { type Candidate, candidatesFor, type Wanted } from '../completion/candidates.ts';
import { daemonWords, STATE_WORDS } from '../completion/daemonWords.ts';
import { SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { oneLine } from '../render/text.ts';
import { examples } from './help.ts';

export function addCompletionsCommand(program: Command, context: Context): void {
	program
		.command('completions')
		.summary('let your shell complete commands, options and job ids')
		.description(
			'Prints a script that teaches a shell to complete commands, options, states, queues and ids of jobs.',
		)
		.usage(`<${SHELLS.join('|')}>`)
		.addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
		.argument('[words...]')
		.addOption(new Option('--words').hideHelp())
		.addHelpText(
			'after',
			examples(
				['source <(semantica completions bash)', 'in ~/.bashrc'],
				['source <(semantica completions zsh)', 'in ~/.zshrc, behind compinit'],
				['semantica completions fish | source', 'in ~/.config/fish/config.fish'],
				['semantica completions powershell | Out-String | iex', 'in $PROFILE'],
			),
		)
		.action(async (shell: Shell, words: string[], options: { words?: boolean }) => {
			if (options.words !== true) {
				context.out.stream.write(SCRIPTS[shell]);
				return;
			}
			const found = await completed(program, context, words);
			context.out.lines(
				found.map(({ word, meaning }) => (meaning === '' ? word : `${word}\t${oneLine(meaning)}`)),
			);
		});
}

async function completed(
	program: Command,
	context: Context,
	words: readonly string[],
): Promise<Candidate[]> {
	const { candidates, wanted, prefix = '' } = candidatesFor(program, words);
	if (wanted === undefined) return [...candidates];
	const current = (words.at(-1) ?? '').trim();
	const all = wanted.kind === 'state' ? STATE_WORDS : await known(context, wanted);
	return all
		.map(({ word, meaning }) => ({ word: `${prefix}${word}`, meaning }))
		.filter(({ word }) => word.startsWith(current === '=' ? '' : current));
}

/** Whoever presses Tab wants no errors. */
async function known(context: Context, wanted: Wanted): Promise<readonly Candidate[]> {
	try {
		return await using(connectToRunning(context.daemon), (connection) =>
			daemonWords(connection, wanted),
		);
	} catch {
		return [];
	}
}
