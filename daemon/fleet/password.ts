/** The password of this machine's login, as fleet.json says where to find it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { Joined } from './membership.ts';

const run = promisify(execFile);

/** @throws SemanticaError SYSTEM where the command for it fails */
export async function passwordOf(
	{ password, passwordCommand }: Pick<Joined, 'password' | 'passwordCommand'>,
	signal: AbortSignal,
): Promise<string | undefined> {
	if (passwordCommand === undefined) return password;
	try {
		const [shell, flag] = process.platform === 'win32' ? ['cmd.exe', '/c'] : ['/bin/sh', '-c'];
		const { stdout } = await run(shell, [flag, passwordCommand], { timeout: 30_000, signal });
		return stdout.replace(/\r?\n$/, '');
	} catch (error) {
		throw new SemanticaError(
			'SYSTEM',
			`The command for the password of the shared queue failed: ${errorMessage(error)}.`,
		);
	}
}
