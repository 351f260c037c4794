/** The ends of what ran here for others, or could not: made into signed reports, and kept until they are accepted. */
import type { Job } from '../../shared/job.ts';
import { isFinished } from '../../shared/jobTerms.ts';
import type { LeavingMode } from './leaving.ts';
import type { FleetOptions } from './options.ts';
import { SHARED, type SharedQueue } from './port.ts';
import { failureReport, reportOf, type SignedReport } from './report.ts';
import type { RunnerLogs } from './runnerLogs.ts';
import type { FleetTable, HeldRow } from './table.ts';
import type { Identity } from './trust.ts';

export interface RunnerEndsOptions extends Pick<FleetOptions, 'clock' | 'jobs' | 'submit'> {
	readonly queue: Pick<SharedQueue, 'finish'>;
	readonly table: FleetTable;
	readonly me: Identity;
	readonly logs: Pick<RunnerLogs, 'tailOf'>;
	readonly leaving: () => LeavingMode | null;
	/** Its report is kept; nothing more is done for it. */
	readonly over: (row: HeldRow, job: Job) => Promise<void>;
}

export function createRunnerEnds(options: RunnerEndsOptions) {
	const { queue, table, me, clock, jobs, submit, leaving } = options;

	/** Says so, now or when it can be heard. */
	async function notRun(
		{ id, lease }: { readonly id: string; readonly lease: string },
		fleetId: string,
		code: string,
		message: string,
	): Promise<void> {
		const ended = { fleet: fleetId, id, lease, tail: Buffer.alloc(0), spans: [], now: clock.now() };
		const report = failureReport(me, ended, code, message);
		if (table.held.all().some((row) => row.lease === lease)) return keep(lease, report);
		await queue.finish({
			id,
			lease,
			state: report.state,
			report: report.bytes.toString('base64'),
			signature: report.signature,
			tail: '',
		});
	}

	async function keep(lease: string, { state, bytes, signature, tail }: SignedReport) {
		await submit(() =>
			table.held.ended(lease, state, bytes, Buffer.from(signature, 'base64'), tail),
		);
	}

	async function withoutJob(row: HeldRow, fleetId: string): Promise<void> {
		if (row.begun === 0) {
			// It was not queued here before the daemon ended.
			const nothing = Buffer.alloc(0);
			await submit(() => {
				table.held.givenUp(row.lease);
				table.held.ended(row.lease, SHARED.cancelled, nothing, nothing, nothing);
			});
			return;
		}
		await notRun(row, fleetId, 'INTERRUPTED', 'Its record was removed where it ran.');
	}

	async function ended(row: HeldRow, job: Job, fleetId: string): Promise<void> {
		const { tail, spans } = await options.logs.tailOf(job);
		const { id, lease } = row;
		const about = { fleet: fleetId, id, lease, tail, spans, now: clock.now() };
		await keep(lease, reportOf(me, isStoppedByLeaving(row, job) ? interrupted(job) : job, about));
		await options.over(row, job);
	}

	/** Who asked for it did not cancel it. */
	const isStoppedByLeaving = ({ given_up }: HeldRow, { state }: Job) =>
		leaving() === 'now' && given_up === 0 && state === 'cancelled';

	return {
		notRun,
		/** Makes the reports of those that have ended. */
		async gather(fleetId: string): Promise<void> {
			for (const row of table.held.all()) {
				if (row.state !== null) continue;
				const local = table.local(row);
				const job = local === undefined ? undefined : jobs.find([local.id], 1).jobs[0];
				if (job === undefined) await withoutJob(row, fleetId);
				else if (isFinished(job.state)) await ended(row, job, fleetId);
			}
		},
	};
}

function interrupted(job: Job): Job {
	const message = 'Its machine left the shared queue while it ran.';
	return {
		...job,
		state: 'failed',
		stopReason: 'interrupted',
		error: { code: 'INTERRUPTED', message },
	};
}
