/** Pausing what runs here for others, as who asked for it orders, and telling them whether it stands still. */
import type { Job } from '../../shared/job.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { OrderKind } from './orders.ts';
import type { Held, SharedQueue, Tenure } from './port.ts';
import type { FleetTable, HeldRow } from './table.ts';

export interface RunnerPausesOptions {
	readonly queue: Pick<SharedQueue, 'tellPaused'>;
	readonly table: Pick<FleetTable, 'local'>;
	readonly jobs: Pick<JobRequests, 'find' | 'pause' | 'resume'>;
	/** Whether somebody who may says this of what is held. */
	readonly believes: (held: Held, order: OrderKind) => boolean;
}

export type RunnerPauses = ReturnType<typeof createRunnerPauses>;

export function createRunnerPauses({ queue, table, jobs, believes }: RunnerPausesOptions) {
	/** By lease: the order that was obeyed last, and what the queue says of it. */
	const obeyed = new Map<string, string>();
	const said = new Map<string, boolean>();

	function localJob(tenure: Tenure): Job | undefined {
		const local = table.local(tenure);
		return local === undefined ? undefined : jobs.find([local.id], 1).jobs[0];
	}

	return {
		/** What the order says that came with this; `giveBack` for what has not begun and is to stand still. */
		async obey(row: HeldRow, held: Held): Promise<'giveBack' | undefined> {
			// A queue that does not know of pausing says nothing of it.
			if (held.paused === undefined) return undefined;
			said.set(row.lease, held.paused);
			const order = held.pause ?? null;
			if (order === null || obeyed.get(row.lease) === order) return undefined;
			const wantsPause = believes(held, 'pause');
			if (!wantsPause && !believes(held, 'resume')) return undefined;
			obeyed.set(row.lease, order);
			if (wantsPause && row.begun === 0) return 'giveBack';
			const job = localJob(row);
			if (job === undefined || job.held === wantsPause) return undefined;
			const { skipped } = await (wantsPause ? jobs.pause : jobs.resume)({ ids: [job.id] });
			const refusal = skipped[0]?.reason;
			if (refusal !== undefined) await queue.tellPaused(row, job.held, refusal);
			return undefined;
		},
		/** Whether each stands still, where the queue says otherwise. */
		async tell(rows: readonly HeldRow[]): Promise<void> {
			for (const row of rows) {
				const known = said.get(row.lease);
				const paused = row.state === null ? localJob(row)?.held : undefined;
				if (known === undefined || paused === undefined || paused === known) continue;
				await queue.tellPaused(row, paused, null);
				said.set(row.lease, paused);
			}
		},
		ended(lease: string): void {
			obeyed.delete(lease);
			said.delete(lease);
		},
	};
}
