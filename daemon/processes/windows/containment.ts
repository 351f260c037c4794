/** Containment on Windows: a Job Object around the daemon and one around each run; else killing by tree. */

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import treeKill from 'tree-kill';
import { errorCode, errorMessage } from '../../../shared/errors.ts';
import type { RunOutcome } from '../../queue/ports/runs.ts';
import { type Containment, type Launch, SpawnError } from '../containment.ts';
import { COOKIE_NAME } from '../cookie.ts';
import { resolveProgram } from '../environment.ts';
import { type JobObjects, loadJobObjects } from './jobObjects.ts';

export interface WindowsContainmentOptions {
	/** Folder with `koffi-<platform>-<arch>.node`; needed on Windows only. */
	readonly nativeFolder?: string;
	/** Unique to the life of this daemon. */
	readonly instance: string;
	readonly warn: (sentence: string) => void;
}

const NO_TERMINAL = 'it runs without a terminal: on Windows jobs have none';

export function createWindowsContainment(options: WindowsContainmentOptions): Containment {
	const binary = join(options.nativeFolder ?? '', `koffi-${process.platform}-${process.arch}.node`);
	const jobs = openJobObjects(binary);
	if (typeof jobs === 'string') {
		options.warn(
			`Job Objects cannot be used (${jobs}), so jobs can outlive a daemon that is killed. Reinstall Semantica.`,
		);
	}

	return {
		async spawn(launch) {
			const cookie = `${options.instance}.${launch.id}.${launch.run}`;
			const child = await start(launch, cookie);
			const { pid, stdout, stderr } = child;
			const object = typeof jobs === 'string' ? undefined : jobs.hold(pid, launch.caps);
			const startTime = (typeof jobs === 'string' ? undefined : jobs.startTime(pid)) ?? 'unknown';
			return {
				identity: { pid, pgid: null, startTime, boot: 'win32', pidNamespace: 'win32', cookie },
				stdout,
				stderr,
				...(launch.terminal !== undefined && { remark: NO_TERMINAL }),
				ended: child.ended,
				cost() {
					const told = object?.cost();
					const isTold = told && (told.cpuMs ?? told.peakMemoryBytes) !== null;
					return isTold ? { ...told, readBytes: null, writtenBytes: null } : undefined;
				},
				left: () => [],
				spared: () => [],
				members: async () => undefined,
				memory: async () => undefined,
				overMemory: () => object?.overMemory(),
				clear: async () => object?.close(),
				// There is no TERM here: a console program could only be asked through its console.
				stop() {
					if (object !== undefined) return object.terminate();
					// By its number, which Windows soon gives to another.
					if (child.isAlive()) treeKill(pid, 'SIGKILL', () => {});
				},
				pause: async () => false,
				resume: async () => {},
			};
		},
		canPause: false,
		// Whatever an earlier daemon left was in its Job Object, which ended with it.
		cleanUp: async () => 0,
		recorded: async () => undefined,
		seesMemory: false,
		kept: typeof jobs === 'string' ? new Set() : jobs.kept,
		// Their Job Object ends with the daemon, whatever becomes of their own.
		canLeave: false,
		left: async () => [],
		countLeft: async () => 0,
		endLeft: async () => 0,
		recordedCost: () => undefined,
		keepResult: () => {},
		keepAgain: () => {},
		keepProblem: () => {},
		recordedProblems: () => undefined,
		markTaken: () => {},
		forget: async () => {},
		forgetAllBut: async () => {},
		checks: () => [
			{
				name: 'containment',
				ok: typeof jobs !== 'string',
				message:
					typeof jobs === 'string'
						? `Job Objects cannot be used (${jobs}): jobs are killed by tree, and can outlive a daemon that is killed.`
						: 'Every job runs in a Job Object of its own that dies with the daemon.',
			},
			{
				name: 'terminals of jobs',
				ok: true,
				message: 'There are none on Windows: jobs that ask for one run without.',
			},
			{
				name: 'limits of jobs',
				ok: true,
				message:
					typeof jobs === 'string' || jobs.kept.size === 0
						? 'They cannot be enforced here.'
						: `The system keeps those of ${[...jobs.kept].join(', ')}.`,
			},
		],
		ownCpuMs: () => (typeof jobs === 'string' ? undefined : jobs.ownCpuMs()),
		close: () => {},
	};
}

function openJobObjects(binary: string): JobObjects | string {
	const jobs = loadJobObjects(binary);
	if (typeof jobs === 'string') return jobs;
	try {
		jobs.holdOurselves();
		return jobs;
	} catch (error) {
		return errorMessage(error);
	}
}

async function start(launch: Launch, cookie: string) {
	const input = launch.input === null ? undefined : openSync(launch.input, 'r');
	try {
		// Its types know the first ten descriptors only.
		return await startWith(launch, cookie, (input as 0 | undefined) ?? 'ignore');
	} finally {
		if (input !== undefined) closeSync(input);
	}
}

async function startWith({ command, args, cwd, env }: Launch, cookie: string, stdin: 0 | 'ignore') {
	const program = await resolveProgram(command, cwd, env);
	const { execa } = await import('execa');
	const child = execa(program, [...args], {
		cwd,
		env: { ...env, [COOKIE_NAME]: cookie },
		extendEnv: false,
		stdio: [stdin, 'pipe', 'pipe'],
		detached: true,
		windowsHide: true,
		buffer: false,
		reject: false,
		// Our own containment decides what dies with the daemon.
		cleanup: false,
		stripFinalNewline: false,
	});
	// execa settles this promise on its own; the outcome is read from the events below.
	child.catch(() => {});
	const { pid, stdout, stderr } = child;
	if (pid === undefined || stdout === null || stderr === null) {
		const result = await child;
		const cause = result instanceof Error ? result.cause : undefined;
		const why = errorMessage(cause ?? result);
		throw new SpawnError(errorCode(cause) ?? 'SPAWN', `${program} could not be started: ${why}.`);
	}
	const ended = new Promise<RunOutcome>((resolve) => {
		child.once('exit', (code, signal) =>
			resolve(
				code === null
					? { kind: 'signal', signal: signal ?? 'SIGKILL' }
					: { kind: 'exit', exitCode: code, signal: null },
			),
		);
	});
	const isAlive = () => child.exitCode === null && child.signalCode === null;
	return { pid, stdout, stderr, ended, isAlive };
}
