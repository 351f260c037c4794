/** Notices that jobs reported errors; how they are shown is read when the first did. */
import { errorMessage } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import { isOver } from '../jobs/store/groups.ts';
import { type Disposable, Lifetime, type Signal } from '../lifetime.ts';

export interface ProblemPorts {
	readonly updates: Signal<readonly Job[]>;
	readonly removed: Signal<readonly string[]>;
	readonly link: Pick<Link, 'request'>;
	/** Paths of the folders of this window. */
	readonly folders: () => readonly string[];
	readonly log: (message: string) => void;
}

export function watchProblems(ports: ProblemPorts): Disposable {
	const own = new Lifetime();
	let shown: Promise<ReturnType<typeof import('./diagnostics.ts')['showProblems']>> | undefined;
	const failed = (error: unknown) => ports.log(`Showing errors of jobs: ${errorMessage(error)}`);
	own.own(
		ports.updates.on((jobs) => {
			const over = jobs.filter(isOver);
			// A daemon of an older build does not tell.
			if (shown === undefined && !over.some(({ problems }) => problems)) return;
			shown ??= import('./diagnostics.ts').then(({ showProblems }) => own.own(showProblems(ports)));
			shown.then((panel) => panel.ended(over)).catch(failed);
		}),
	);
	own.own(ports.removed.on((ids) => void shown?.then((panel) => panel.removed(ids)).catch(failed)));
	return own;
}
