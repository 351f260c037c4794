/**
 * Starting the detached daemon (docs/design.md sections 6 and 9): from a copy under the data folder,
 * so that an update or removal of the extension cannot pull the program from under a running daemon.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { cp, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { BuildInfo } from '../build.ts';
import { inheritedEnvironment } from '../environment.ts';
import { errorCode, errorMessage, SemanticaError } from '../errors.ts';
import { makeFolder } from '../folders.ts';
import type { DataPaths } from '../paths.ts';
import type { StateFile } from '../protocol/requests.ts';
import { openSocket, readStateFile } from './endpoint.ts';

export interface LaunchOptions {
	readonly paths: DataPaths;
	/** Folder with build.json and what it lists. */
	readonly distFolder: string;
	readonly build: BuildInfo;
	/** A Node of at least 22.15, or Electron, which is told to act as one. */
	readonly execPath: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** How long a daemon may take to be ready. */
	readonly timeoutMs?: number;
}

/**
 * glibc: buffers of 64 KiB and more are mapped one by one, so that each goes back to the system when it is
 * freed; otherwise a daemon that once handled large payloads stays large. Others ignore it, jobs never see it.
 */
const ALLOCATOR = {
	MALLOC_ARENA_MAX: '2',
	MALLOC_MMAP_THRESHOLD_: '65536',
	MALLOC_TRIM_THRESHOLD_: '131072',
} as const;

/**
 * The environment of a daemon that runs from `folder`, where it keeps what V8 compiled for its next start.
 * Jobs do not inherit it: theirs is made by an allow-list.
 */
export function daemonEnvironment(
	env: Readonly<Record<string, string | undefined>>,
	home: string,
	folder: string,
): Record<string, string> {
	return {
		...inheritedEnvironment(env),
		SEMANTICA_HOME: home,
		SEMANTICA_READY_FD: String(READY_FD),
		ELECTRON_RUN_AS_NODE: '1',
		NODE_COMPILE_CACHE: join(folder, 'compiled'),
		...ALLOCATOR,
	};
}

/** What the daemon says on its readiness pipe: exactly one line. */
export type ReadyMessage =
	| { readonly ready: StateFile }
	/** Another process holds the data folder: connect to that one. Null where it did not tell its pid. */
	| { readonly busy: true; readonly pid: number | null }
	/** It ended to be started once more: the sentence says why. */
	| { readonly again: string }
	| { readonly error: string };

/** Between looks for a daemon that is about to answer. */
const POLL_MS = 50;

/** The file descriptor of the readiness pipe in the daemon. */
export const READY_FD = 3;

/** The running daemon's state, or undefined when nobody answers at the endpoint it names. */
export async function findDaemon(paths: DataPaths): Promise<StateFile | undefined> {
	const state = await readStateFile(paths);
	if (state === undefined) return undefined;
	try {
		(await openSocket(state.endpoint)).destroy();
		return state;
	} catch {
		return undefined;
	}
}

/**
 * Finds the daemon or starts it. Several callers at once get the same one.
 * @throws SemanticaError SYSTEM with a sentence, and the tail of the daemon's log when it crashed.
 */
export async function ensureDaemon(options: LaunchOptions): Promise<StateFile> {
	const { paths } = options;
	const deadline = Date.now() + (options.timeoutMs ?? 20_000);
	for (let wait = POLL_MS; ; wait *= 2) {
		const running = await findDaemon(paths);
		if (running !== undefined) return running;
		const message = await startDaemon(options, deadline);
		if ('ready' in message) return message.ready;
		if ('error' in message) throw new SemanticaError('SYSTEM', message.error);
		if ('again' in message) continue;
		// The owner is still starting, or leaving: it answers soon, or its place can soon be taken.
		const found = await answerWithin(paths, Math.min(wait, deadline - Date.now()));
		if (found !== undefined) return found;
		if (Date.now() >= deadline) {
			throw new SemanticaError('SYSTEM', heldSentence(paths, message.pid));
		}
	}
}

/** No event tells that a daemon has become ready for others. */
async function answerWithin(paths: DataPaths, ms: number): Promise<StateFile | undefined> {
	const end = Date.now() + ms;
	while (Date.now() < end) {
		await delay(Math.min(POLL_MS, end - Date.now()));
		const running = await findDaemon(paths);
		if (running !== undefined) return running;
	}
	return undefined;
}

function heldSentence(paths: DataPaths, pid: number | null): string {
	const [who, what] =
		pid === null
			? ['Another Semantica daemon', `the process that has ${paths.lockFile} open`]
			: [`The Semantica daemon with process id ${pid}`, 'that process'];
	return (
		`${who} holds ${paths.home} but cannot be reached. ` +
		`Try again if it is just starting or leaving (${paths.daemonLog} says so); otherwise end ${what}.`
	);
}

