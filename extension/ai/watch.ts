/** Notices what AI tools ask for in the folders of this window; how it is asked is read when it is first needed. */
import { errorMessage } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import type { Disposable, Signal } from '../lifetime.ts';

export interface ApprovalPorts {
	readonly updates: Signal<readonly Job[]>;
	readonly link: Pick<Link, 'request'>;
	/** URIs of the folders of this window, as the daemon names them. */
	readonly folders: () => Promise<readonly string[]>;
	readonly log: (message: string) => void;
}

export function watchApprovals({ updates, link, folders, log }: ApprovalPorts): Disposable {
	const asked = new Set<string>();

	async function ask(job: Job): Promise<void> {
		if (job.workspace === null || !(await folders()).includes(job.workspace)) return;
		const { askInPassing } = await import('./approvals.ts');
		await askInPassing(link, job);
	}

	return updates.on((jobs) => {
		for (const job of jobs) {
			// Each once: a person who looked away finds it among the waiting jobs.
			if (!job.needsApproval || job.state !== 'queued' || asked.has(job.id)) continue;
			asked.add(job.id);
			ask(job).catch((error: unknown) => log(`Asking about ${job.id}: ${errorMessage(error)}`));
		}
	});
}
