/** What only a person decides: they are at a terminal, and no job calls. */
import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';
import { CliError } from './errors.ts';

/** @throws CliError where a job or a script asks */
export function assertPerson({ env, stdin, out }: Context): void {
	if (env['SEMANTICA_JOB_ID']) {
		throw new CliError('What AI tools may do is decided by a person, and this is called by a job.');
	}
	if (stdin.isTTY !== true || !out.terminal) {
		throw new CliError(
			'What AI tools may do is decided by a person: call this at a terminal, with nothing piped in or out.',
		);
	}
}

/** Only a yes is one. */
export async function agrees({ stdin, out }: Context, question: string): Promise<boolean> {
	const lines = createInterface({ input: stdin, output: out.stream });
	try {
		return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
	} finally {
		lines.close();
	}
}
