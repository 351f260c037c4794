/** What can be done with a job: menus and pickers offer exactly that. */
import type { Job } from '../../../shared/job.ts';
import type { JobFlag } from '../../contributions.ts';
import { isOver } from './groups.ts';

export function jobFlags(job: Job): JobFlag[] {
	const over = isOver(job);
	const open = !over && job.stopping === null;
	// A part of an open parent cannot be retried or removed alone.
	const alone = job.parentId === null;
	const has: Record<JobFlag, boolean> = {
		job: true,
		logged: job.startedAt !== null,
		cancellable: open,
		// One that stepped aside is paused, but not held.
		runnable: open && !job.held && job.state !== 'running',
		// A daemon of an older build does not tell.
		answerable: open && job.question != null,
		approvable: open && job.needsApproval,
		changeable: open && job.state === 'queued',
		pausable: open && !job.held,
		resumable: open && job.held && !job.needsApproval,
		// What succeeded can simply be asked for again, but so it is with one click.
		retryable: over && job.state !== 'superseded' && alone,
		removable: over && alone,
	};
	return (Object.keys(has) as JobFlag[]).filter((flag) => has[flag]);
}
