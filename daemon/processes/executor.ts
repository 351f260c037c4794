/** One run from its claim to its end: plan, environment, log, process, messages. */

import type { Readable } from 'node:stream';
import { errorMessage } from '../../shared/errors.ts';
import { pathOfUri } from '../../shared/inside.ts';
import type { ExecutionEnd, Executor } from '../queue/execution.ts';
import type { LaunchPlan } from '../queue/ports/handlers.ts';
import type { InputState } from '../queue/ports/inputs.ts';
import type { RunOutcome } from '../queue/ports/runs.ts';
import type { JobRow } from '../queue/store/rows.ts';
import { storedSpec } from '../queue/store/storedSpec.ts';
import { createAsking } from './asking.ts';
import { titleOf } from './commandHandler.ts';
import { SpawnError } from './containment.ts';
import { jobEnvironment } from './environment.ts';
import { runMarker } from './log/marks.ts';
import type { LogWriter } from './log/writer.ts';
import { createMasks, type Masks, secretsOf } from './masks.ts';
import { captureStderr, captureStdout, type Messages } from './output.ts';
import type { ExecutorOptions } from './ports.ts';
import { createProblemReading, type ProblemReading } from './problems/reading.ts';
import { type Probe, prepareProbe } from './readiness/probe.ts';
import { type OutputWatch, watchForAll, watchForReady } from './readiness/watch.ts';
import { failureOf, isSuccess, leftBehind, withPeak } from './runEnd.ts';
import { createRunFiles } from './runFiles.ts';
import { createRunLimits } from './runLimits.ts';
import type { RunningProcess } from './runner.ts';
import { createSelfReport } from './selfReport.ts';
import { terminalSize, USUAL_TERM } from './terminalSize.ts';
import { checkInputs } from './unchanged.ts';

