/** A run as the queue and the processes room tell each other of it. */
import type { AskedAgain } from '../../../shared/job.ts';

export type RunOutcome =
	| {
			readonly kind: 'exit';
			readonly exitCode: number;
			readonly signal: string | null;
			/** Another attempt would end the same. */
			readonly final?: true;
			/** It asked to be tried again, whatever its exit code. */
			readonly again?: AskedAgain;
	  }
	| { readonly kind: 'signal'; readonly signal: string }
	/** The process could not be started at all; `message` is a sentence. */
	| { readonly kind: 'spawn'; readonly code: string; readonly message: string }
	/** What the run was to read is lost; `message` is a sentence. Another attempt would not find it either. */
	| { readonly kind: 'payload'; readonly message: string }
	/** Nothing was started: all that it depends on is as it was when `since` succeeded, whose result (JSON text) it has. */
	| { readonly kind: 'unchanged'; readonly since: string; readonly result: string | null }
	/** What a worker says that became of a function. */
	| {
			readonly kind: 'function';
			readonly succeeded: boolean;
			/** Of one that did not. */
			readonly error?: { readonly code: string; readonly message: string };
			/** It asks to be tried again after so long, within its attempts. */
			readonly afterMs?: number;
			/** Another attempt would end the same. */
			readonly final?: true;
	  }
	/** The daemon died, or gave the run up, while it was going on. */
	| {
			readonly kind: 'interrupted';
			/** Set when the daemon died uncleanly in this boot: the job may be what killed it. */
			readonly uncleanBoot?: string;
			/** Set when the process of its worker died: the job may be what killed that. */
			readonly workerDied?: true;
	  };

/** Names a process beyond its pid: a stranger with the same pid differs in start time or boot. */
export interface ProcessIdentity {
	readonly pid: number;
	/** Process group; null on systems without. */
	readonly pgid: number | null;
	/** As the operating system counts it; opaque. */
	readonly startTime: string;
	readonly boot: string;
	readonly pidNamespace: string;
	/** What every process of the run carries in its environment. */
	readonly cookie: string;
}

export interface UnfinishedRun {
	readonly id: string;
	readonly run: number;
	/** In which it was claimed; null where an older version claimed it and ended before its process was recorded. */
	readonly boot: string | null;
	/** It may be run again where it is not known how it ended. */
	readonly restartable: boolean;
}
