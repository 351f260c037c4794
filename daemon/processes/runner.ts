/** Starting, stopping and settling runs, each contained, whatever the platform. */

import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cost } from '../../shared/cost.ts';
import type { LaunchPlan } from '../queue/ports/handlers.ts';
import type { RunProblems } from '../queue/ports/problems.ts';
import type { ProcessIdentity, RunOutcome, UnfinishedRun } from '../queue/ports/runs.ts';
import type {
	Caps,
	ContainedProcess,
	Containment,
	MemoryDeath,
	MemoryUse,
	TerminalSize,
} from './containment.ts';
import type { Enforced } from './runLimits.ts';

export interface RunRequest {
	readonly id: string;
	readonly run: number;
	readonly plan: LaunchPlan;
	/** The complete environment of the job. */
	readonly env: Readonly<Record<string, string>>;
	readonly umask: number;
	readonly openFiles: number;
	/** Absolute path of the file that is its stdin; it must stand there until the run has ended. */
	readonly input: string | null;
	readonly caps: Caps;
	readonly leaveBehind: boolean;
	/** It gets a terminal of this size, where there are any. */
	readonly terminal?: TerminalSize | undefined;
	/** Nothing of the run may be left when its end is told: another may start that must not meet it. */
	readonly exclusive: boolean;
	/** Consumes the output; resolves when both streams have ended and all of it is stored. */
	readonly capture: (stdout: Readable, stderr: Readable) => Promise<void>;
}

export interface RunningProcess {
	readonly identity: ProcessIdentity;
	/** What its log is to say of how it was begun. */
	readonly remark: string | undefined;
	/** Resolves when the process, its whole group and its output are gone. Never rejects. */
	readonly ended: Promise<RunOutcome>;
	/** Who was still there when its own process had ended and was killed then, as far as that is told. */
	left(): readonly string[];
	/** Who was allowed to stay. */
	spared(): readonly string[];
	/** Its processes, those included that keep it together; undefined where that cannot be told. */
	members(): Promise<readonly number[] | undefined>;
	/** What its processes hold now; undefined where that cannot be told. */
	memory(): Promise<MemoryUse | undefined>;
	/** Where the system itself keeps the cap of its memory: that it ended a process for it. */
	overMemory(): MemoryDeath | undefined;
	/** What it cost, once it has ended; undefined where the machine does not tell. */
	cost(): Cost | undefined;
	/** TERM now, KILL after the grace time; a paused run goes on in between. */
	stop(graceMs: number): void;
	/** False when it could not be paused; then it runs on. */
	pause(): Promise<boolean>;
	resume(): Promise<void>;
}

export interface Runner {
	/** How caps are kept here. */
	readonly enforced: Enforced;
	/** Whether jobs can leave processes behind. */
	readonly canLeave: boolean;
	/** @throws SpawnError when nothing was started. */
	start(request: RunRequest): Promise<RunningProcess>;
	/**
	 * Before any work: kills what earlier daemons left, and nothing that was not theirs. Resolves with the
	 * number of processes killed.
	 */
	cleanUp(
		recorded: readonly ProcessIdentity[],
		unfinished: readonly UnfinishedRun[],
	): Promise<number>;
	/** What became of a run whose daemon died. */
	settle(run: UnfinishedRun): Promise<Settled>;
	/** Keeps the result (JSON text) that a run has told, for a daemon that comes after this one. */
	keepResult(id: string, run: number, json: string): void;
	/** The same of its wish to be tried again. */
	keepAgain(id: string, run: number, json: string): void;
	/** The same of a problem that it has reported. */
	keepProblem(id: string, run: number, json: string): void;
	/** All that the ended run printed has been stored: the next daemon may believe what it left. */
	markTaken(id: string, run: number): void;
	/** The outcome is committed: what recorded it has served. */
	forget(id: string, run: number): Promise<void>;
}

export interface Settled {
	/** The run's own outcome if it left one, else `interrupted`. */
	readonly outcome: RunOutcome;
	/** JSON text of the result that it told. */
	readonly result: string | undefined;
	/** Undefined where the machine does not tell. */
	readonly cost: Cost | undefined;
	/** What it had reported; null where that is nothing. */
	readonly problems: RunProblems | null;
	/** It ended by itself, and what it printed last, a result perhaps, went down with the daemon that listened. */
	readonly incomplete: boolean;
}

const INTERRUPTED: Settled = {
	outcome: { kind: 'interrupted' },
	result: undefined,
	cost: undefined,
	problems: null,
	incomplete: false,
};

