/**
 * Starting the detached daemon (docs/design.md sections 6 and 9): from a copy under the data folder,
 * so that an update or removal of the extension cannot pull the program from under a running daemon.
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isNewer } from '../build.ts';
import { desktopVariables, inheritedEnvironment } from '../environment.ts';
import { SemanticaError } from '../errors.ts';
import { daemonArguments } from '../nodeArguments.ts';
import type { DataPaths } from '../paths.ts';
import type { StateFile } from '../protocol/requests.ts';
import { assertDataFolder, assertOwnFolder, assertOwnProgram } from '../trust.ts';
import {
	type BuildSource,
	discardBuild,
	isDamaged,
	newestBuild,
	notWritable,
	type StagedBuild,
	stageBuild,
} from './builds.ts';
import { readStateFile } from './endpoint.ts';
import { isServed, mayBeOurs } from './reach.ts';

export interface LaunchOptions extends BuildSource {
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
		...desktopVariables(env),
		...daemonVariables(home),
		NODE_COMPILE_CACHE: join(folder, 'compiled'),
	};
}

/** What every daemon has in its environment, whoever starts it. */
export function daemonVariables(home: string): Record<string, string> {
	return {
		SEMANTICA_HOME: home,
		ELECTRON_RUN_AS_NODE: '1',
		UV_THREADPOOL_SIZE: String(THREADS),
		...ALLOCATOR,
	};
}

/** By this variable a daemon knows that a service started it, and starts the next one. */
export const SERVICE_VARIABLE = 'SEMANTICA_SERVICE';

/** The exit code of such a daemon that makes way for a newer build: the service starts that. */
export const HANDED_OVER = 75;

/** What the daemon says on its readiness pipe: exactly one line. */
export type ReadyMessage =
	| { readonly ready: StateFile }
	/** Another process holds the data folder: connect to that one. Null where it did not tell its pid. */
	| { readonly busy: true; readonly pid: number | null }
	/** It ended to be started once more: the sentence says why. */
	| { readonly again: string }
	/** `outdated`: only a newer build can start here. */
	| { readonly error: string; readonly outdated?: boolean };

interface Late {
	/** It said nothing in time. */
	readonly late: true;
}

const NOT_READY =
	'The Semantica daemon started but was not ready in time. The machine may be overloaded: try again.';

/** A third of a second, usually; where memory is short and much else runs it has been seen to take more than 20 s. */
const START_MS = 40_000;
/** Between looks for a daemon that is about to answer. */
const POLL_MS = 50;

/** For file work: most of them may come to wait for disks that do not answer. */
const THREADS = 16;

/** The file descriptor of the readiness pipe in the daemon. */
export const READY_FD = 3;

/**
 * The running daemon's state, or undefined when none lives at the endpoint it names.
 * @throws SemanticaError SYSTEM where the data folder is not ours alone.
 */
export async function findDaemon(paths: DataPaths): Promise<StateFile | undefined> {
	assertOwnFolder(paths);
	const state = await readStateFile(paths);
	if (state === undefined || !mayBeOurs(paths, state.endpoint)) return undefined;
	return (await isServed(state)) ? state : undefined;
}

/**
 * Finds the daemon or starts it: that of the newest build that is there, so that no older one comes back.
 * Several callers at once get the same one.
 * @throws SemanticaError SYSTEM with a sentence; `data.outdated` where only a newer build can start.
 */
export async function ensureDaemon(options: LaunchOptions): Promise<StateFile> {
	const { paths } = options;
	const deadline = Date.now() + (options.timeoutMs ?? START_MS);
	let repairs = 0;
	let holder: number | null | undefined;
	for (let wait = POLL_MS; ; wait *= 2) {
		const running = await findDaemon(paths);
		if (running !== undefined) return running;
		const staged = await buildToStart(options);
		const message = await startDaemon(options, staged, deadline);
		if ('ready' in message) return message.ready;
		if ('again' in message) continue;
		if ('late' in message) {
			throw new SemanticaError(
				'SYSTEM',
				holder === undefined ? NOT_READY : heldSentence(paths, holder),
			);
		}
		if ('error' in message) {
			// Another one started meanwhile, and removed the older copy that ours was starting from.
			const other = await findDaemon(paths);
			if (other !== undefined) return other;
			if (repairs++ < MAX_REPAIRS && (await isDamaged(staged))) {
				await discardBuild(staged.folder);
				continue;
			}
			const foreign = staged.build.buildId === options.build.buildId ? '' : broughtBy(staged);
			throw new SemanticaError(
				'SYSTEM',
				message.error + foreign,
				message.outdated ? { outdated: true } : {},
			);
		}
		holder = message.pid;
		// The owner is still starting, or leaving: it answers soon, or its place can soon be taken.
		const found = await answerWithin(paths, Math.min(wait, deadline - Date.now()));
		if (found !== undefined) return found;
		if (Date.now() >= deadline) {
			throw new SemanticaError('SYSTEM', heldSentence(paths, holder));
		}
	}
}

