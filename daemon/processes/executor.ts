/** One run from its claim to its end: plan, environment, log, process, messages. */
import type { Readable } from 'node:stream';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { Progress } from '../../shared/job.ts';
import type { ExecutionEnd, Executor } from '../queue/execution.ts';
import type { RunOutcome } from '../queue/finish.ts';
import type { JobHandlers, LaunchPlan } from '../queue/handlers.ts';
import type { InputFile } from '../queue/payloadStore.ts';
import type { JobRow } from '../queue/rows.ts';
import type { ProcessIdentity } from '../queue/runs.ts';
import { storedSpec } from '../queue/storedSpec.ts';
import { titleOf } from './commandHandler.ts';
import { SpawnError } from './containment.ts';
import { jobEnvironment } from './environment.ts';
import type { LogStore } from './log/store.ts';
import type { LogWriter } from './log/writer.ts';
import { captureStdout, captureStream } from './output.ts';
import type { Runner, RunningProcess } from './runner.ts';

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
	/** The daemon's own environment: the allow-list is applied to it. */
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly now: () => number;
	readonly started: (id: string, run: number, process: ProcessIdentity) => void;
	readonly progress: (id: string, progress: Progress) => void;
}

export function createExecutor(options: ExecutorOptions): Executor {
	const { runner, logs, tokens, handlers } = options;

	function planOf(row: JobRow): LaunchPlan {
		const handler = handlers.get(row.type);
		if (handler === undefined) {
			throw new SpawnError(
				'TYPE',
				`This version of Semantica cannot run jobs of type "${row.type}".`,
			);
		}
		return handler.launch({
			id: row.id,
			type: row.type,
			command: storedSpec(row).command ?? undefined,
			workspace: row.workspace === '' ? null : row.workspace,
		});
	}

	return {
		execute({ row }, payload) {
			// A stop may come while the process is still being started.
			let process: RunningProcess | undefined;
			let stopGrace: number | undefined;
			let tellStarted: (started: RunningProcess | undefined) => void = () => {};
			const starting = new Promise<RunningProcess | undefined>((resolve) => {
				tellStarted = resolve;
			});

			let openLog: LogWriter | undefined;

			async function run(): Promise<ExecutionEnd> {
				const log = await logs.openWriter(row.id);
				openLog = log;
				const token = tokens.issue(row.id, row.run);
				let result: string | undefined;
				let outcome: RunOutcome;
				let input: InputFile | undefined;
				try {
					const plan = planOf(row);
					await log.append(startMarker(row, plan, options.now()));
					input = await payload?.layOut();
					if (stopGrace !== undefined) return await end({ kind: 'signal', signal: 'SIGTERM' });
					process = await runner.start({
						id: row.id,
						run: row.run,
						plan,
						env: jobEnvironment(options.env, plan.env, {
							home: options.home,
							jobId: row.id,
							run: row.run,
							attempt: row.attempt,
							token,
						}),
						input: input?.path ?? null,
						exclusive: row.subject !== null,
						capture: capture(log, {
							progress: (progress) => options.progress(row.id, progress),
							result: (json) => {
								result = json;
							},
						}),
					});
					tellStarted(process);
					options.started(row.id, row.run, process.identity);
					if (stopGrace !== undefined) process.stop(stopGrace);
					outcome = await process.ended;
				} catch (error) {
					const failure = failureOf(error);
					await log.append(Buffer.from(`[semantica] ${failure.message}\n`));
					outcome = failure;
				}
				return await end(outcome);

				async function end(last: RunOutcome): Promise<ExecutionEnd> {
					tellStarted(undefined);
					// Where it cannot be removed, the next start does it.
					await input?.remove().catch(() => {});
					tokens.revoke(token);
					openLog = undefined;
					await log.close();
					const logBytes = log.size;
					await logs.closeWriter(row.id);
					return { outcome: last, result, logBytes };
				}
			}

			return {
				ended: run(),
				stop(graceMs) {
					stopGrace = graceMs;
					process?.stop(graceMs);
				},
				async pause() {
					const started = await starting;
					return stopGrace === undefined && ((await started?.pause()) ?? false);
				},
				async resume() {
					const started = await starting;
					await started?.resume();
				},
				note(sentence) {
					const line = `[semantica] ${new Date(options.now()).toISOString()} ${sentence}\n`;
					// A log that cannot be written says so through the output of the run itself.
					openLog?.append(Buffer.from(line)).catch(() => {});
				},
			};
		},
		settled: (id, run) => runner.forget(id, run),
	};
}

function capture(log: LogWriter, messages: Parameters<typeof captureStdout>[2]) {
	return async (stdout: Readable, stderr: Readable): Promise<void> => {
		await Promise.all([captureStdout(stdout, log, messages), captureStream(stderr, log)]);
	};
}

// One line per run tells runs apart in the one log that a job has.
function startMarker(row: JobRow, plan: LaunchPlan, now: number): Buffer {
	const at = new Date(now).toISOString();
	const what = row.type === 'command' ? `: ${titleOf(plan.command, plan.args)}` : '';
	return Buffer.from(`[semantica] run ${row.run}, attempt ${row.attempt}, ${at}${what}\n`);
}

function failureOf(error: unknown): RunOutcome & { kind: 'spawn' | 'payload' } {
	if (error instanceof SemanticaError && error.kind === 'PAYLOAD_LOST') {
		return { kind: 'payload', message: error.message };
	}
	if (error instanceof SemanticaError) {
		return { kind: 'spawn', code: error.kind, message: error.message };
	}
	if (error instanceof SpawnError) {
		return { kind: 'spawn', code: error.code, message: error.message };
	}
	return { kind: 'spawn', code: 'SPAWN', message: errorMessage(error) };
}
