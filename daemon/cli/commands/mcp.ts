import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { collect } from '../parse/values.ts';
import { examples } from './help.ts';

interface Options {
	readonly readOnly?: boolean;
	readonly folder?: string[];
}

/** For its help and for what is wrong with its options; otherwise start.ts serves at once. */
export function addMcpCommand(program: Command, context: Context): void {
	program
		.command('mcp')
		.summary('serve AI tools over standard input and output')
		.description(
			'A server of the Model Context Protocol, for Claude Code, Codex, Cursor, VS Code and others: they start it and end it. ' +
				'It lets them run jobs, wait for them, read their logs and search indexed folders.',
		)
		.option('--read-only', 'offer nothing that runs, cancels or indexes')
		.option('--folder <folder>', 'only what is in this folder (repeatable)', collect)
		.addHelpText(
			'after',
			examples(
				['claude mcp add semantica -- semantica mcp', 'for Claude Code'],
				['codex mcp add semantica -- semantica mcp', 'for Codex'],
			),
		)
		.action(async ({ readOnly = false, folder = [] }: Options) => {
			const { serveMcp } = await import('../mcp/main.ts');
			serveMcp({ readOnly, folders: folder }, context.daemon.distFolder);
		});
}
