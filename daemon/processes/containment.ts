/** Keeping a run's processes together, so that none outlives its run or the daemon. One per platform. */
import type { Readable } from 'node:stream';
import type { RunOutcome } from '../queue/finish.ts';
import type { ProcessIdentity } from '../queue/runs.ts';

export interface Launch {
	readonly id: string;
	readonly run: number;
	/** Absolute path. */
	readonly program: string;
	readonly args: readonly string[];
	readonly cwd: string;
	/** The complete environment of the job. */
	readonly env: Readonly<Record<string, string>>;
	/** Operating system priority, 0 to 19; 0 is normal. */
	readonly nice: number;
	/** Absolute path of the file that is its stdin; null is none, and then that is empty. */
	readonly input: string | null;
}

export interface ContainedProcess {
	readonly identity: ProcessIdentity;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Resolves when the job's own process has ended; others of the run may be left. Never rejects. */
	readonly ended: Promise<RunOutcome>;
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
	/** Kills what daemons before this one have left; resolves with the number of processes killed. */
	cleanUp(recorded: readonly ProcessIdentity[]): Promise<number>;
	/** How a run ended whose daemon was away, if it was there to say so. */
	recordedOutcome(id: string, run: number): Promise<RunOutcome | undefined>;
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