/** An escapee may hold the output of a finished run open: silence of this length is taken for its end. */
const SILENCE_MS = 500;
/** An escapee that goes on printing is not listened to for longer than this, or for more than pipes can hold. */
const LAST_OUTPUT_MS = 10_000;
const LAST_OUTPUT_BYTES = 1024 * 1024;
/**
 * Exit codes of a job that the end of its daemon ended: by SIGKILL, or by SIGPIPE, since nobody reads its
 * output any more.
 */
const ENDED_WITH_DAEMON: readonly (number | null)[] = [137, 141];

export function createRunner(containment: Containment): Runner {
	return {
		enforced: enforcedBy(containment),
		canLeave: containment.canLeave,
		async start({
			id,
			run,
			plan,
			env,
			umask,
			openFiles,
			input,
			caps,
			leaveBehind,
			terminal,
			exclusive,
			capture,
		}) {
			const { command, args, cwd, nice } = plan;
			const contained = await containment.spawn({
				id,
				run,
				command,
				args,
				cwd,
				env,
				umask,
				openFiles,
				nice,
				input,
				caps,
				leaveBehind,
				...(terminal !== undefined && { terminal }),
			});
			const captured = capture(contained.stdout, contained.stderr);

			let cost: Cost | undefined;
			async function end(): Promise<RunOutcome> {
				const outcome = await contained.ended;
				cost = contained.cost();
				await contained.clear(exclusive);
				await lastOutput(contained, captured);
				contained.stdout.destroy();
				contained.stderr.destroy();
				await captured;
				const isFinal = outcome.kind === 'exit' && outcome.exitCode === plan.finalExitCode;
				return isFinal ? { ...outcome, final: true } : outcome;
			}
			return {
				identity: contained.identity,
				remark: contained.remark,
				ended: end(),
				cost: () => cost,
				members: contained.members,
				memory: contained.memory,
				overMemory: contained.overMemory,
				left: contained.left,
				spared: contained.spared,
				stop: contained.stop,
				pause: contained.pause,
				resume: contained.resume,
			};
		},
		async cleanUp(recorded, unfinished) {
			const killed = await containment.cleanUp(recorded);
			await containment.forgetAllBut(unfinished);
			return killed;
		},
		async settle({ id, run, restartable }) {
			const recorded = await containment.recorded(id, run);
			const cost = containment.recordedCost(id, run);
			const problems = containment.recordedProblems(id, run) ?? null;
			if (recorded === undefined) return { ...INTERRUPTED, cost, problems };
			const { outcome, taken, result } = recorded;
			if (taken) return { outcome, result, cost, problems, incomplete: false };
			// Its supervisor lived a moment longer and wrote it down, but it was not the job's own doing.
			const isOwn = outcome.kind === 'exit' && !ENDED_WITH_DAEMON.includes(outcome.exitCode);
			// What it printed last is lost: where it may run again, that is the better answer.
			return isOwn && !restartable
				? { outcome, result, cost, problems, incomplete: true }
				: { ...INTERRUPTED, cost, problems };
		},
		keepResult: (id, run, json) => containment.keepResult(id, run, json),
		keepAgain: (id, run, json) => containment.keepAgain(id, run, json),
		keepProblem: (id, run, json) => containment.keepProblem(id, run, json),
		markTaken: (id, run) => containment.markTaken(id, run),
		forget: (id, run) => containment.forget(id, run),
	};
}

function enforcedBy({ kept, seesMemory }: Containment): Enforced {
	return {
		memory: kept.has('memory') ? 'kernel' : seesMemory ? 'looks' : undefined,
		cpus: kept.has('cpus') ? 'kernel' : undefined,
		processes: kept.has('processes') ? 'kernel' : undefined,
	};
}

/** Resolves when all output has been taken, as far as there is an end to it. */
async function lastOutput(
	{ stdout, stderr }: Pick<ContainedProcess, 'stdout' | 'stderr'>,
	captured: Promise<void>,
): Promise<void> {
	const received = () => bytesRead(stdout) + bytesRead(stderr);
	const limit = received() + LAST_OUTPUT_BYTES;
	const end = performance.now() + LAST_OUTPUT_MS;
	let ended = false;
	const all = captured.then(() => {
		ended = true;
	});
	for (let before = -1; !ended && received() < limit; ) {
		const taken = stdout.readableLength + stderr.readableLength === 0;
		if (taken && (received() === before || performance.now() > end)) return;
		before = received();
		await Promise.race([all, delay(SILENCE_MS, undefined, { ref: false })]);
		// Timers come before input: what arrived while the daemon was busy must have been seen.
		await new Promise((resolve) => setImmediate(resolve));
	}
}

function bytesRead(stream: Readable): number {
	return (stream as Partial<Socket>).bytesRead ?? 0;
}
