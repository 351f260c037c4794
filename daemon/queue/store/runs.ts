/** The history of runs, and what is needed to recognise a run's process after a restart. */

import type { Cost } from '../../../shared/cost.ts';
import type { Run } from '../../../shared/job.ts';
import { STOP_REASONS, type StopReason } from '../../../shared/jobTerms.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { ProcessIdentity, UnfinishedRun } from '../ports/runs.ts';
import { type CostColumns, costOf, type JobRow } from './rows.ts';
import { storedSpec } from './storedSpec.ts';

export interface RunTable {
	of(job: number): Run[];
	started(id: string, run: number, process: ProcessIdentity): void;
	/** What was handed to a worker has begun. */
	begun(job: number, run: number, now: number): void;
	/** A worker has it and has not begun it. */
	isHanded(job: number, run: number): boolean;
	/** It was handed back, so it never was. */
	forget(job: number, run: number): void;
	/** What a run cost: kept, and added to what its job did. */
	cost(job: number, run: number, cost: Cost): void;
	/** Runs that were going on when the daemon ended. */
	unfinished(): UnfinishedRun[];
	/** Processes of runs whose group may be alive, whatever became of the job. */
	recordedGroups(): ProcessIdentity[];
}

interface RunRow extends CostColumns {
	run: number;
	attempt: number;
	started_at: number;
	ended_at: number | null;
	pid: number | null;
	exit_code: number | null;
	signal: string | null;
	reason: string | null;
}

interface ProcessColumns {
	pid: number | null;
	pgid: number | null;
	process_started: string | null;
	boot: string | null;
	pid_namespace: string | null;
	cookie: string | null;
}

const PROCESS_COLUMNS = 'pid, pgid, process_started, boot, pid_namespace, cookie';

export function createRunTable(db: Sqlite): RunTable {
	const ofJob = db.prepare<[number], RunRow>('SELECT * FROM runs WHERE job = +? ORDER BY run');
	const started = db.prepare(
		`UPDATE runs SET pid = ?, pgid = ?, process_started = ?, boot = ?, pid_namespace = ?, cookie = ?
		 WHERE job = (SELECT generation FROM jobs WHERE id = ?) AND run = ?`,
	);
	const unfinished = db.prepare<[], Pick<UnfinishedRun, 'id' | 'run' | 'boot'> & { spec: string }>(
		`SELECT jobs.id, jobs.run, jobs.spec, runs.boot
		 FROM jobs JOIN runs ON runs.job = jobs.generation AND runs.run = jobs.run
		 WHERE jobs.stage = 5 AND jobs.phase <> 1 ORDER BY jobs.generation`,
	);
	const groups = db.prepare<[], ProcessColumns>(
		`SELECT ${PROCESS_COLUMNS} FROM runs WHERE pgid IS NOT NULL`,
	);
	const setBegun = db.prepare<[number, number, number]>(
		'UPDATE runs SET handed = 0, started_at = ? WHERE job = ? AND run = ? AND handed = 1',
	);
	// Nothing of it ran before: what was handed back is not among its runs.
	const setStarted = db.prepare<[number | null, number, number]>(
		`UPDATE jobs SET started_at = ? WHERE generation = ?
		 AND NOT EXISTS (SELECT 1 FROM runs WHERE job = jobs.generation AND run < ?)`,
	);
	const handed = db.prepare<[number, number], { handed: number }>(
		'SELECT handed FROM runs WHERE job = ? AND run = ?',
	);
	const remove = db.prepare<[number, number]>('DELETE FROM runs WHERE job = ? AND run = ?');
	const ofRun = db.prepare(
		'UPDATE runs SET cpu_ms = ?, peak_memory = ?, read_bytes = ?, written_bytes = ? WHERE job = ? AND run = ?',
	);
	// What one run does not tell leaves the sum of the others.
	const ofAllRuns = db.prepare(
		`UPDATE jobs SET
			cpu_ms = coalesce(cpu_ms + @cpuMs, cpu_ms, @cpuMs),
			peak_memory = coalesce(max(peak_memory, @peakMemoryBytes), peak_memory, @peakMemoryBytes),
			read_bytes = coalesce(read_bytes + @readBytes, read_bytes, @readBytes),
			written_bytes = coalesce(written_bytes + @writtenBytes, written_bytes, @writtenBytes)
		 WHERE generation = @job`,
	);
	return {
		begun(job, run, now) {
			if (setBegun.run(now, job, run).changes > 0) setStarted.run(now, job, run);
		},
		isHanded: (job, run) => handed.get(job, run)?.handed === 1,
		forget(job, run) {
			remove.run(job, run);
			setStarted.run(null, job, run);
		},
		cost(job, run, cost) {
			const { cpuMs, peakMemoryBytes, readBytes, writtenBytes } = cost;
			ofRun.run(cpuMs, peakMemoryBytes, readBytes, writtenBytes, job, run);
			ofAllRuns.run({ ...cost, job });
		},
		of: (job) => ofJob.all(job).map(toRun),
		started(id, run, { pid, pgid, startTime, boot, pidNamespace, cookie }) {
			started.run(pid, pgid, startTime, boot, pidNamespace, cookie, id, run);
		},
		unfinished: () =>
			unfinished
				.all()
				.map(({ spec, ...run }) => ({ ...run, restartable: storedSpec({ spec }).restartable })),
		recordedGroups: () => groups.all().flatMap((row) => toIdentity(row) ?? []),
	};
}

/** Of a job that is begun anew for ever, as a server that is restarted, only so many are kept. */
export const KEPT_RUNS = 1000;

/** @param boot Of the machine. */
export function createRunStart(db: Sqlite, boot: string) {
	const add = db.prepare<[number, number, number, number, string, 0 | 1]>(
		'INSERT INTO runs (job, run, attempt, started_at, boot, handed) VALUES (?, ?, ?, ?, ?, ?)',
	);
	const trim = db.prepare<[number, number]>(
		'DELETE FROM runs WHERE job = ? AND run <= ? AND pgid IS NULL',
	);
	return (
		{ generation, run, attempt }: Pick<JobRow, 'generation' | 'run' | 'attempt'>,
		now: number,
		handed: boolean,
	): void => {
		add.run(generation, run, attempt, now, boot, handed ? 1 : 0);
		if (run > KEPT_RUNS) trim.run(generation, run - KEPT_RUNS);
	};
}

function toIdentity(row: ProcessColumns): ProcessIdentity | undefined {
	const { pid, pgid, process_started: startTime, boot, pid_namespace: pidNamespace, cookie } = row;
	const isRecorded =
		pid !== null && startTime !== null && boot !== null && pidNamespace !== null && cookie !== null;
	return isRecorded ? { pid, pgid, startTime, boot, pidNamespace, cookie } : undefined;
}

function toRun(row: RunRow): Run {
	return {
		run: row.run,
		attempt: row.attempt,
		startedAt: row.started_at,
		endedAt: row.ended_at,
		pid: row.pid,
		exitCode: row.exit_code,
		signal: row.signal,
		reason: isReason(row.reason) ? row.reason : null,
		cost: costOf(row),
	};
}

function isReason(reason: string | null): reason is StopReason {
	return reason !== null && (STOP_REASONS as readonly string[]).includes(reason);
}
