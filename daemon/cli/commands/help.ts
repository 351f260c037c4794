/** Parts of the help that several commands share. */
import { parseCount } from '../parse/values.ts';

export const JSON_OPTION = ['--json', 'print the answer as JSON'] as const;
export const limitOption = (many: string, standard: number) =>
	['-n, --limit <number>', `how many ${many} (default: ${standard})`, parseCount] as const;

/** Example calls under a command's help, each with what it does. */
export function examples(
	...rows: readonly (readonly [command: string, meaning: string])[]
): string {
	const width = Math.max(...rows.map(([command]) => command.length));
	const lines = rows.map(([command, meaning]) => `  ${command.padEnd(width)}  # ${meaning}`);
	return `\nExamples:\n${lines.join('\n')}`;
}

export const ID_HINT = 'an id, or any part from its beginning or end that means one job';
