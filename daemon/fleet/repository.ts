/** Checkouts that a machine offers: which repository a folder is of, and whether it stands at a commit. Git runs nothing of the repository's. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SemanticaError } from '../../shared/errors.ts';
import { normalRepository } from '../../shared/repository.ts';

const run = promisify(execFile);
const QUIET = [
	'-c',
	'core.hooksPath=/dev/null',
	'-c',
	'core.fsmonitor=false',
	'-c',
	'core.pager=cat',
];

async function git(folder: string, ...args: string[]): Promise<string> {
	const { stdout } = await run('git', [...QUIET, '-C', folder, ...args], {
		timeout: 20_000,
		env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
	});
	return stdout.trim();
}

/** The repository's name, alike however it was cloned. @throws SemanticaError VALIDATION */
export async function repositoryOf(folder: string): Promise<string> {
	const url = await git(folder, 'config', '--get', 'remote.origin.url').catch(() => '');
	if (url !== '') return normalRepository(url);
	throw new SemanticaError(
		'VALIDATION',
		`${folder} is no checkout of a repository with a remote called "origin".`,
		{ path: 'repos' },
	);
}

/** Which checkout a folder lies in. @throws SemanticaError VALIDATION */
export async function checkoutOf(folder: string): Promise<{ repo: string; root: string }> {
	const repo = await repositoryOf(folder);
	return { repo, root: await git(folder, 'rev-parse', '--show-toplevel') };
}

export async function isAt(folder: string, commit: string): Promise<boolean> {
	try {
		if ((await git(folder, 'rev-parse', 'HEAD')) !== commit) return false;
		return (await git(folder, 'status', '--porcelain')) === '';
	} catch {
		return false;
	}
}
