/** Keeping a run's processes together, so that none outlives its run or the daemon. One per platform. */

import type { Readable } from 'node:stream';
import type { Cost } from '../../shared/cost.ts';
import type { RunProblems } from '../queue/ports/problems.ts';
import type { ProcessIdentity, RunOutcome } from '../queue/ports/runs.ts';

export interface Launch {
	readonly id: string;
	readonly run: number;
	/** A path, or a name that is looked for in the PATH of `env`. */
	readonly command: string;
	readonly args: readonly string[];
	/** Absolute path; neither it nor the program need be there, or answer. */
	readonly cwd: string;
	readonly umask: number;
	/** How many files it may have open before it asks for more. */
	readonly openFiles: number;
	/** The complete environment of the job. */
	readonly env: Readonly<Record<string, string>>;
	/** Operating system priority, 0 to 19; 0 is normal. */
	readonly nice: number;
	/** Absolute path of the file that is its stdin; null is none, and then that is empty. */
	readonly input: string | null;
	readonly caps: Caps;
	/** What outlives its own process is not ended with it, where that ends by itself. */
	readonly leaveBehind: boolean;
	/** It gets a terminal of this size, where there are any. */
	readonly terminal?: TerminalSize;
}

export interface TerminalSize {
	readonly columns: number;
	readonly rows: number;
}

export interface LeftProcess {
	readonly pid: number;
	readonly name: string;
}

/** What the processes of a run may take together. */
export interface Caps {
	/** Bytes. */
	readonly memory?: number;
	readonly cpus?: number;
	/** Threads count too. */
	readonly processes?: number;
}
export type Cap = keyof Caps;

/** The system ended a process because its run had come to its cap. */
export interface MemoryDeath {
	readonly peakBytes: number;
	/** Undefined where the system does not tell us. */
	readonly killed: { readonly pid: number; readonly name: string } | undefined;
	/** It killed nobody, but gave this process no more: its pid. */
	readonly refused?: number;
}

/** Memory of all processes of a run together. */
export interface MemoryUse {
	readonly bytes: number;
	/** The one that holds most; its name is empty where it has just ended. */
	readonly largest: { readonly pid: number; readonly name: string; readonly bytes: number };
}

export interface ContainedProcess {
	readonly identity: ProcessIdentity;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** What its log is to say of how it was begun. */
	readonly remark?: string;
	/**
	 * Resolves when the job's own process has ended; others of the run may be left. `spawn` where it could not even
	 * be begun. Never rejects.
	 */
	readonly ended: Promise<RunOutcome>;
	/** Its processes, those included that keep it together; undefined where that cannot be told. */
	members(): Promise<readonly number[] | undefined>;
	/** What its processes hold now; undefined where that cannot be told. */
	memory(): Promise<MemoryUse | undefined>;
	/** Where the system itself keeps the cap of its memory: that it ended a process for it. */
	overMemory(): MemoryDeath | undefined;
	/** What it cost so far, asked before it is cleared; undefined where nothing is told. */
	cost(): Cost | undefined;
	/** Who was still there when the job's own process had ended, as far as that is told, and is killed. */
	left(): readonly string[];
	/** Who was allowed to stay, as people know them. */
	spared(): readonly string[];
	/**
	 * Kills what the ended run has left. Resolves when its group is empty and, with `all`, when those are
	 * gone too that had left the group; without, these follow soon. Never rejects.
	 */
	clear(all: boolean): Promise<void>;
	/** TERM now, KILL after the grace time; a paused run goes on in between. */
	stop(graceMs: number): void;
	/** Stops every process of the run; false when that could not be done, and then all of them run. */
	pause(): Promise<boolean>;
	resume(): Promise<void>;
}

/** What a run has left on disk for a daemon that was away. */
export interface RecordedRun {
	readonly outcome: RunOutcome;
	/** Whether all that it printed was stored before its daemon ended. */
	readonly taken: boolean;
	/** JSON text of the result that it told. */
	readonly result: string | undefined;
}

/** How containment stands on this machine, for people. */
export interface ContainmentCheck {
	readonly name: string;
	readonly ok: boolean;
	/** A sentence. */
	readonly message: string;
}

export interface Containment {
	/** @throws SpawnError when nothing was started. */
	spawn(launch: Launch): Promise<ContainedProcess>;
	/** Whether it can pause what it spawns. */
	readonly canPause: boolean;
	/** Whether it can tell what memory the processes of a run hold. */
	readonly seesMemory: boolean;
	/** Whether jobs can leave processes behind. */
	readonly canLeave: boolean;
	/** What runs of the job were allowed to leave, as far as it is there. */
	left(id: string): Promise<readonly LeftProcess[]>;
	/** How many processes runs of all jobs were allowed to leave, as far as they are there. */
	countLeft(): Promise<number>;
	/** Kills it; resolves with the number of processes. */
	endLeft(id: string): Promise<number>;
	/** What the system itself keeps. */
	readonly kept: ReadonlySet<Cap>;
	/** Kills what daemons before this one have left; resolves with the number of processes killed. */
	cleanUp(recorded: readonly ProcessIdentity[]): Promise<number>;
	/** How a run ended whose daemon was away, if it was there to say so. */
	recorded(id: string, run: number): Promise<RecordedRun | undefined>;
	/** What such a run cost; undefined where nothing tells any more. */
	recordedCost(id: string, run: number): Cost | undefined;
	/** Keeps the result (JSON text) that a run has told, for a daemon that comes after this one. */
	keepResult(id: string, run: number, json: string): void;
	/** The same of its wish to be tried again. */
	keepAgain(id: string, run: number, json: string): void;
	/** Keeps a problem (JSON text) that a run has reported, as the result. */
	keepProblem(id: string, run: number, json: string): void;
	/** Those of a run whose daemon was away; undefined where there are none. */
	recordedProblems(id: string, run: number): RunProblems | undefined;
	/** All that the ended run printed has been stored. */
	markTaken(id: string, run: number): void;
	/** The outcome is committed: what recorded it has served. */
	forget(id: string, run: number): Promise<void>;
	/** Forgets the outcomes of all runs but these. */
	forgetAllBut(runs: readonly { readonly id: string; readonly run: number }[]): Promise<void>;
	checks(): readonly ContainmentCheck[];
	/** CPU time of the daemon and all its runs, ended ones too, ms; undefined where containment does not count it. */
	ownCpuMs(): number | undefined;
	close(): void;
}

/** A program, folder or argument that a run needs is not usable; `message` is a sentence. */
export class SpawnError extends Error {
	override readonly name = 'SpawnError';
	readonly code: string;
	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}
