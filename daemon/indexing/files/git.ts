/** Asking git for a folder's files, so that nothing a repository configures can run code. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { errorCode } from '../../../shared/errors.ts';

/** git is not installed, refused the folder, or failed. `message` is git's own first line. */
export class GitUnusable extends Error {
	override readonly name = 'GitUnusable';
	readonly missing: boolean;

	constructor(message: string, missing = false) {
		super(message);
		this.missing = missing;
	}
}

// A repository's own config can name programs (fsmonitor, hooks, transports); each is switched
// off here.
const SAFE_OPTIONS = [
	'--no-pager',
	...['-c', 'core.fsmonitor=false'],
	...['-c', 'core.hooksPath=/dev/null'],
	...['-c', 'safe.bareRepository=explicit'],
];

export function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const kept = Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('GIT_'));
	return {
		...Object.fromEntries(kept),
		GIT_OPTIONAL_LOCKS: '0',
		GIT_TERMINAL_PROMPT: '0',
		// A partial clone would fetch what a sparse index lacks, through a transport the config chooses.
		GIT_NO_LAZY_FETCH: '1',
		GIT_ALLOW_PROTOCOL: 'none',
		LC_ALL: 'C',
	};
}

/**
 * The files git knows or would add in `folder` (all, or those of `only`), relative to it, as they
 * come: names ended by NULs, whole ones only. Nested repositories and submodules appear as one
 * entry each.
 * @throws GitUnusable
 */
export async function* gitFiles(
	folder: string,
	env: NodeJS.ProcessEnv,
	onWarning: (line: string) => void,
	only: readonly string[] = [],
): AsyncGenerator<Buffer> {
	const command = ['--literal-pathspecs', 'ls-files', '-z', '--cached', '--others'];
	const run = startGit(folder, env, [...command, '--exclude-standard', '--', ...only]);
	let rest: Buffer = Buffer.alloc(0);
	for await (const chunk of run.stdout as AsyncIterable<Buffer>) {
		const bytes = Buffer.concat([rest, chunk]);
		const end = bytes.lastIndexOf(0) + 1;
		rest = bytes.subarray(end);
		if (end > 0) yield bytes.subarray(0, end);
	}
	const { code, stderr } = await run.ended;
	if (code !== 0) throw new GitUnusable(firstLine(stderr) ?? `git ended with code ${code}`);
	for (const line of stderr.split('\n')) if (line !== '') onWarning(line);
}

/**
 * Whether an enclosing repository ignores `folder` as a whole, so that git would list nothing in
 * it.
 */
export async function isFolderIgnored(folder: string, env: NodeJS.ProcessEnv): Promise<boolean> {
	const run = startGit(folder, env, ['check-ignore', '-q', '.']);
	run.stdout.resume();
	return (await run.ended).code === 0;
}

interface GitRun {
	readonly stdout: Readable;
	readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

const STDERR_BYTES = 16 * 1024;

function startGit(folder: string, env: NodeJS.ProcessEnv, args: readonly string[]): GitRun {
	// Windows looks for programs in the working directory first, so that must not be the folder.
	const child = spawn('git', [...SAFE_OPTIONS, '-C', folder, ...args], {
		cwd: dirname(process.execPath),
		env: gitEnvironment(env),
		stdio: ['ignore', 'pipe', 'pipe'],
		windowsHide: true,
	});
	let stderr = '';
	child.stderr.setEncoding('utf8');
	child.stderr.on('data', (text: string) => {
		if (stderr.length < STDERR_BYTES) stderr += text;
	});
	const ended = new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
		child.once('error', (error) =>
			reject(new GitUnusable(error.message, errorCode(error) === 'ENOENT')),
		);
		child.once('close', (code) => resolve({ code, stderr }));
	});
	// Awaited only after stdout has ended; until then a failed start must not count as unhandled.
	ended.catch(() => {});
	return { stdout: child.stdout, ended };
}

function firstLine(text: string): string | undefined {
	return text.split('\n').find((line) => line.trim() !== '');
}
