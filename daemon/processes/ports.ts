/** What a run needs of the rest of the daemon. */
import type { Progress } from '../../shared/job.ts';
import type { Constraints } from '../../shared/jobFields.ts';
import type { JobHandlers } from '../queue/ports/handlers.ts';
import type { LastSuccess } from '../queue/ports/inputs.ts';
import type { ProcessIdentity } from '../queue/ports/runs.ts';
import type { AnswerFiles } from './answers.ts';
import type { CheckpointFiles } from './checkpointFiles.ts';
import type { LogStore } from './log/store.ts';
import type { ScanLines } from './problems/watch.ts';
import type { MatchLines } from './readiness/watch.ts';
import type { Runner } from './runner.ts';
import type { HashFiles } from './unchanged.ts';

/** Secrets with which a run may speak to the daemon; they die with the run. */
export interface RunTokens {
	issue(jobId: string, run: number): string;
	revoke(token: string): void;
}

export interface ExecutorOptions {
	readonly home: string;
	readonly runner: Runner;
	readonly logs: LogStore;
	readonly handlers: JobHandlers;
	readonly tokens: RunTokens;
	readonly answers: AnswerFiles;
	readonly checkpoints: CheckpointFiles;
	/** The daemon's own environment: the allow-list is applied to it. */
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly now: () => number;
	/** The last look before a process starts. @throws SemanticaError with the reason why it must not */
	readonly assertMayStart: (origin: string, folder: string) => Promise<void>;
	/** What its log is to say of the conditions under which it begins, if anything. */
	readonly remark: (constraints: Constraints) => string | undefined;
	/** Looks for the line by which a run says that it is ready. */
	readonly match: MatchLines;
	/** Looks for errors in what runs print. */
	readonly scan: ScanLines;
	/** Looks whether anything changed that a run depends on. */
	readonly hashFiles: HashFiles;
	readonly lastSuccess: (work: string) => LastSuccess | undefined;
	readonly started: (id: string, run: number, process: ProcessIdentity) => void;
	readonly progress: (id: string, progress: Progress) => void;
	/** JSON text. */
	readonly checkpoint: (id: string, run: number, json: string) => void;
}