/** For jobs whose client said nothing: what shells are born with. */
const USUAL_UMASK = 0o022;
const PRIVATE_UMASK = 0o077;
const USUAL_OPEN_FILES = 1024;

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
		execute({ row, checkpoint }, payload, told) {
			// A stop may come while the process is still being started.
			let process: RunningProcess | undefined;
			let stopGrace: number | undefined;
			let tellStarted: (started: RunningProcess | undefined) => void = () => {};
			const starting = new Promise<RunningProcess | undefined>((resolve) => {
				tellStarted = resolve;
			});

			let openLog: LogWriter | undefined;
			const spec = storedSpec(row);
			const masks = createMasks(secretsOf(spec.command?.env ?? {}));
			let readyRecorded: Promise<void> | undefined;
			let reading: ProblemReading | undefined;
			const stopped = new AbortController();
			const limits = createRunLimits({
				limits: spec.limits,
				enforced: runner.enforced,
				note,
				overMemory: told.overMemory,
			});

			function ready(): void {
				if (spec.ready !== null) readyRecorded ??= told.ready();
			}

			const asking = createAsking({
				id: row.id,
				run: row.run,
				files: options.answers,
				told: told.asks,
				note,
			});

			const report = createSelfReport({
				id: row.id,
				run: row.run,
				masks,
				runner,
				progress: options.progress,
				checkpoint: options.checkpoint,
				ready,
				ask: asking.ask,
			});
			const files = createRunFiles(row, payload, checkpoint, options.checkpoints);

			function note(sentence: string): void {
				const line = `[semantica] ${new Date(options.now()).toISOString()} ${masks.text(sentence)}\n`;
				// A log that cannot be written says so through the output of the run itself.
				openLog?.append(Buffer.from(line), 'semantica').catch(() => {});
			}

			async function run(): Promise<ExecutionEnd> {
				const log = await logs.openWriter(row.id, row.log_bytes);
				openLog = log;
				const token = tokens.issue(row.id, row.run);
				let outcome: RunOutcome;
				let probe: Probe | undefined;
				let inputs: InputState | undefined;
				try {
					limits.assert();
					if (spec.leaveBehind && !runner.canLeave) note(CANNOT_LEAVE);
					const remark = spec.constraints === null ? undefined : options.remark(spec.constraints);
					if (remark !== undefined) note(remark);
					const plan = planOf(row);
					const { surroundings } = spec;
					const marker = masks.text(startMarker(row, plan, options.now()));
					await log.append(Buffer.from(marker), 'semantica');
					const folder = row.type === 'command' ? undefined : pathOfUri(row.workspace);
					await options.assertMayStart(row.origin, folder ?? plan.cwd);
					await files.lay();
					const terminal = spec.pty ? terminalSize(plan.env) : undefined;
					const own = spec.pty ? { TERM: USUAL_TERM, ...plan.env } : plan.env;
					const env = jobEnvironment(options.env, surroundings?.env, own, {
						home: options.home,
						jobId: row.id,
						run: row.run,
						attempt: row.attempt,
						token,
						answers: options.answers.folderOf(row.id, row.run),
						checkpoint: files.checkpoint,
						dueAt: row.due_at,
					});
					const check = inputCheck(plan.cwd, env);
					const same = await check?.before();
					if (same !== undefined && stopGrace === undefined) {
						note(`nothing runs: nothing changed since job ${same.job}`);
						return await end({ kind: 'unchanged', since: same.job, result: same.result });
					}
					probe = await prepareProbe({ ready: spec.ready, cwd: plan.cwd, found: ready, note });
					if (stopGrace !== undefined) return await end({ kind: 'signal', signal: 'SIGTERM' });
					reading = createProblemReading({
						spec,
						cwd: plan.cwd,
						workspace: pathOfUri(row.workspace) ?? plan.cwd,
						scan: options.scan,
						shown: masks.text,
						keep: (json) => runner.keepProblem(row.id, row.run, json),
						note,
					});
					process = await runner.start({
						id: row.id,
						run: row.run,
						plan,
						env,
						// The built-in types write files of ours.
						umask: surroundings?.umask ?? (row.type === 'command' ? USUAL_UMASK : PRIVATE_UMASK),
						openFiles: surroundings?.openFiles ?? USUAL_OPEN_FILES,
						input: files.input,
						caps: limits.caps,
						leaveBehind: spec.leaveBehind,
						terminal,
						exclusive: row.subject !== null,
						capture: capture(
							log,
							report.messages(reading.said),
							masks,
							watchForAll([readyWatch(), reading.watch].filter((watch) => watch !== undefined)),
						),
					});
					if (process.remark !== undefined) note(process.remark);
					tellStarted(process);
					options.started(row.id, row.run, process.identity);
					if (stopGrace !== undefined) process.stop(stopGrace);
					limits.begin(process);
					probe.begin(process.members);
					outcome = await process.ended;
					const again = report.again();
					if (outcome.kind === 'exit' && again !== undefined) outcome = { ...outcome, again };
					if (outcome.kind === 'exit' && stopGrace === undefined) {
						for (const sentence of leftBehind(process)) note(sentence);
					}
					if (isSuccess(outcome) && stopGrace === undefined) inputs = await check?.after();
				} catch (error) {
					outcome = failureOf(error);
				}
				if (outcome.kind === 'spawn' || outcome.kind === 'payload') {
					outcome = { ...outcome, message: masks.text(outcome.message) };
					await log.append(Buffer.from(`[semantica] ${outcome.message}\n`), 'semantica');
				}
				await limits.end(process);
				probe?.end();
				return await end(outcome);

				function inputCheck(cwd: string, env: Readonly<Record<string, string>>) {
					const { skipIfUnchanged: skip, command } = spec;
					if (skip === null || command === null) return undefined;
					return checkInputs({
						skip,
						command,
						folder: cwd,
						env,
						stdin: files.input,
						always: row.always_run === 1,
						hash: options.hashFiles,
						last: options.lastSuccess,
						note,
						signal: stopped.signal,
					});
				}

				function readyWatch(): OutputWatch | undefined {
					const pattern = spec.ready?.pattern;
					if (pattern === undefined) return undefined;
					return watchForReady(pattern, options.match, ready, (error) =>
						note(`whether it is ready cannot be told any more: ${errorMessage(error)}`),
					);
				}

				async function end(last: RunOutcome): Promise<ExecutionEnd> {
					tellStarted(undefined);
					await files.remove();
					await asking.end();
					tokens.revoke(token);
					openLog = undefined;
					await log.close();
					if (last.kind === 'exit') {
						const taken = () => runner.markTaken(row.id, row.run);
						if (readyRecorded === undefined) taken();
						else void readyRecorded.then(taken);
					}
					// What the disk refused counts too: whoever reads the log is told that it is missing.
					const logBytes = log.end;
					await logs.closeWriter(row.id);
					const cost = withPeak(process?.cost(), limits.peak);
					const problems = last.kind === 'unchanged' ? null : reading?.found();
					return {
						outcome: last,
						result: report.result(),
						cost,
						logBytes,
						stopDetail: limits.tooMuch,
						problems,
						inputs,
					};
				}
			}

			return {
				ended: run(),
				stop(graceMs) {
					stopGrace = graceMs;
					stopped.abort();
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
				answer: asking.answer,
				note,
			};
		},
		settled: (id, run) => runner.forget(id, run),
	};
}

const CANNOT_LEAVE =
	'what the job leaves behind is ended with it: this system does not tell whose it is';

function capture(log: LogWriter, messages: Messages, masks: Masks, watch: OutputWatch | undefined) {
	return async (stdout: Readable, stderr: Readable): Promise<void> => {
		await Promise.all([
			captureStdout(stdout, log, messages, masks.stream(), watch),
			captureStderr(stderr, log, masks.stream(), watch),
		]);
	};
}

function startMarker(row: JobRow, plan: LaunchPlan, now: number): string {
	const what = row.type === 'command' ? `: ${titleOf(plan.command, plan.args)}` : '';
	return runMarker(row.run, row.attempt, now, what);
}