async function startDaemon(options: LaunchOptions, deadline: number): Promise<ReadyMessage> {
	const { paths } = options;
	const folder = await stageBuild(options);
	const logFd = openLog(paths);
	try {
		const child = spawn(options.execPath, [join(folder, 'daemon.js')], {
			cwd: paths.home,
			detached: true,
			windowsHide: true,
			stdio: ['ignore', logFd, logFd, 'pipe'],
			env: daemonEnvironment(options.env, paths.home, folder),
		});
		child.unref();
		const failed = new Promise<ReadyMessage>((resolve) => {
			child.once('error', (error) =>
				resolve({
					error: `Semantica could not start its daemon with ${options.execPath}: ${error.message}.`,
				}),
			);
		});
		const ready = readReadyLine(child.stdio[READY_FD] as Readable, deadline);
		const message = await Promise.race([ready, failed]);
		return message ?? { error: await crashSentence(paths) };
	} finally {
		closeSync(logFd);
	}
}

function openLog(paths: DataPaths): number {
	try {
		return openSync(paths.daemonLog, 'a', 0o600);
	} catch (error) {
		throw notWritable(paths, error);
	}
}

/** The daemon's one line, or undefined when its end of the pipe closed without one: it crashed. */
function readReadyLine(pipe: Readable, deadline: number): Promise<ReadyMessage | undefined> {
	return new Promise((resolve) => {
		let text = '';
		const timer = setTimeout(
			() =>
				finish({
					error:
						'The Semantica daemon started but was not ready in time. The machine may be overloaded: try again.',
				}),
			Math.max(0, deadline - Date.now()),
		);
		const finish = (message: ReadyMessage | undefined) => {
			clearTimeout(timer);
			pipe.destroy();
			resolve(message);
		};
		pipe.setEncoding('utf8');
		pipe.on('data', (chunk: string) => {
			text += chunk;
			if (text.includes('\n')) finish(JSON.parse(text) as ReadyMessage);
		});
		pipe.once('end', () => finish(undefined));
		pipe.once('error', () => finish(undefined));
	});
}

async function crashSentence(paths: DataPaths): Promise<string> {
	const tail = await readTail(paths.daemonLog, 4096).catch(() => '');
	return `The Semantica daemon ended while starting. The end of ${paths.daemonLog}:\n${tail.trimEnd()}`;
}

async function readTail(file: string, bytes: number): Promise<string> {
	const handle = await open(file);
	try {
		const { size } = await handle.stat();
		const start = Math.max(0, size - bytes);
		const buffer = Buffer.alloc(size - start);
		await handle.read(buffer, 0, buffer.length, start);
		return buffer.toString('utf8').split('\n').slice(-20).join('\n');
	} finally {
		await handle.close();
	}
}

/** Copies the build to bin/<buildId>, whole or not at all, and returns that folder. */
async function stageBuild(options: LaunchOptions): Promise<string> {
	const { paths, build, distFolder } = options;
	const target = join(paths.bin, build.buildId);
	if (await exists(join(target, 'build.json'))) return target;
	// Its own for each caller: several of one process may come here at once.
	const draft = `${target}.${randomUUID()}.tmp`;
	try {
		makeFolder(paths.home);
	} catch (error) {
		throw notWritable(paths, error);
	}
	try {
		for (const file of [...build.daemonFiles, 'build.json']) {
			await mkdir(dirname(join(draft, file)), { recursive: true });
			await cp(join(distFolder, file), join(draft, file), { recursive: true });
		}
		await rename(draft, target).catch(async (error: unknown) => {
			// Somebody else staged the same build first: theirs is as good.
			if (!(await exists(join(target, 'build.json')))) throw error;
		});
	} catch (error) {
		throw errorCode(error) === 'ENOENT'
			? new SemanticaError(
					'SYSTEM',
					`A file of Semantica's daemon is missing: ${errorMessage(error)}. Reinstall Semantica, or run npm run build.`,
				)
			: notWritable(paths, error);
	} finally {
		// Where the draft could not even be looked for, the error that tells why is already on its way.
		await rm(draft, { recursive: true, force: true }).catch(() => {});
	}
	return target;
}

function notWritable(paths: DataPaths, error: unknown): SemanticaError {
	return new SemanticaError(
		'SYSTEM',
		`Semantica cannot write to its data folder ${paths.home} (${errorMessage(error)}). ` +
			'Free space or change its permissions, or name another folder with SEMANTICA_HOME.',
	);
}

const exists = (file: string): Promise<boolean> =>
	stat(file).then(
		() => true,
		() => false,
	);
