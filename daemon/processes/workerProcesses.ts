/** Processes of workers, contained as runs are, each with a log file of its own. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { inheritedEnvironment, withoutSurroundings } from '../../shared/environment.ts';
import type { LaunchPlan } from '../queue/ports/handlers.ts';
import type { RunOutcome } from '../queue/ports/runs.ts';
import type { Runner } from './runner.ts';

/** A log that is larger becomes the older one of two. */
const MAX_LOG_BYTES = 1024 * 1024;
/** So much of what it printed last is remembered, to be shown. */
const LAST_BYTES = 1000;
const OPEN_FILES = 1024;
const USUAL_UMASK = 0o022;
const PRIVATE_UMASK = 0o077;

export interface WorkerLaunch {
	/** Names the process among others, and its starts among themselves. */
	readonly name: string;
	readonly start: number;
	readonly plan: LaunchPlan;
	/** On top of the plan's. */
	readonly env: Readonly<Record<string, string>>;
	/** Undefined: what it prints is not kept. */
	readonly logFile: string | undefined;
	/** What it makes is nobody else's. */
	readonly isPrivate: boolean;
}

export interface WorkerProcess {
	readonly pid: number;
	/** Resolves when the process and its whole group are gone. Never rejects. */
	readonly ended: Promise<RunOutcome>;
	/** What it printed last. */
	last(): string;
	/** TERM now, KILL after the grace time. */
	stop(graceMs: number): void;
	pause(): Promise<boolean>;
	resume(): Promise<void>;
}

/** @throws SpawnError when nothing was started. */
export type StartWorkerProcess = (launch: WorkerLaunch) => Promise<WorkerProcess>;

export function createWorkerStarter(
	runner: Runner,
	home: string,
	env: Readonly<Record<string, string | undefined>>,
): StartWorkerProcess {
	return async ({ name, start, plan, env: ours, logFile, isPrivate }) => {
		if (logFile !== undefined) await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
		const log = createLog(logFile);
		// No id of a job has a dot.
		const id = `worker.${name}`;
		try {
			const running = await runner.start({
				id,
				run: start,
				plan,
				env: {
					...withoutSurroundings(inheritedEnvironment(env), false),
					...plan.env,
					SEMANTICA_HOME: home,
					...ours,
				},
				umask: isPrivate ? PRIVATE_UMASK : USUAL_UMASK,
				openFiles: OPEN_FILES,
				caps: {},
				leaveBehind: false,
				input: null,
				exclusive: true,
				capture: async (stdout, stderr) => {
					await Promise.all([log.take(stdout), log.take(stderr)]);
				},
			});
			return {
				pid: running.identity.pid,
				ended: running.ended.then(async (outcome) => {
					log.close();
					await runner.forget(id, start).catch(() => {});
					return outcome;
				}),
				last: log.last,
				stop: running.stop,
				pause: running.pause,
				resume: running.resume,
			};
		} catch (error) {
			log.close();
			throw error;
		}
	};
}

function createLog(file: string | undefined) {
	let descriptor = file === undefined ? undefined : openSync(file, 'a', 0o600);
	let size = descriptor === undefined ? 0 : fstatSync(descriptor).size;
	let last = Buffer.alloc(0);

	function append(chunk: Buffer): void {
		last = Buffer.concat([last, chunk]).subarray(-LAST_BYTES);
		if (file === undefined || descriptor === undefined) return;
		try {
			if (size + chunk.length > MAX_LOG_BYTES) {
				closeSync(descriptor);
				descriptor = undefined;
				renameSync(file, `${file}.1`);
				descriptor = openSync(file, 'a', 0o600);
				size = 0;
			}
			writeSync(descriptor, chunk);
			size += chunk.length;
		} catch {
			// A full disk must not end a worker over its log.
		}
	}

	return {
		async take(stream: Readable): Promise<void> {
			try {
				for await (const chunk of stream) append(chunk as Buffer);
			} catch {
				// A stream destroyed because an escapee holds it open is an ordinary end.
			}
		},
		last: () => last.toString('utf8').trim(),
		close() {
			if (descriptor !== undefined) closeSync(descriptor);
			descriptor = undefined;
		},
	};
}
