/** Asking git for a folder's files, so that nothing a repository configures can run code. */
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { errorCode } from '../../../shared/errors.ts';
import { freeFromPipes } from './pipes.ts';
import { gitTop, personalIgnore } from './rules.ts';

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
 * come: each as a tag, a blank and the name, ended by NULs, whole ones only. Nested repositories and
 * submodules appear as one entry each.
 * @throws GitUnusable
 */
export async function* gitFiles(
	folder: string,
	env: NodeJS.ProcessEnv,
	onWarning: (line: string) => void,
	only: readonly string[] = [],
): AsyncGenerator<Buffer> {
	const command = ['--literal-pathspecs', 'ls-files', '-z', '-t', '--cached', '--others'];
	const args = [...command, '--exclude-standard', '--', ...only];
	const run = startGit(folder, env, args, onWarning);
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
export async function isFolderIgnored(
	folder: string,
	env: NodeJS.ProcessEnv,
	onWarning: (line: string) => void,
): Promise<boolean> {
	const run = startGit(folder, env, ['check-ignore', '-q', '.'], onWarning);
	run.stdout.resume();
	return (await run.ended).code === 0;
}

/**
 * The file that a person's `core.excludesFile` names; undefined where it names none. Asked outside of every
 * repository, so that it is answered for one that git refuses, too, and its own configuration has no say.
 */
export function excludesFile(env: NodeJS.ProcessEnv): Promise<string | undefined> {
	const nowhere = ['--git-dir', join(dirname(process.execPath), 'no-repository')];
	return answerOf([...nowhere, ...EXCLUDES_FILE], env);
}

const EXCLUDES_FILE = ['config', '--type=path', '--get', 'core.excludesFile'];

/** Files with patterns that git reads for a folder, beside those named .gitignore. */
async function patternFiles(folder: string, env: NodeJS.ProcessEnv): Promise<string[]> {
	const [personal, own] = await Promise.all([
		answerOf(['-C', folder, ...EXCLUDES_FILE], env),
		// In a worktree it is the repository's.
		answerOf(['-C', folder, 'rev-parse', '--git-path', 'info/exclude'], env),
	]);
	return [personal ?? personalIgnore(env), ...(own === undefined ? [] : [resolve(folder, own)])];
}

/** What git prints; undefined where it fails, or has nothing to say. */
async function answerOf(
	args: readonly string[],
	env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
	const run = spawnGit(args, env);
	let answer = '';
	run.stdout.setEncoding('utf8').on('data', (text: string) => {
		answer += text;
	});
	const code = await run.ended.then(
		(end) => end.code,
		() => undefined,
	);
	return code === 0 && answer.trimEnd() !== '' ? answer.trimEnd() : undefined;
}

interface GitRun {
	readonly stdout: Readable;
	readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

const STDERR_BYTES = 16 * 1024;

/** Runs git in a folder, and frees it from what it would wait for for ever. */
function startGit(
	folder: string,
	env: NodeJS.ProcessEnv,
	args: readonly string[],
	onWarning: (line: string) => void,
): GitRun {
	const run = spawnGit(['-C', folder, ...args], env);
	const stop = freeFromPipes({
		top: gitTop(folder) ?? folder,
		others: () => patternFiles(folder, env),
		onFreed: (path) => onWarning(`${path} is a pipe that nobody writes to; it counts as empty.`),
	});
	run.ended.then(stop, stop);
	return run;
}

function spawnGit(args: readonly string[], env: NodeJS.ProcessEnv): GitRun {
	// Windows looks for programs in the working directory first, so that must not be the folder. That of our own
	// program stays there; that of the Node may be removed.
	const child = spawn('git', [...SAFE_OPTIONS, ...args], {
		cwd: dirname(process.argv[1] ?? process.execPath),
		env: gitEnvironment(env),
		stdio: ['ignore', 'pipe', 'pipe'],
		windowsHide: true,
	});
	let stderr = '';
	// Without a descriptor for its pipes it has none, and the error tells why.
	const pipes: Partial<Pick<typeof child, 'stdout' | 'stderr'>> = child;
	pipes.stderr?.setEncoding('utf8').on('data', (text: string) => {
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
	return { stdout: pipes.stdout ?? Readable.from([]), ended };
}

function firstLine(text: string): string | undefined {
	return text.split('\n').find((line) => line.trim() !== '');
}
