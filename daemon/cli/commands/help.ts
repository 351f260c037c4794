/** Parts of the help that several commands share. */
import type { Command } from 'commander';
import { parseCount } from '../parse/values.ts';

export const JSON_OPTION = ['--json', 'print the answer as JSON'] as const;
export const limitOption = (many: string, standard: number) =>
	['-n, --limit <number>', `how many ${many} (default: ${standard})`, parseCount] as const;

type Examples = readonly (readonly [command: string, meaning: string])[];

/**
 * Example calls under a command's help, each with what it does: beside it, or below where the
 * window is too narrow for one of them.
 */
export function examples(...rows: Examples): (help: { readonly command: Command }) => string {
	return ({ command }) => {
		const width = command.configureOutput().getOutHelpWidth?.() ?? Number.POSITIVE_INFINITY;
		const lines = beside(rows);
		const fits = lines.every((line) => line.length <= width);
		return `\nExamples:\n${(fits ? lines : below(rows)).join('\n')}`;
	};
}

function beside(rows: Examples): string[] {
	const width = Math.max(...rows.map(([command]) => command.length));
	return rows.map(([command, meaning]) => `  ${command.padEnd(width)}  # ${meaning}`);
}

function below(rows: Examples): string[] {
	return rows.flatMap(([command, meaning]) => [`  ${command}`, `    # ${meaning}`]);
}

export const ID_HINT = 'an id, or any part from its beginning or end that means one job';
