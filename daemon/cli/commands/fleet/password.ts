/** Passwords of databases: asked for, or from a command; never from an option, which every process may read. */
import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { errorMessage } from '../../../../shared/errors.ts';
import type { Context } from '../../context.ts';
import { CliError } from '../../errors.ts';

export interface PasswordOptions {
	readonly passwordCommand?: string;
	readonly ca?: string;
}

export function addPasswordOptions(command: Command): Command {
	return command
		.option(
			'--password-command <line>',
			'a shell line that prints the password, run when it is needed',
		)
		.option('--ca <file>', 'certificates to believe beside those of the system (PEM)');
}

/** Undefined where there is none: the address may have it, or the server asks for none. */
export function passwordOf(
	context: Context,
	{ passwordCommand }: PasswordOptions,
): () => Promise<string | undefined> {
	return async () =>
		passwordCommand === undefined ? askAtTerminal(context) : printed(passwordCommand);
}

async function printed(line: string): Promise<string> {
	try {
		const { stdout } = await promisify(execFile)('/bin/sh', ['-c', line], { timeout: 30_000 });
		return stdout.replace(/\r?\n$/, '');
	} catch (error) {
		throw new CliError(`The command for the password failed: ${errorMessage(error)}.`);
	}
}

/** Undefined where nobody is there, or nothing was typed. */
export async function askAtTerminal({ stdin, err }: Context): Promise<string | undefined> {
	if (!stdin.isTTY || !err.terminal) return undefined;
	err.stream.write('Password (empty for none, or the one in the address): ');
	const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
	const asking = createInterface({ input: stdin, output: silent, terminal: true });
	try {
		const answer = await asking.question('');
		err.stream.write('\n');
		return answer === '' ? undefined : answer;
	} finally {
		asking.close();
	}
}
