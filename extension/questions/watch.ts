/** Notices what jobs ask; how it is put to a person is read when it is first needed. */
import { errorMessage } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import { type Disposable, Lifetime, type Signal } from '../lifetime.ts';

export interface QuestionPorts {
	readonly updates: Signal<readonly Job[]>;
	readonly link: Pick<Link, 'request'>;
	/** URIs of the folders of this window, as the daemon names them. */
	readonly folders: () => Promise<readonly string[]>;
	/** Whether the person is in this window: only there they are asked. */
	readonly isFocused: () => boolean;
	readonly onDidFocus: (listener: () => void) => Disposable;
	readonly log: (message: string) => void;
}

export function watchQuestions(ports: QuestionPorts): Disposable {
	const { updates, link, folders, isFocused, onDidFocus, log } = ports;
	/** When the question was asked that a job was shown with last: each once, a person who looked away finds it in the tree. */
	const shown = new Map<string, number>();
	/** Until the person comes to this window. */
	const waiting = new Map<string, Job>();

	async function ask(job: Job): Promise<void> {
		const { workspace } = job;
		if (workspace !== null && !(await folders()).includes(workspace)) return;
		const { askInPassing } = await import('./ask.ts');
		await askInPassing(link, job);
	}

	function look(): void {
		if (!isFocused()) return;
		for (const job of waiting.values()) {
			ask(job).catch((error: unknown) => log(`Asking for ${job.id}: ${errorMessage(error)}`));
		}
		waiting.clear();
	}

	const own = new Lifetime();
	own.own(
		updates.on((jobs) => {
			for (const job of jobs) {
				// A daemon of an older build does not tell.
				const at = job.question?.askedAt;
				if (at === undefined || job.stopping !== null) {
					waiting.delete(job.id);
					shown.delete(job.id);
				} else if (shown.get(job.id) !== at) {
					shown.set(job.id, at);
					waiting.set(job.id, job);
				}
			}
			look();
		}),
	);
	own.own(onDidFocus(look));
	return own;
}
