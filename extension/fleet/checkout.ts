/** Which repository a folder is a checkout of. Git runs nothing of the repository's. */
import { execFile } from 'node:child_process';
import { relative } from 'node:path';
import { promisify } from 'node:util';
import { normalRepository } from '../../shared/repository.ts';

const QUIET = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'];

/** Undefined where it is none, or has no `origin`. */
export async function checkoutOf(
	folder: string,
): Promise<{ readonly repo: string; readonly inside: string | undefined } | undefined> {
	const git = async (...args: string[]) => {
		const options = { timeout: 10_000, windowsHide: true };
		const { stdout } = await promisify(execFile)('git', [...QUIET, '-C', folder, ...args], options);
		return stdout.trim();
	};
	try {
		const url = await git('config', '--get', 'remote.origin.url');
		const inside = relative(await git('rev-parse', '--show-toplevel'), folder);
		const isAtRoot = inside === '' || inside.startsWith('..');
		return { repo: normalRepository(url), inside: isAtRoot ? undefined : inside };
	} catch {
		return undefined;
	}
}
