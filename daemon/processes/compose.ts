/** The processes room put together: what runs a job, and where its output is kept. */
import { errorMessage } from '../../shared/errors.ts';
import type { Constraints } from '../../shared/jobFields.ts';
import type { Dispatch } from '../queue/dispatch.ts';
import type { Executor } from '../queue/execution.ts';
import type { JobHandlers } from '../queue/ports/handlers.ts';
import { createAnswerFiles } from './answers.ts';
import { createCheckpointFiles } from './checkpointFiles.ts';
import type { Containment } from './containment.ts';
import { createExecutor } from './executor.ts';
import type { LogStore } from './log/store.ts';
import type { RunTokens } from './ports.ts';
import type { ScanLines } from './problems/watch.ts';
import type { MatchLines } from './readiness/watch.ts';
import { createRunner, type Runner } from './runner.ts';
import type { HashFiles } from './unchanged.ts';
import { createWorkerStarter, type StartWorkerProcess } from './workerProcesses.ts';

export interface ProcessesOptions {
	readonly home: string;
	/** A folder for the answers that runs wait for. */
	readonly answers: string;
	/** A folder for what runs find of those before them. */
	readonly checkpoints: string;
	readonly containment: Containment;
	readonly logs: LogStore;
	readonly handlers: JobHandlers;
	readonly tokens: RunTokens;
	readonly dispatch: Dispatch;
	readonly now: () => number;
	readonly assertMayStart: (origin: string, folder: string) => Promise<void>;
	readonly match: MatchLines;
	readonly remark: (constraints: Constraints) => string | undefined;
	readonly scan: ScanLines;
	readonly hashFiles: HashFiles;
	readonly log: { warn(sentence: string): void };
}

export interface Processes {
	readonly executor: Executor;
	/** Settles what earlier daemons left. */
	readonly runner: Runner;
	/** Processes of workers, contained as runs are. */
	readonly startWorker: StartWorkerProcess;
}

export function createProcesses(options: ProcessesOptions): Processes {
	const { dispatch, log } = options;
	const runner = createRunner(options.containment);
	const executor = createExecutor({
		home: options.home,
		runner,
		logs: options.logs,
		handlers: options.handlers,
		tokens: options.tokens,
		answers: createAnswerFiles(options.answers),
		checkpoints: createCheckpointFiles(options.checkpoints),
		env: process.env,
		now: options.now,
		assertMayStart: options.assertMayStart,
		match: options.match,
		remark: options.remark,
		scan: options.scan,
		hashFiles: options.hashFiles,
		lastSuccess: dispatch.lastSuccess,
		started(id, run, identity) {
			dispatch.recordProcess(id, run, identity).catch((error: unknown) => {
				log.warn(`The process of job ${id} could not be recorded: ${errorMessage(error)}`);
			});
		},
		progress: (id, progress) => dispatch.reportProgress(id, progress),
		checkpoint: (id, run, json) => void dispatch.reportCheckpoint(id, run, json),
	});
	return { executor, runner, startWorker: createWorkerStarter(runner, options.home, process.env) };
}