/** Of a newer build that cannot start, which keeps the own one from being started: the way back. */
function broughtBy({ folder, build }: StagedBuild): string {
	return ` It is version ${build.version}, brought by a newer Semantica; to go back, remove ${folder}.`;
}

/** Copies that turn out damaged are replaced so often; a disk that spoils them all is not to be asked for ever. */
const MAX_REPAIRS = 2;

async function buildToStart(options: LaunchOptions): Promise<StagedBuild> {
	assertDataFolder(options.paths);
	const newest = await newestBuild(options.paths);
	if (newest !== undefined && isNewer(newest.build, options.build)) return newest;
	return stageBuild(options);
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

async function startDaemon(
	options: LaunchOptions,
	{ folder }: StagedBuild,
	deadline: number,
): Promise<ReadyMessage | Late> {
	const { paths } = options;
	assertOwnProgram(folder);
	const logFd = openLog(paths);
	const logged = fstatSync(logFd).size;
	try {
		const child = spawn(
			options.execPath,
			[...daemonArguments(options.execPath), join(folder, 'daemon.js')],
			{
				cwd: paths.home,
				detached: true,
				windowsHide: true,
				stdio: ['ignore', logFd, logFd, 'pipe'],
				env: {
					...daemonEnvironment(options.env, paths.home, folder),
					SEMANTICA_READY_FD: String(READY_FD),
				},
			},
		);
		child.unref();
		const failed = new Promise<ReadyMessage>((resolve) => {
			child.once('error', (error) =>
				resolve({
					error: `Semantica could not start its daemon with ${options.execPath}: ${error.message}.`,
				}),
			);
		});
		// Where the system has no descriptor left for it, it has no pipes, and the error tells why.
		const pipe = child.stdio?.[READY_FD] as Readable | undefined;
		const ready = pipe === undefined ? failed : readReadyLine(pipe, deadline);
		const message = await Promise.race([ready, failed]);
		return message ?? { error: await crashSentence(paths, logged) };
	} finally {
		closeSync(logFd);
	}
}

/**
 * Looks for the newest build that is there, while there is time for it.
 * @returns what starts its daemon, at once; undefined where there is none
 */
export async function prepareSuccessor(
	paths: DataPaths,
	execPath: string,
	env: Readonly<Record<string, string | undefined>>,
): Promise<(() => void) | undefined> {
	const newest = await newestBuild(paths);
	if (newest === undefined) return undefined;
	const { folder } = newest;
	return () => {
		assertOwnProgram(folder);
		const logFd = openLog(paths);
		spawn(execPath, [...daemonArguments(execPath), join(folder, 'daemon.js')], {
			cwd: paths.home,
			detached: true,
			windowsHide: true,
			stdio: ['ignore', logFd, logFd],
			env: daemonEnvironment(env, paths.home, folder),
		})
			.on('error', () => {})
			.unref();
		closeSync(logFd);
	};
}

function openLog(paths: DataPaths): number {
	try {
		return openSync(paths.daemonLog, 'a', 0o600);
	} catch (error) {
		throw notWritable(paths, error);
	}
}

/** The daemon's one line, or undefined when its end of the pipe closed without one: it crashed. */
function readReadyLine(pipe: Readable, deadline: number): Promise<ReadyMessage | Late | undefined> {
	return new Promise((resolve) => {
		let text = '';
		const timer = setTimeout(() => finish({ late: true }), Math.max(0, deadline - Date.now()));
		const finish = (message: ReadyMessage | Late | undefined) => {
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

/** One sentence for a person; the stack around it is in the log. `from`: what this start has written there. */
async function crashSentence(paths: DataPaths, from: number): Promise<string> {
	const words = await readFrom(paths.daemonLog, from).catch(() => '');
	const [, reason] = [...words.matchAll(/^\w*Error(?: \[\w+\])?: (.+)$/gm)].at(-1) ?? [];
	const why = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
	return `The Semantica daemon ended while starting${why}. See ${paths.daemonLog}.`;
}

const MAX_WORDS = 64 * 1024;

async function readFrom(file: string, start: number): Promise<string> {
	const handle = await open(file);
	try {
		const { size } = await handle.stat();
		const buffer = Buffer.alloc(Math.max(0, Math.min(size - start, MAX_WORDS)));
		await handle.read(buffer, 0, buffer.length, start);
		return buffer.toString('utf8');
	} finally {
		await handle.close();
	}
}
