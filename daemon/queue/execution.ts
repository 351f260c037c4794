/** The port through which scheduling runs what was claimed; the processes room provides it. */

import type { Cost } from '../../shared/cost.ts';
import type { StopReason } from '../../shared/jobTerms.ts';
import type { Asked } from '../../shared/question.ts';
import type { ClaimedRun } from './dispatch.ts';
import type { InputState } from './ports/inputs.ts';
import type { PayloadSource } from './ports/payloadStore.ts';
import type { RunProblems } from './ports/problems.ts';
import type { RunOutcome } from './ports/runs.ts';

export interface Execution {
	/** Somebody else begins it, and says so; its time does not count before. */
	readonly beginsLater?: true;
	readonly ended: Promise<ExecutionEnd>;
	/** TERM now, KILL after the grace time; a paused run goes on in between. */
	stop(graceMs: number, cause: StopReason): void;
	/** Stops every process of the run; false when that could not be done, and then it runs on. */
	pause(): Promise<boolean>;
	resume(): Promise<void>;
	/** Puts the answer, JSON text, where the run finds it. */
	answer(question: string, json: string, by: string): void;
	/** A sentence for the job's log. */
	note(sentence: string): void;
}

export interface ExecutionEnd {
	readonly outcome: RunOutcome;
	/** JSON text of the job's result. */
	readonly result: string | undefined;
	/** Undefined where the machine does not tell. */
	readonly cost?: Cost | undefined;
	/** A sentence: what exactly it was stopped for. */
	readonly stopDetail?: string | undefined;
	/** What it reported; null where it reported nothing, undefined where that is not known. */
	readonly problems?: RunProblems | null | undefined;
	/** What it depended on, where that is to be recorded if the job succeeds. */
	readonly inputs?: InputState | undefined;
	readonly logBytes: number;
}

/** Who hears of a run. */
export interface ToldOfRun {
	/** It is ready: once, and only of a job that can be. Resolves when that is kept, or means nothing any more. */
	ready(): Promise<void>;
	/** Of a run that begins later than it is handed over: its time counts from now. */
	begun(): void;
	/** It holds more memory than it may. Resolves when its stop is kept, or cannot be. */
	overMemory(): Promise<void>;
	/** It asks a person. */
	asks(asked: Asked): void;
}

export interface Executor {
	/** Never rejects: what cannot be started ends with outcome `spawn` or `payload`. */
	execute(claimed: ClaimedRun, payload: PayloadSource | null, told: ToldOfRun): Execution;
	/** The end of the run is committed. */
	settled(id: string, run: number): Promise<void>;
}
